"""Where work runs: one interface, in this process or on a pool of processes."""

from lift_sys.executors.base import Done, Executor, ItemRaised, WorkerCrashed

__all__ = ["Done", "Executor", "ItemRaised", "WorkerCrashed"]
