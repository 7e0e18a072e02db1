"""What a boxed process may use, and how it is told apart when it takes more."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from boxed import ARM, SMALL, answer, descendants, tries

from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, SandboxError
from lift_sys.sandbox.api import MIB, Exit, Limits, Sandbox

FORKS = """
import os, time
made = 0
try:
    while made < 500:
        if not os.fork():
            time.sleep(600)
            os._exit(0)
        made += 1
except OSError:
    pass
"""
CHILDREN = """
import os, time
pids = []
for _ in range({count}):
    pid = os.fork()
    if not pid:
        block = bytearray({size} << 20)
        for place in range(0, len(block), 4096):
            block[place] = 1
        time.sleep(1)  # long enough for all to hold their memory at once
        os._exit(0)
    pids.append(pid)
reply([os.waitpid(pid, 0)[1] for pid in pids])
"""


def run(box: Sandbox, source: str, seconds: float = 30, limits: Limits | None = None) -> tuple[object, Exit]:
    """What came of a source: its answer or the error that the host raised, and how the process ended."""
    with box.spawn("probe", limits) as process:
        process.send(source.encode())
        try:
            result: object = answer(process.receive(seconds))
        except SandboxError as error:
            result = error
        return result, process.close()


def test_a_fork_bomb_is_bounded(box: Sandbox) -> None:
    made, _ = run(box, FORKS + "reply(made)")
    assert isinstance(made, int)
    assert 50 <= made <= 70


def test_a_fork_bomb_is_gone_afterwards(box: Sandbox) -> None:
    before = descendants()
    run(box, FORKS + "reply(made)")
    assert descendants() == before


def test_a_bomb_of_threads_is_bounded(box: Sandbox) -> None:
    source = (
        "import threading, time\nmade = 0\ntry:\n    while made < 500:\n"
        "        threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); made += 1\n"
        "except RuntimeError: pass\nreply(made)"
    )
    made, _ = run(box, source)
    assert isinstance(made, int)
    assert 50 <= made <= 70


def test_a_smaller_limit_on_tasks_holds(box: Sandbox) -> None:
    made, _ = run(box, FORKS + "reply(made)", limits=replace(SMALL, tasks=8))
    assert isinstance(made, int)
    assert 4 <= made <= 14


def test_one_process_can_not_pass_the_memory_limit(box: Sandbox) -> None:
    assert tries(box, "len(bytearray(800 << 20))")[0] == "MemoryError"


def test_many_processes_together_can_not_pass_the_memory_limit(box: Sandbox) -> None:
    result, end = run(box, CHILDREN.format(count=8, size=120))
    assert result != [0] * 8
    assert end.out_of_memory


def test_memory_below_the_limit_is_no_fault(box: Sandbox) -> None:
    result, end = run(box, CHILDREN.format(count=4, size=90))
    assert result == [0] * 4
    assert not end.out_of_memory


def test_the_zygote_outlives_a_lack_of_memory(box: Sandbox) -> None:
    before = descendants()
    run(box, CHILDREN.format(count=8, size=120))
    assert descendants() == before


def test_running_out_of_memory_is_not_blamed_on_the_next(box: Sandbox) -> None:
    run(box, CHILDREN.format(count=8, size=120))
    assert not run(box, "reply(1)")[1].out_of_memory


FILL = """
import os
written = 0
try:
    with open('/tmp/big', 'wb', 0) as file:
        while written < 400:
            written += file.write(b'x' * (1 << 20)) >> 20
except OSError as error:
    reply((written, error.errno))
"""


def test_tmp_has_its_size(box: Sandbox) -> None:
    (written, _), _ = run(box, FILL)  # type: ignore[misc]
    assert 60 <= written <= 64


def test_many_files_in_tmp_are_bounded_too(box: Sandbox) -> None:
    source = FILL.replace("'/tmp/big'", "'/tmp/a'").replace("400", "40") + (
        "\nmade = 0\ntry:\n    while made < 10**6: open('/tmp/f%d' % made, 'w').close(); made += 1\n"
        "except OSError as error: reply(made)\nelse: reply('unbounded')"
    )
    made, _ = run(box, source)
    assert isinstance(made, int)


def test_open_files_are_bounded(box: Sandbox) -> None:
    assert tries(box, "[os.dup(0) for _ in range(2000)]") == ("OSError", "[Errno 24] Too many open files")


def test_a_result_of_the_largest_size_arrives(box: Sandbox) -> None:
    with box.spawn("probe") as process:
        process.send(b"channel.send(bytes(1 << 20))")
        assert len(process.receive(30)) == MIB


def test_a_larger_result_is_refused(box: Sandbox) -> None:
    assert isinstance(run(box, "channel.send(bytes((1 << 20) + 1))")[0], ResultTooLarge)


def test_a_huge_length_is_refused_before_it_is_read(box: Sandbox) -> None:
    assert isinstance(run(box, "import os, time; os.write(3, b'\\xff' * 4); time.sleep(600)")[0], ResultTooLarge)


def test_half_a_frame_and_an_end_is_a_death(box: Sandbox) -> None:
    assert isinstance(run(box, "import os; os.write(3, b'\\0\\0\\0\\x09half'); os._exit(0)")[0], CandidateDied)


def test_half_a_frame_and_silence_is_a_timeout(box: Sandbox) -> None:
    source = "import os, time; os.write(3, b'\\0\\0\\0\\x09half'); time.sleep(600)"
    assert isinstance(run(box, source, seconds=0.3)[0], CandidateTimeout)


def test_a_frame_byte_by_byte_does_not_extend_the_deadline(box: Sandbox) -> None:
    source = "import os, time\nos.write(3, b'\\0\\0\\xff\\xff')\nwhile 1: os.write(3, b'x'); time.sleep(0.01)"
    start = time.monotonic()
    assert isinstance(run(box, source, seconds=0.5)[0], CandidateTimeout)
    assert time.monotonic() - start < 5


def test_a_flood_on_the_standard_streams_goes_nowhere(box: Sandbox) -> None:
    source = "import os\nfor _ in range(300): os.write(1, b'x' * (1 << 20)); os.write(2, b'x' * (1 << 20))\nreply(1)"
    assert run(box, source)[0] == 1


def test_a_flood_of_frames_does_not_outlive_the_process(box: Sandbox) -> None:
    assert run(box, "reply(1)\nwhile 1: channel.send(b'x' * 1000)")[0] == 1


def test_a_process_that_does_not_read_times_out(box: Sandbox) -> None:
    with box.spawn("probe", replace(SMALL, call_seconds=0.5)) as process:
        process.send(b"import time; time.sleep(600)")
        with pytest.raises(CandidateTimeout):
            process.send(bytes(32 * MIB))


@pytest.mark.parametrize(
    "source",
    [
        "while 1: pass",
        "import time; time.sleep(600)",
        "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except OSError: pass\nwhile 1: pass",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)\nwhile 1: pass",
        "import os, signal\nif os.fork(): os.wait()\nos.kill(os.getpid(), signal.SIGSTOP)\nwhile 1: pass",
        "import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()\nwhile 1: pass",
        "10 ** 10 ** 9",
        "import re; re.match('(a+)+b', 'a' * 64)",
    ],
)
def test_what_does_not_answer_times_out(box: Sandbox, source: str) -> None:
    assert isinstance(run(box, source, seconds=0.3)[0], CandidateTimeout)


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import os; os._exit(0)", 0),
        ("import os; os._exit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
        ("pass", 0),
    ],
)
def test_an_end_without_an_answer_is_a_death(box: Sandbox, source: str, status: int) -> None:
    result, end = run(box, source)
    assert isinstance(result, CandidateDied)
    assert end == Exit(status)


@pytest.mark.parametrize("source", ["import ctypes; ctypes.string_at(0)", "import os; os.abort()"])
def test_a_crash_is_a_death(armed: Sandbox, source: str) -> None:
    result, end = run(armed, f"{ARM}\n{source}")
    assert isinstance(result, CandidateDied)
    assert end.status in (-6, -11)


def test_a_closed_channel_is_a_death(box: Sandbox) -> None:
    result, end = run(box, "import os, time; os.close(3); time.sleep(600)")
    assert isinstance(result, CandidateDied)
    assert end.status is None


def test_a_process_that_the_host_ends_has_no_status(box: Sandbox) -> None:
    assert run(box, "reply(1); channel.receive()")[1] == Exit(None)


@pytest.mark.parametrize(
    "source",
    [
        "import os, time\nif not os.fork():\n    os.setsid()\n    if not os.fork(): time.sleep(600)\n"
        "    os._exit(0)\n",
        "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()\n",
        "import os, time\nif not os.fork(): os.close(3); time.sleep(600)\n",
    ],
)
def test_nothing_outlives_its_process(box: Sandbox, source: str) -> None:
    before = descendants()
    assert run(box, source + "reply(1)")[0] == 1
    assert descendants() == before


def test_a_daemon_does_not_outlive_a_process_that_ends_itself(box: Sandbox) -> None:
    before = descendants()
    run(box, "import os, time\nif not os.fork(): os.setsid(); os.close(3); time.sleep(600)\nos._exit(0)")
    assert descendants() == before
