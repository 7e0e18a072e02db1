"""The sandbox backend of Modal, with its container played by processes of this machine.

The programs that run here unboxed are this file's own. What Modal adds (the machine, the blocked network) needs an
account; that it is asked for is checked against the signatures of the installed library.
"""

from __future__ import annotations

import inspect
import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from local_container import LocalContainer

import lift_sys
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, SandboxFault, SandboxUnavailable
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import BoxConfig, Environment, Limits, Mount
from lift_sys.sandbox.candidate import REGIMES, Call, Candidate, run_calls
from lift_sys.sandbox.modal_backend import APP, ModalSandbox, settings

needs_modal = pytest.mark.skipif(find_spec("modal") is None, reason="Modal is not installed")
SMALL = Limits(memory=512 << 20, result=1 << 20, call_seconds=10.0)


class Asked(LocalContainer):
    """Started as the installed library lets a container's processes be started."""

    def exec(self, *args, env, text):
        if find_spec("modal") is not None:
            import modal

            inspect.signature(modal.Sandbox.exec).bind(self, *args, env=env, text=text)
        return super().exec(*args, env=env, text=text)


FOLDERS = (str(Path(lift_sys.__file__).parent / "sandbox" / "guest"), str(Path(lift_sys.__file__).parent))


def opened(config: BoxConfig = BoxConfig(limits=SMALL)) -> ModalSandbox:  # noqa: B008
    return ModalSandbox(config, Asked, FOLDERS)


CODE = """
import os
seen = []
def f(x, what="value"):
    seen.append(x)
    if what == "raise":
        raise LookupError("no " + str(x))
    if what == "state":
        return len(seen)
    if what == "exit":
        os._exit(3)
    if what == "kill":
        os.kill(os.getpid(), 11)
    if what == "large":
        return "x" * 3_000_000
    if what == "wait":
        while True: pass
    if what == "environment":
        return sorted(os.environ), os.getuid(), os.listdir(".")
    if what == "kill all":
        os.kill(-1, 9)
    return {x: [x, float(x)]}
"""


def ask(box, x, what="value"):
    from lift_sys.wire import encode

    return run_calls(box, CODE, "f", [Call(encode((x, what)))], regime="one_process", limits=SMALL)[0]


@pytest.mark.parametrize("regime", REGIMES)
def test_it_answers_as_the_local_sandbox_does(regime):
    from lift_sys.wire import encode

    calls = [Call(encode((i, what))) for i, what in enumerate(["value", "raise", "state", "value", "state"])]
    with opened() as there, open_sandbox(BoxConfig(limits=SMALL)) as here:
        answers = run_calls(there, CODE, "f", calls, regime=regime, limits=SMALL)
        assert answers == run_calls(here, CODE, "f", calls, regime=regime, limits=SMALL)


def test_a_guest_that_ends_is_told_with_its_status():
    with opened() as box:
        with pytest.raises(CandidateDied, match="exit status 3"):
            ask(box, 1, "exit")
        with pytest.raises(CandidateDied, match="SIGSEGV"):
            ask(box, 1, "kill")


def test_a_result_that_is_too_large_is_refused():
    with opened() as box, pytest.raises(ResultTooLarge):
        ask(box, 1, "large")


def test_a_guest_that_does_not_answer_is_ended_with_all_it_started():
    code = """
import os
def f(x):
    if os.fork() == 0:
        os.setsid()
    while True: pass
"""
    with opened() as box, Candidate(box, SMALL) as candidate:
        candidate.load(code, "f")
        candidate.send_call(b'{"t":[{"i":"1"}]}\n{"d":[]}')
        with pytest.raises(CandidateTimeout):
            candidate.receive(0.3)
        user = _user_of_guests()
        candidate.close()
        assert not _processes_of(user)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root, as in a container")
def test_a_guest_is_another_user_with_a_folder_of_its_own_and_can_not_end_its_relay():
    from lift_sys.wire import decode

    with opened() as box:
        names, user, files = decode(ask(box, 1, "environment").value or "")
        assert names == ["HOME", "LANG", "PATH", "TMPDIR"]
        assert user >= 65534
        assert files == []
        ask(box, 1, "kill all")
        assert ask(box, 2).value is not None


def test_the_hash_seed_is_the_one_of_the_box():
    def order(seed):
        with opened(BoxConfig(hash_seed=seed)) as box:
            code = "def f():\n    return list({str(i) for i in range(50)})"
            return run_calls(box, code, "f", [Call('{"t":[]}')], regime="one_process")[0].value

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_what_a_box_there_can_not_have_is_refused_and_named():
    for config, named in (
        (BoxConfig(mounts=(Mount("/usr", "/here"),)), "mounts"),
        (BoxConfig(preload=("numpy",)), "modules"),
        (BoxConfig(environment=Environment(tz="NPT-5:45")), "time zone"),
    ):
        with pytest.raises(SandboxUnavailable, match=named):
            opened(config)


def test_a_verdict_can_name_what_is_missing():
    with opened() as box:
        assert set(box.missing_protections) >= {"seccomp-filter", "memory-cgroup"}


def test_a_container_that_ended_is_replaced_and_a_closed_box_is_not():
    box = opened()
    first = box._container
    first.terminate()
    assert ask(box, 1).value is not None
    assert box._container is not first
    box.close()
    with pytest.raises(SandboxFault, match="closed"):
        box.spawn("probe")


@needs_modal
def test_what_is_used_of_an_app_and_a_container_is_what_the_library_has():
    import modal
    from modal.container_process import ContainerProcess
    from modal.io_streams import StreamReader, StreamWriter

    inspect.signature(modal.App.lookup).bind(APP, create_if_missing=True)
    for method in (modal.Sandbox.poll, modal.Sandbox.terminate, ContainerProcess.wait):
        inspect.signature(method).bind(None)
    for method in (StreamWriter.drain, StreamWriter.write_eof, StreamReader.__iter__):
        inspect.signature(method).bind(None)
    inspect.signature(StreamWriter.write).bind(None, b"")
    assert {"stdin", "stdout"} <= set(dir(ContainerProcess))


@needs_modal
def test_modal_is_asked_for_a_machine_without_a_network_or_secrets():
    import modal

    asked = settings(BoxConfig())
    inspect.signature(modal.Sandbox.create).bind(**asked, app=None)
    assert asked["block_network"] is True
    assert not {"secrets", "env", "volumes", "encrypted_ports", "proxy"} & set(asked)


def _user_of_guests() -> int:
    """The user of the guest that is running now."""
    return max(int(line) for line in _uids())


def _uids() -> list[str]:
    """The user of each process that is not a zombie."""
    listed = subprocess.run(["ps", "-eo", "uid=,stat="], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines() if "Z" not in line]


def _processes_of(user: int) -> bool:
    return os.geteuid() == 0 and str(user) in _uids()
