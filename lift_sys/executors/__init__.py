"""Where work runs: one interface, in this process, on a pool of processes, or on many machines."""

from __future__ import annotations

from lift_sys.executors.base import Done, Executor, ExecutorClosed, ItemRaised, WorkerCrashed

__all__ = ["NAMES", "Done", "Executor", "ExecutorClosed", "ItemRaised", "WorkerCrashed", "make_executor"]

NAMES = ("local", "ray", "modal", "inline")


def make_executor(name: str, jobs: int = 0) -> Executor:
    """The executor of that name with `jobs` workers; 0 takes its default (for `local`, one a core).

    Raises:
        ConfigError: there is no such executor, or what it needs is not installed; the message says what to do.
    """
    from lift_sys.errors import ConfigError

    if name == "local":
        from lift_sys.executors.local import LocalExecutor

        return LocalExecutor(jobs or None)
    if name == "inline":
        from lift_sys.executors.inline import InlineExecutor

        return InlineExecutor()
    if name == "ray":
        from lift_sys.executors.ray_executor import RayExecutor

        return RayExecutor(jobs or None)
    if name == "modal":
        from lift_sys.executors.modal_executor import ModalExecutor

        return ModalExecutor(jobs or None)
    raise ConfigError(f"no executor {name!r}; there are {', '.join(NAMES)}")
