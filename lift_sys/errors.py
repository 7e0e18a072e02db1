"""Every error that lift-sys raises on purpose.

    LiftError
    ├── ConfigError            a setting or a command line that can't be carried out
    ├── SourceError            a repository, archive or index entry that can't be read safely
    │   ├── RequirementMissing a wheel that code needs is not in the cache
    │   ├── RepositoryGone     deleted, renamed away, private, or never there
    │   ├── RepositoryBlocked  the host withholds it (a takedown, HTTP 451, or a ban)
    │   ├── SourceForgotten    its owner took it back (`lift-sys forget`), so it is not used again
    │   ├── RateLimited        the host wants a longer pause than we were allowed to make: run it again later
    │   └── ServiceUnavailable the host can't be reached or fails again and again: run it again later
    ├── StorageError           a checkpoint, cache or output folder that can't be used
    ├── TemplateError          a template of the test suite that is not well-formed
    ├── IRError                text that is no specification, with the line at fault
    ├── WireError              bytes that are no value of the wire format, or a value that has no encoding
    └── SandboxError
        ├── SandboxUnavailable a protection that may not be missing is missing on this machine
        ├── SandboxFault       our box broke, so nothing is known about the candidate: retry
        ├── CandidateTimeout   the boxed process did not answer in time
        ├── CandidateDied      the boxed process ended before it answered, or broke the protocol
        │   └── CandidateLoadFailed  its code does not load, or has no such entry point
        └── ResultTooLarge     the boxed process sent more bytes than a result may have

The message of each says what happened and what to do about it. An error is caught at one boundary, where it
becomes data (a `Rejection` or a `Verdict`), or in the command line, where it becomes an exit code.
"""

from __future__ import annotations


class LiftError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line ends with."""

    exit_code = 1


class ConfigError(LiftError):
    exit_code = 2


class SourceError(LiftError):
    exit_code = 4


class RequirementMissing(SourceError):
    pass


class RepositoryGone(SourceError):
    pass


class RepositoryBlocked(SourceError):
    pass


class SourceForgotten(SourceError):
    reason = "forgotten"
    """As in `RejectionReason`."""


class RateLimited(SourceError):
    pass


class ServiceUnavailable(SourceError):
    pass


class StorageError(LiftError):
    exit_code = 5


class TemplateError(LiftError):
    exit_code = 2


class IRError(LiftError):
    pass


class WireError(LiftError):
    exit_code = 1


class SandboxError(LiftError):
    exit_code = 3


class SandboxUnavailable(SandboxError):
    pass


class SandboxFault(SandboxError):
    pass


class CandidateTimeout(SandboxError):
    pass


class CandidateDied(SandboxError):
    pass


class CandidateLoadFailed(CandidateDied):
    pass


class ResultTooLarge(SandboxError):
    pass


def to_install(extra: str) -> str:
    """How to install what an extra names."""
    return f"pip install 'lift-sys[{extra}]' (in a clone: .venv/bin/pip install -e '.[{extra}]')"
