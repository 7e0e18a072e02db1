"""Files and databases that survive a kill at any moment."""

from lift_sys.storage.checkpoint import Checkpoint
from lift_sys.storage.files import FolderLock, atomic_write, check_writable, storage_errors

__all__ = ["Checkpoint", "FolderLock", "atomic_write", "check_writable", "storage_errors"]
