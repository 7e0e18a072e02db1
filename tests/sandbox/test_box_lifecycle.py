"""Opening, breaking, recovering and closing boxes."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from boxed import answer, ask, descendants, tries, until

import lift_sys
from lift_sys.errors import CandidateDied, SandboxFault, SandboxUnavailable
from lift_sys.sandbox import seccomp
from lift_sys.sandbox.api import MIB, BoxConfig, Limits, Mount, Sandbox
from lift_sys.sandbox.box import CgroupRefused, Zygote
from lift_sys.sandbox.cgroups import Cgroup, open_cgroup

Opener = Callable[[BoxConfig], Sandbox]
ROOT = os.geteuid() == 0


def zygotes(boxed: set[int]) -> list[int]:
    """The zygote and, after it, its children; not the bubblewrap that waits outside."""
    names = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0] for pid in boxed}
    return sorted(pid for pid, name in names.items() if name != b"bwrap")


def our_cgroups() -> set[str]:
    own = f"lift-sys-{os.getpid()}-"
    return {folder for folder, _, _ in os.walk("/sys/fs/cgroup") if own in folder}


def test_closing_leaves_nothing_behind(opener: Opener) -> None:
    processes, groups = descendants(), our_cgroups()
    mounts, files = Path("/proc/self/mounts").read_text(), len(os.listdir("/proc/self/fd"))
    with opener(BoxConfig()) as box:
        assert ask(box, "reply(1)") == 1
        assert descendants() > processes
    assert descendants() == processes
    assert our_cgroups() == groups
    assert Path("/proc/self/mounts").read_text() == mounts
    assert len(os.listdir("/proc/self/fd")) == files


def test_closing_ends_running_processes(opener: Opener) -> None:
    before = descendants()
    with opener(BoxConfig()) as box:
        process = box.spawn("probe")
        process.send(b"import time; reply(1); time.sleep(600)")
        process.receive(30)
    assert descendants() == before
    with pytest.raises(SandboxFault):
        process.close()


def test_closing_twice_is_harmless(opener: Opener) -> None:
    box = opener(BoxConfig())
    with box.spawn("probe") as process:
        process.close()
        process.close()
    box.close()
    box.close()
    with pytest.raises(SandboxFault, match="closed"):
        box.spawn("probe")


def test_a_forgotten_box_is_closed(opener: Opener) -> None:
    before = descendants()
    box = opener(BoxConfig())
    assert descendants() > before
    del box
    assert descendants() == before


def test_many_processes_leak_no_file(box: Sandbox) -> None:
    ask(box, "reply(1)")
    files = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        ask(box, "reply(1)")
    assert len(os.listdir("/proc/self/fd")) == files


def test_an_unknown_program_is_our_fault(box: Sandbox) -> None:
    process = box.spawn("no_such_program")
    with pytest.raises(SandboxFault, match="no_such_program"):
        process.receive(30)
    process.close()


def test_a_zygote_that_is_killed_is_replaced(opener: Opener) -> None:
    before = descendants()
    with opener(BoxConfig()) as box:
        for _ in range(2):
            (zygote,) = zygotes(descendants() - before)
            os.kill(zygote, signal.SIGKILL)
            assert until(lambda gone=zygote: gone not in descendants())  # type: ignore[misc]
            assert ask(box, "reply(5)") == 5
    assert descendants() == before


def test_a_zygote_killed_under_a_process_is_our_fault(opener: Opener) -> None:
    before = descendants()
    with opener(BoxConfig()) as box:
        with box.spawn("probe") as process:
            process.send(b"reply(1); channel.receive()")
            process.receive(30)
            os.kill(zygotes(descendants() - before)[0], signal.SIGKILL)
            with pytest.raises(SandboxFault):
                process.receive(30)
        assert ask(box, "reply(5)") == 5


def test_bubblewrap_killed_from_outside_leaves_nothing(opener: Opener) -> None:
    before = descendants()
    with opener(BoxConfig()) as box:
        (outer,) = {pid for pid in descendants() - before if pid not in zygotes(descendants() - before)}
        boxed = zygotes(descendants() - before)
        os.kill(outer, signal.SIGKILL)
        assert ask(box, "reply(5)") == 5
    assert until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in boxed))


ATTACKS = [
    "import os; os._exit(1)",
    "import os; os.kill(1, 9)",
    "import os; os.close(3)",
    "import os; os.write(3, b'\\xff' * 100)",
    "import os; os.killpg(0, 9)",
    "while 1: channel.send(b'x')",
    "b = []\nwhile 1: b.append(bytearray(1 << 20))",
    "import os\nwhile 1: os.fork()",
    "import os\nwhile 1:\n    os.mkdir('/tmp/d'); os.chdir('/tmp/d')",
    "import sys; sys.modules.clear(); sys.path.clear()",
    "import os, signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
    "    except (OSError, ValueError): pass\nwhile 1: pass",
]


@pytest.mark.parametrize("source", ATTACKS)
def test_the_next_process_is_untouched_by_an_attack(box: Sandbox, source: str) -> None:
    before = descendants()
    with box.spawn("probe", Limits(memory=256 * MIB, tmp=16 * MIB)) as process:
        process.send(source.encode())
        until(lambda: False, seconds=0.2)  # let it rage for a moment
    assert descendants() == before
    assert ask(box, "import sys, os; reply((os.listdir('/tmp'), 'os' in sys.modules))") == ([], True)


def test_boxes_work_side_by_side_in_threads(opener: Opener) -> None:
    found: list[object] = []

    def work(number: int) -> None:
        with opener(BoxConfig()) as box:
            found.extend(ask(box, f"reply({number})") == number for _ in range(15))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 60


def test_a_box_outlives_the_thread_that_opened_it(opener: Opener) -> None:
    boxes: list[Sandbox] = []
    thread = threading.Thread(target=lambda: boxes.append(opener(BoxConfig())))
    thread.start()
    thread.join()
    with boxes[0] as box:
        assert ask(box, "reply(3)") == 3


def test_a_box_dies_with_its_host() -> None:
    source = (
        "from lift_sys.sandbox import open_sandbox\nbox = open_sandbox()\nbox.spawn('probe')\n"
        "print(1, flush=True)\ninput()"
    )
    host = subprocess.Popen(
        [sys.executable, "-c", source],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(lift_sys.__file__).parents[1],
    )
    assert host.stdout is not None
    assert host.stdin is not None
    with host.stdout, host.stdin:
        host.stdout.readline()
        boxed = descendants(host.pid)
        assert len(boxed) >= 2
        host.kill()
        host.wait()
    assert until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in boxed))


def test_a_mounted_folder_is_read_only(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text("VALUE = 9\n")
    config = BoxConfig(mounts=(Mount(str(tmp_path), "/project"),), python_path=("/project",))
    with opener(config) as box:
        assert ask(box, "import inner; reply((inner.VALUE, inner.__file__))") == (9, "/project/inner.py")
        assert tries(box, "open('/project/new', 'w')")[0] in ("OSError", "PermissionError")
        assert tries(box, "open('/project/inner.py', 'a')")[0] in ("OSError", "PermissionError")


def test_a_folder_that_only_its_owner_may_read_can_be_mounted(opener: Opener, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "a.txt").write_text("text")
    (private / "a.txt").chmod(0o600)
    with opener(BoxConfig(mounts=(Mount(str(private), "/project"),))) as box:
        assert ask(box, "reply(open('/project/a.txt').read())") == "text"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_python_path_never_reaches_the_zygote(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "hostile.py").write_text("x = 1\n")
    mount = Mount(str(tmp_path), "/project")
    with pytest.raises(SandboxUnavailable, match="hostile"):
        opener(BoxConfig(mounts=(mount,), python_path=("/project",), preload=("hostile",)))
    with opener(BoxConfig(mounts=(mount,), trusted_path=("/project",), preload=("hostile",))) as box:
        assert ask(box, "import sys; reply('hostile' in sys.modules)") is True


def test_a_module_of_the_project_does_not_hide_the_standard_library(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("raise SystemExit\n")
    with opener(BoxConfig(mounts=(Mount(str(tmp_path), "/project"),), python_path=("/project",))) as box:
        assert ask(box, "import colorsys; reply(colorsys.__file__.startswith('/python'))") is True


def test_a_missing_mount_is_refused(opener: Opener, tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable):
        opener(BoxConfig(mounts=(Mount(str(tmp_path / "none"), "/project"),)))


def test_no_bubblewrap_is_refused(opener: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match="install the package"):
        opener(BoxConfig())


def test_no_namespaces_is_refused(opener: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    before, groups = descendants(), our_cgroups()
    with pytest.raises(SandboxUnavailable, match="allow user namespaces"):
        opener(BoxConfig())
    assert (descendants(), our_cgroups()) == (before, groups)


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(SandboxUnavailable, match="riscv64"):
        seccomp.build("riscv64")


def test_a_group_that_can_not_be_entered_is_done_without(tmp_path: Path) -> None:
    group = Cgroup(tmp_path / "memory", tmp_path / "pids", 1)
    with pytest.raises(CgroupRefused):
        Zygote(BoxConfig(), group)


def test_groups_of_dead_owners_are_swept(opener: Opener) -> None:
    group = open_cgroup()
    if group is None:
        pytest.skip("no control groups here")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = [folder.with_name(f"lift-sys-{dead.pid}-1-aaaaaa") for folder in (group.memory, group.pids)]
    group.remove()
    for folder in stale:
        folder.mkdir(exist_ok=True)
    opener(BoxConfig()).close()
    assert not any(folder.exists() for folder in stale)


def test_a_version_2_group_is_limited_and_read(tmp_path: Path) -> None:
    for name, text in {"memory.current": "1000\n", "memory.events": "low 0\noom_kill 0\n"}.items():
        (tmp_path / name).write_text(text)
    group = Cgroup(tmp_path, tmp_path, 2)
    group.start(Limits(memory=100 * MIB, tasks=7))
    assert int((tmp_path / "memory.max").read_text()) == 1000 + 132 * MIB
    assert int((tmp_path / "pids.max").read_text()) == 13
    assert not group.ran_out_of_memory()
    (tmp_path / "memory.events").write_text("low 0\noom_kill 2\n")
    assert group.ran_out_of_memory()
    assert not group.ran_out_of_memory()
    os.close(group.events)


AS_SOMEBODY = """
import json, sys
sys.path.insert(0, sys.argv[1])
from lift_sys.sandbox import probe
print(json.dumps([[c.name, c.ok, c.detail] for c in probe()]))
"""


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
def test_every_protection_but_the_groups_holds_for_an_ordinary_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    python = next((p for p in ("/usr/bin/python3", "/usr/local/bin/python3") if os.path.exists(p)), None)
    if python is None or shutil.which("setpriv") is None:
        pytest.skip("no interpreter that an ordinary user can read")
    version = subprocess.run([python, "-c", "import sys; print(sys.version_info >= (3, 11))"], capture_output=True)
    if version.stdout.strip() != b"True":
        pytest.skip("that interpreter is too old")
    import json
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        package = Path(lift_sys.__file__).parent
        shutil.copytree(package, f"{folder}/lift_sys", ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        command = [
            "setpriv",
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            python,
            "-c",
            AS_SOMEBODY,
            folder,
        ]
        done = subprocess.run(command, capture_output=True, check=True, cwd="/", timeout=120)
    failed = {name: detail for name, ok, detail in json.loads(done.stdout) if not ok}
    assert set(failed) <= {"memory-cgroup", "pids-cgroup"}


def test_two_answers_come_from_two_processes(box: Sandbox) -> None:
    with box.spawn("probe") as first, box.spawn("probe") as second:
        for process in (first, second):
            process.send(b"import time; reply(time.monotonic_ns())")
        assert answer(first.receive(30)) != answer(second.receive(30))


def test_a_dead_process_is_told_apart_from_a_broken_box(box: Sandbox) -> None:
    with box.spawn("probe") as process:
        process.send(b"import os; os._exit(3)")
        with pytest.raises(CandidateDied, match="exit status 3"):
            process.receive(30)
