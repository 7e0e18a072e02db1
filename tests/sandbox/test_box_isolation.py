"""What a boxed process can't see, reach or change. One promise attacked per test."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from boxed import ARM, answer, ask, descendants, tries

from lift_sys.sandbox.api import BoxConfig, Sandbox

Opener = Callable[[BoxConfig], Sandbox]


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK"])
def test_no_socket_can_be_made(box: Sandbox, family: str) -> None:
    kind, message = tries(box, f"socket.socket(socket.{family}, socket.SOCK_DGRAM)")
    assert (kind, "not permitted" in message) == ("PermissionError", True)


def test_a_pair_of_sockets_can_take_no_address(box: Sandbox) -> None:
    assert tries(box, "socket.socketpair()[0].bind('\\0name')")[0] == "PermissionError"


def test_host_file_is_absent(box: Sandbox, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("secret")
    assert tries(box, f"open({str(canary)!r}).read()")[0] == "FileNotFoundError"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/proc", "/sys", "/root", "/home", "/var", "/run", "/bin", "/usr/bin", "/usr/share"]
)
def test_host_folder_is_absent(box: Sandbox, path: str) -> None:
    assert tries(box, f"os.stat({path!r})")[0] == "FileNotFoundError"


def test_the_root_holds_only_the_box(box: Sandbox) -> None:
    assert ask(box, "import os; reply(sorted(os.listdir('/')))") == [
        *("dev", "lib", "lib64", "lift", "python", "tmp", "usr")
    ]


def test_only_harmless_devices_exist(box: Sandbox) -> None:
    assert ask(box, "import os; reply(sorted(os.listdir('/dev')))") == [
        *("full", "null", "random", "shm", "urandom", "zero")
    ]


def test_no_path_names_a_host_folder(box: Sandbox) -> None:
    paths = ask(box, "import sys; reply([sys.executable, sys.prefix, *sys.path])")
    assert all(path.startswith(("/python", "/lift")) for path in paths)


def test_installed_packages_are_absent(box: Sandbox) -> None:
    assert tries(box, "__import__('pydantic')")[0] == "ModuleNotFoundError"


def test_environment_holds_no_host_variable(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFT_CANARY", "secret-7041")
    with opener(BoxConfig()) as box:
        assert set(ask(box, "import os; reply(list(os.environ))")) == {"HOME", "LANG", "PATH", "TMPDIR"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the box's processes")
def test_no_process_of_the_box_was_started_with_a_host_variable(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFT_CANARY", "secret-7041")
    before = descendants()
    with opener(BoxConfig()) as box, box.spawn("probe") as process:
        process.send(b"reply(1); channel.receive()")
        process.receive(30)
        boxed = descendants() - before
        assert len(boxed) >= 3  # bubblewrap, zygote, guest
        for pid in boxed:
            assert b"secret-7041" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_only_the_channel_is_open(box: Sandbox) -> None:
    found = ask(
        box,
        "import os, stat\nfound = {}\n"
        "for number in range(512):\n"
        "    try: found[number] = stat.S_IFMT(os.fstat(number).st_mode)\n"
        "    except OSError: pass\n"
        "reply(found)",
    )
    assert found == {0: 0o020000, 1: 0o020000, 2: 0o020000, 3: 0o140000}


def test_standard_streams_lead_nowhere(box: Sandbox) -> None:
    assert ask(box, "import os; reply([os.fstat(n).st_rdev for n in (0, 1, 2)])") == [os.makedev(1, 3)] * 3


def test_files_of_another_process_are_invisible(box: Sandbox) -> None:
    with box.spawn("probe") as first:
        first.send(b"open('/tmp/mine', 'w').write('x'); reply(1); channel.receive()")
        first.receive(30)
        assert ask(box, "import os; reply(os.listdir('/tmp'))") == []


def test_shared_memory_of_another_process_is_invisible(box: Sandbox) -> None:
    source = "import os; open('/dev/shm/mine', 'w').write('x'); reply(os.listdir('/dev/shm'))"
    assert ask(box, source) == ["mine"]
    assert ask(box, "import os; reply(os.listdir('/dev/shm'))") == []


def test_each_process_gets_a_fresh_tmp(box: Sandbox) -> None:
    assert ask(box, "import os; os.makedirs('/tmp/a/b'); reply(os.listdir('/tmp'))") == ["a"]
    assert ask(box, "import os; reply(os.listdir('/tmp'))") == []


@pytest.mark.parametrize("target", ["os.getppid()", "-1", "0", "2", "3", "4"])
def test_signals_reach_no_other_process(box: Sandbox, target: str) -> None:
    with box.spawn("probe") as other:
        other.send(b"reply('ready'); channel.receive(); reply('alive')")
        other.receive(30)
        with box.spawn("probe") as attacker:
            attacker.send(
                f"import os, signal\nsignal.signal(15, signal.SIG_IGN)\n"
                f"try: os.kill({target}, 15)\nexcept OSError: pass\nreply(1)".encode()
            )
            attacker.receive(30)
        other.send(b"go")
        assert answer(other.receive(30)) == "alive"


def test_the_zygote_survives_a_kill_of_everything(box: Sandbox) -> None:
    before = descendants()
    with box.spawn("probe") as process:
        process.send(
            b"import os\nfor target in (-1, *range(2, 400)):\n"
            b"    try: os.kill(target, 9)\n    except OSError: pass\nreply(1)"
        )
        process.receive(30)
    assert descendants() == before


def test_a_process_can_not_find_its_zygote(box: Sandbox) -> None:
    assert ask(box, "import os; reply((os.getpid(), os.getppid()))") == (1, 0)


@pytest.mark.parametrize(
    "attempt",
    [
        "os.execv(sys.executable, [sys.executable])",
        "os.posix_spawn(sys.executable, [sys.executable], {})",
        "__import__('subprocess').run([sys.executable, '-c', ''])",
    ],
)
def test_no_program_can_be_started(box: Sandbox, attempt: str) -> None:
    assert tries(box, attempt)[0] == "PermissionError"


@pytest.mark.parametrize(
    "path",
    ["/new", "/lift/new", "/lift/guest/new.py", "/lift/guest/zygote.py", "/python/lib/new", "/lib64/new", "/dev/new"],
)
def test_nothing_outside_tmp_can_be_written(box: Sandbox, path: str) -> None:
    assert tries(box, f"open({path!r}, 'a')")[0] in ("OSError", "PermissionError")


def test_links_lead_nowhere_outside(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("secret")
    for target in (tmp_path / "canary", "/proc/1/environ", "../../../../etc/shadow"):
        setup = f"os.symlink({str(target)!r}, '/tmp/link')"
        assert tries(box, "open('/tmp/link').read()", setup)[0] == "FileNotFoundError"


@pytest.mark.parametrize("kind", ["S_IFCHR", "S_IFBLK", "S_IFIFO", "S_IFREG"])
def test_no_node_can_be_made(box: Sandbox, kind: str) -> None:
    assert tries(box, f"os.mknod('/tmp/n', __import__('stat').{kind} | 0o666, 0x801)")[0] == "PermissionError"


@pytest.mark.parametrize("attempt", ["os.setuid(0)", "os.setgid(0)", "os.setgroups([0])", "os.chroot('/tmp')"])
def test_identity_can_not_be_changed(box: Sandbox, attempt: str) -> None:
    assert tries(box, attempt)[0] == "PermissionError"


def test_ctypes_is_not_offered(box: Sandbox) -> None:
    assert tries(box, "__import__('ctypes')")[0] == "ModuleNotFoundError"
    hidden = tries(box, "__import__('ctypes')", "sys.modules.pop('_ctypes'); sys.modules.pop('ctypes', None)")
    assert hidden[0] in ("ImportError", "ModuleNotFoundError")


def test_a_hard_limit_can_not_be_raised(box: Sandbox) -> None:
    raised = "__import__('resource').setrlimit({0}, (1 << 40, 1 << 40))"
    for limit in ("resource.RLIMIT_AS", "resource.RLIMIT_NPROC", "resource.RLIMIT_FSIZE"):
        assert tries(box, raised.format(limit), "import resource")[0] in ("ValueError", "PermissionError")


# x86_64 numbers of calls that reach for the kernel, other processes, or ways out of the box.
CALLS = {
    "ptrace": (101, 0, 1, 0, 0),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "process_vm_writev": (311, 1, 0, 0, 0, 0, 0),
    "kcmp": (312, 1, 1, 0, 0, 0),
    "pidfd_open": (434, 1, 0),
    "pidfd_getfd": (438, 3, 0, 0),
    "pidfd_send_signal": (424, 3, 9, 0, 0),
    "unshare user": (272, 0x10000000),
    "unshare mount": (272, 0x20000),
    "unshare files": (272, 0x400),
    "setns": (308, 3, 0),
    "clone user": (56, 0x10000000 | 17, 0, 0, 0, 0),
    "clone pid": (56, 0x20000000 | 17, 0, 0, 0, 0),
    "clone net": (56, 0x40000000 | 17, 0, 0, 0, 0),
    "mount": (165, 0, 0, 0, 0, 0),
    "umount2": (166, 0, 2),
    "pivot_root": (155, 0, 0),
    "chroot": (161, 0),
    "fsopen": (430, 0, 0),
    "open_tree": (428, -100, 0, 1),
    "move_mount": (429, -1, 0, -1, 0, 0),
    "mount_setattr": (442, -1, 0, 0, 0, 0),
    "execve": (59, 0, 0, 0),
    "execveat": (322, -1, 0, 0, 0, 0),
    "memfd_create": (319, 0, 0),
    "io_uring_setup": (425, 1, 0),
    "bpf": (321, 0, 0, 0),
    "userfaultfd": (323, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0),
    "keyctl": (250, 0, 0),
    "add_key": (248, 0, 0, 0, 0, 0),
    "request_key": (249, 0, 0, 0, 0),
    "shmget": (29, 0, 4096, 0o1600),
    "semget": (64, 0, 1, 0o1600),
    "msgget": (68, 0, 0o1600),
    "mq_open": (240, 0, 0, 0, 0),
    "personality": (135, 0x40000),
    "seccomp": (317, 0, 0, 0),
    "setuid": (105, 0),
    "capset": (126, 0, 0),
    "socket": (41, 2, 1, 0),
    "connect": (42, 3, 0, 0),
    "sendmsg": (46, 3, 0, 0),
    "recvmsg": (47, 3, 0, 0),
    "init_module": (175, 0, 0, 0),
    "finit_module": (313, 3, 0, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "reboot": (169, 0, 0, 0, 0),
    "sethostname": (170, 0, 0),
    "settimeofday": (164, 0, 0),
    "swapon": (167, 0, 0),
    "acct": (163, 0),
    "syslog": (103, 3, 0, 0),
    "quotactl": (179, 0, 0, 0, 0),
    "name_to_handle_at": (303, 0, 0, 0, 0, 0),
    "open_by_handle_at": (304, 0, 0, 0),
    "fanotify_init": (300, 0, 0),
    "inotify_init": (253,),
    "landlock_create_ruleset": (444, 0, 0, 0),
    "modify_ldt": (154, 0, 0, 0),
    "iopl": (172, 3),
    "splice": (275, 3, 0, 3, 0, 1, 0),
    "vmsplice": (278, 3, 0, 0, 0),
    "mlockall": (151, 3),
    "prlimit of another": (302, 2, 7, 0, 0),
    "setpriority": (141, 0, 0, -20),
    "sched_setaffinity": (203, 0, 0, 0),
    "prctl dumpable": (157, 4, 1, 0, 0, 0),
    "prctl seccomp": (157, 22, 2, 0, 0, 0),
    "x32 getpid": (0x40000000 | 39,),
    "unknown": (5000,),
}


@pytest.fixture(scope="module")
def answers(armed: Sandbox) -> dict[str, object]:
    source = f"{ARM}\nreply({{name: call(*values) for name, values in {CALLS!r}.items()}})"
    found = ask(armed, source)
    assert isinstance(found, dict), found
    return found


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_kernel_refuses(answers: dict[str, object], name: str) -> None:
    assert answers[name] == "EPERM"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
def test_clone3_is_said_not_to_exist(armed: Sandbox) -> None:
    assert ask(armed, f"{ARM}\nreply(call(435, 0, 0))") == "ENOSYS"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
def test_terminal_input_can_not_be_faked(armed: Sandbox) -> None:
    assert ask(armed, f"{ARM}\nreply(call(16, 0, 0x5412, 0))") == "ENOTTY"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the box's processes")
def test_the_kernel_says_that_a_guest_has_nothing(box: Sandbox) -> None:
    before = descendants()
    with box.spawn("probe") as process:
        process.send(b"reply(1); channel.receive()")
        process.receive(30)
        (guest,) = descendants() - before
        lines = Path(f"/proc/{guest}/status").read_text().splitlines()
        status = {key: value.split() for key, value in (line.split(":", 1) for line in lines)}
        assert {status[f"Cap{kind}"][0] for kind in ("Inh", "Prm", "Eff", "Amb")} == {"0" * 16}
        assert status["NoNewPrivs"] == ["1"]
        assert status["Seccomp"] == ["2"]
        assert "0" not in status["Uid"] + status["Gid"]
        assert status["Groups"] == []
        for kind in ("user", "mnt", "net", "pid", "ipc", "uts", "cgroup"):
            assert os.readlink(f"/proc/{guest}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")


def test_the_hash_seed_is_the_boxes(opener: Opener) -> None:
    found = []
    for seed in (1, 1, 2):
        with opener(BoxConfig(hash_seed=seed)) as box:
            found.append(ask(box, "reply(hash('text'))"))
    assert found[0] == found[1] != found[2]


def test_random_numbers_repeat(box: Sandbox) -> None:
    assert ask(box, "import random; reply(random.random())") == ask(box, "import random; reply(random.random())")
