"""The system-call filter of a boxed process, assembled to BPF in plain Python.

An allow-list: whatever is not named fails with EPERM, so honest code sees an ordinary OSError and hostile code
reaches no kernel surface it has no business with. `clone3` fails with ENOSYS, since its arguments can't be filtered
and libc then falls back to `clone`. The filter is one binary search over the call number, about eight steps a call.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable
from dataclasses import dataclass

from lift_sys.errors import SandboxUnavailable

_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH = 0, 4
_X32_BIT = 0x40000000
_CLONE_NEW_ANYTHING = 0x7E020000  # NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET

Code = list[tuple[int, int, int, int]]
"""Instructions (code, jump if true, jump if false, operand)."""


def _argument(index: int) -> int:
    return 16 + 8 * index  # low half of a 64-bit argument; both supported machines are little-endian


def _fail(number: int) -> Code:
    return [(_RETURN, 0, 0, _ERRNO | number)]


_DENY = _fail(errno.EPERM)
_PASS: Code = [(_RETURN, 0, 0, _ALLOW)]


def _only(index: int, allowed: tuple[int, ...], otherwise: int = errno.EPERM) -> Code:
    """Allow the call only when its argument is one of `allowed`."""
    tests: Code = [(_JUMP_EQUAL, len(allowed) - place, 0, value) for place, value in enumerate(allowed)]
    return [(_LOAD_WORD, 0, 0, _argument(index)), *tests, *_fail(otherwise), *_PASS]


def _clone() -> Code:
    return [(_LOAD_WORD, 0, 0, _argument(0)), (_JUMP_ANY_BIT, 0, 1, _CLONE_NEW_ANYTHING), *_DENY, *_PASS]


def _kill() -> Code:
    """The first process of a pid namespace ignores even its own SIGKILL: carry it out for it."""
    return [
        (_LOAD_WORD, 0, 0, _argument(1)),
        (_JUMP_EQUAL, 0, 4, 9),
        (_LOAD_WORD, 0, 0, _argument(0)),
        (_JUMP_EQUAL, 1, 0, 0),
        (_JUMP_EQUAL, 0, 1, 1),
        (_RETURN, 0, 0, _KILL_PROCESS),
        *_PASS,
    ]


# What honest pure-Python code needs, by topic. A name that a machine lacks is skipped there.
_ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2 dup3 pipe
pipe2 fcntl flock fsync fdatasync sendfile copy_file_range fallocate ftruncate truncate fadvise64 readahead
open openat creat access faccessat faccessat2 stat lstat fstat newfstatat statx statfs fstatfs readlink readlinkat
getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat
symlink symlinkat chmod fchmod fchmodat umask utime utimes utimensat futimesat getxattr lgetxattr fgetxattr listxattr
llistxattr flistxattr
mmap munmap mremap mprotect madvise brk msync mincore
fork vfork wait4 waitid exit exit_group getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid
getgroups getpgid getpgrp getsid setsid setpgid getrusage times getpriority capget sysinfo uname getcpu
sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min
getrlimit setrlimit set_tid_address set_robust_list rseq arch_prctl restart_syscall
tkill tgkill rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend
sigaltstack pause alarm setitimer getitimer signalfd signalfd4 timer_create timer_settime timer_gettime
timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
futex nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time getrandom membarrier
select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd eventfd2
sendto recvfrom shutdown getsockname getpeername getsockopt
"""

_FIOCLEX, _FIONCLEX, _FIONBIO, _FIONREAD, _TCGETS, _TIOCGWINSZ = 0x5451, 0x5450, 0x5421, 0x541B, 0x5401, 0x5413
_PR_SET_PDEATHSIG, _PR_GET_PDEATHSIG, _PR_GET_DUMPABLE, _PR_SET_NAME, _PR_GET_NAME = 1, 2, 3, 15, 16
_PR_SET_VMA = 0x53564D41
_AF_UNIX = 1

_SPECIAL: dict[str, Callable[[], Code]] = {
    "clone": _clone,
    "clone3": lambda: _fail(errno.ENOSYS),
    "kill": _kill,
    "socketpair": lambda: _only(0, (_AF_UNIX,)),
    "ioctl": lambda: _only(
        1, (_FIOCLEX, _FIONCLEX, _FIONBIO, _FIONREAD, _TCGETS, _TIOCGWINSZ), otherwise=errno.ENOTTY
    ),
    # Reading limits, and lowering one's own; raising a hard limit needs a capability that nothing here has.
    "prlimit64": lambda: _only(0, (0,)),
    "prctl": lambda: _only(
        0, (_PR_SET_PDEATHSIG, _PR_GET_PDEATHSIG, _PR_GET_DUMPABLE, _PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA)
    ),
    "setxattr": lambda: _fail(errno.ENOTSUP),
    "lsetxattr": lambda: _fail(errno.ENOTSUP),
    "fsetxattr": lambda: _fail(errno.ENOTSUP),
    "openat2": lambda: _fail(errno.ENOSYS),
    "epoll_pwait2": lambda: _fail(errno.ENOSYS),
}


@dataclass(frozen=True)
class Machine:
    audit_arch: int
    numbers: dict[str, int]
    """Number of each call that the filter names."""


def machine(name: str) -> Machine:
    """The calls of a machine as `os.uname().machine` names it.

    Raises:
        SandboxUnavailable: there is no table for it.
    """
    from lift_sys.sandbox import syscalls

    if name == "x86_64":
        return Machine(0xC000003E, syscalls.X86_64)
    if name == "aarch64":
        return Machine(0xC00000B7, syscalls.AARCH64)
    raise SandboxUnavailable(
        f"no system-call filter for the machine {name!r}: run lift-sys on x86_64 or aarch64 Linux, "
        "or add its table to lift_sys/sandbox/syscalls.py"
    )


def build(name: str) -> bytes:
    """The filter for a machine, as the bytes of `struct sock_filter[]`."""
    target = machine(name)
    rules: dict[int, Code] = {target.numbers[call]: _PASS for call in _ALLOWED.split() if call in target.numbers}
    rules.update({target.numbers[call]: code() for call, code in _SPECIAL.items() if call in target.numbers})
    code: Code = [
        (_LOAD_WORD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, target.audit_arch),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD_WORD, 0, 0, _NUMBER),
        *_search(_ranges(rules)),
    ]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def _ranges(rules: dict[int, Code]) -> list[tuple[int, Code]]:
    """Every call number from 0 up, as (first number, code) in order; neighbours with the same code are merged."""
    ranges: list[tuple[int, Code]] = []
    for number in range(max(rules) + 2):
        code = rules.get(number, _DENY)
        if not ranges or ranges[-1][1] != code:
            ranges.append((number, code))
    return ranges  # x32 numbers have a high bit set, so they fall into the last range, which denies


def _search(ranges: list[tuple[int, Code]]) -> Code:
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    low, high = _search(ranges[:middle]), _search(ranges[middle:])
    if len(low) > 255:  # a conditional jump reaches 255 instructions; an unconditional one reaches all
        return [(_JUMP_AT_LEAST, 0, 1, ranges[middle][0]), (0x05, 0, 0, len(low)), *low, *high]
    return [(_JUMP_AT_LEAST, len(low), 0, ranges[middle][0]), *low, *high]
