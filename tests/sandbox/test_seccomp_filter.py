"""The filter's decisions, by running its BPF here: both machines can be tested on either."""

from __future__ import annotations

import errno
import struct

import pytest

from lift_sys.sandbox import seccomp
from lift_sys.sandbox.syscalls import AARCH64, X86_64

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
ARCHES = {"x86_64": (0xC000003E, X86_64), "aarch64": (0xC00000B7, AARCH64)}


def decide(code: bytes, arch: int, number: int, *arguments: int) -> int:
    """What the kernel would return for a call, by the rules of classic BPF."""
    values = [argument & (2**64 - 1) for argument in (*arguments, *[0] * (6 - len(arguments)))]
    data = struct.pack("<IIQ6Q", number, arch, 0, *values)
    program = list(struct.iter_unpack("<HBBI", code))
    place = accumulator = 0
    while True:
        kind, yes, no, operand = program[place]
        place += 1
        if kind == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, operand)
        elif kind == 0x06:
            return operand
        elif kind == 0x05:
            place += operand
        else:
            holds = {
                0x15: accumulator == operand,
                0x35: accumulator >= operand,
                0x45: bool(accumulator & operand),
            }[kind]
            place += yes if holds else no


@pytest.fixture(params=sorted(ARCHES))
def machine(request: pytest.FixtureRequest) -> tuple[bytes, int, dict[str, int]]:
    return seccomp.build(request.param), *ARCHES[request.param]


Machine = tuple[bytes, int, dict[str, int]]


def test_plain_calls_are_allowed(machine: Machine) -> None:
    code, arch, numbers = machine
    for name in ("read", "write", "openat", "mmap", "futex", "wait4", "getrandom", "exit_group", "tgkill"):
        assert decide(code, arch, numbers[name]) == ALLOW


def test_every_number_is_either_named_or_refused(machine: Machine) -> None:
    code, arch, numbers = machine
    for number in [*range(600), 0x40000000, 0x40000027, 0xFFFFFFFF]:
        decision = decide(code, arch, number, 2**63 - 1)
        if number not in numbers.values():
            assert decision == ERRNO | errno.EPERM


def test_another_architecture_is_killed(machine: Machine) -> None:
    code, _, numbers = machine
    assert decide(code, 0x40000003, numbers["read"]) == KILL


@pytest.mark.parametrize("flag", [0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000])
def test_clone_makes_no_namespace(machine: Machine, flag: int) -> None:
    code, arch, numbers = machine
    assert decide(code, arch, numbers["clone"], 17) == ALLOW
    assert decide(code, arch, numbers["clone"], 0x3D0F00) == ALLOW  # a thread
    assert decide(code, arch, numbers["clone"], flag | 17) == ERRNO | errno.EPERM


def test_only_unix_pairs(machine: Machine) -> None:
    code, arch, numbers = machine
    assert decide(code, arch, numbers["socketpair"], 1) == ALLOW
    assert decide(code, arch, numbers["socketpair"], 2) == ERRNO | errno.EPERM


def test_ioctls_are_a_short_list(machine: Machine) -> None:
    code, arch, numbers = machine
    assert decide(code, arch, numbers["ioctl"], 0, 0x541B) == ALLOW
    assert decide(code, arch, numbers["ioctl"], 0, 0x5412) == ERRNO | errno.ENOTTY
    assert decide(code, arch, numbers["ioctl"], 0, 0x541B | 1 << 40) == ALLOW  # the kernel takes 32 bits too


def test_prctl_can_not_undo_the_lock_down(machine: Machine) -> None:
    code, arch, numbers = machine
    assert decide(code, arch, numbers["prctl"], 15) == ALLOW
    for option in (4, 8, 22, 23, 24, 28, 35, 38, 47):
        assert decide(code, arch, numbers["prctl"], option) == ERRNO | errno.EPERM


def test_limits_of_others_are_out_of_reach(machine: Machine) -> None:
    code, arch, numbers = machine
    assert decide(code, arch, numbers["prlimit64"], 0) == ALLOW
    assert decide(code, arch, numbers["prlimit64"], 7) == ERRNO | errno.EPERM


def test_its_own_kill_is_carried_out(machine: Machine) -> None:
    code, arch, numbers = machine
    for target in (0, 1):
        assert decide(code, arch, numbers["kill"], target, 9) == KILL
    assert decide(code, arch, numbers["kill"], 5, 9) == ALLOW
    assert decide(code, arch, numbers["kill"], 1, 15) == ALLOW


def test_clone3_sends_libc_back_to_clone(machine: Machine) -> None:
    code, arch, numbers = machine
    assert decide(code, arch, numbers["clone3"]) == ERRNO | errno.ENOSYS
