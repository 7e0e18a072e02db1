"""The warm sandboxes of one worker process: one for each hash seed and set of wheels, opened when first used."""

from __future__ import annotations

import atexit
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from lift_sys.sandbox.environments import as_environment

if TYPE_CHECKING:
    from lift_sys.records import Requirement
    from lift_sys.sandbox.api import BoxConfig, Environment, Sandbox

MOST_EQUIPPED = 20
"""Boxes with wheels held open at a time: those of four sources under five environments. Each costs about 13 MB."""


class SeedBoxes(Protocol):
    """What the steps of validation need: a warm box for each environment. A number is the plain one's hash seed."""

    def __getitem__(self, where: int | Environment) -> Sandbox: ...


class Boxes:
    """Opens boxes and keeps them warm. For one thread.

    `wheels` is the folder in which the wheels lie (`Checkout.wheels`).
    """

    def __init__(self, wheels: Path | None = None, *, most_equipped: int = MOST_EQUIPPED) -> None:
        self.wheels = wheels
        self._most = most_equipped
        self._open: dict[Environment, Sandbox] = {}
        self._equipped: OrderedDict[tuple[Environment, tuple[Requirement, ...]], Sandbox] = OrderedDict()

    def __getitem__(self, where: int | Environment) -> Sandbox:
        environment = as_environment(where)
        if environment not in self._open:
            from lift_sys.sandbox import open_sandbox
            from lift_sys.sandbox.api import BoxConfig

            self._open[environment] = open_sandbox(BoxConfig(environment=environment))
        return self._open[environment]

    def get(self, where: int | Environment, requirements: Sequence[Requirement] = ()) -> Sandbox:
        """The box of an environment in which `requirements` can be imported.

        Boxes with wheels are few: the one that was not used for longest is closed for a new one, so hold none of
        them longer than a task.

        Raises:
            RequirementMissing: a wheel is not in the cache, or no folder of wheels is known.
            SandboxUnavailable: no box can be opened here.
        """
        if not requirements:
            return self[where]
        key = (as_environment(where), tuple(requirements))
        box = self._equipped.pop(key, None)
        if box is None:
            from lift_sys.sandbox import open_sandbox
            from lift_sys.sandbox.api import BoxConfig

            config = equipped(self.wheels, requirements, BoxConfig(environment=key[0]))
            while len(self._equipped) >= self._most:
                self._equipped.popitem(last=False)[1].close()
            box = open_sandbox(config)
        self._equipped[key] = box
        return box

    def bound(self, requirements: Sequence[Requirement]) -> SeedBoxes:
        """These boxes, seen by code that asks for hash seeds alone."""
        return _Bound(self, tuple(requirements)) if requirements else self

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()
        while self._equipped:
            self._equipped.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Bound:
    def __init__(self, boxes: Boxes, requirements: tuple[Requirement, ...]) -> None:
        self._boxes = boxes
        self._requirements = requirements

    def __getitem__(self, where: int | Environment) -> Sandbox:
        return self._boxes.get(where, self._requirements)


def equipped(wheels: Path | None, requirements: Sequence[Requirement], base: BoxConfig | None = None) -> BoxConfig:
    """`base` with wheels: read-only folders, importable only in locked-down processes.

    Raises:
        RequirementMissing: a wheel is not in the cache, or no folder of wheels is known.
    """
    from lift_sys.data_synthesis.bytecode import compile_wheel
    from lift_sys.data_synthesis.sources.wheels import find
    from lift_sys.errors import RequirementMissing
    from lift_sys.sandbox.api import BoxConfig, Mount

    if not requirements:
        return base or BoxConfig()
    if wheels is None:
        raise RequirementMissing(f"{requirements[0].filename}: no folder of wheels is known")
    found = [find(wheels, requirement) for requirement in requirements]
    for wheel in found:
        compile_wheel(wheel)
    base = base or BoxConfig()
    return replace(
        base,
        mounts=(*base.mounts, *(Mount(str(wheel.folder), wheel.inside) for wheel in found)),
        python_path=(*base.python_path, *(wheel.inside for wheel in found)),
    )


_worker_boxes: Boxes | None = None


def worker_boxes(wheels: str | Path | None = None) -> Boxes:
    """The boxes of this process, closed when it ends. `wheels`, where given, is the folder of wheels from now on."""
    global _worker_boxes
    if _worker_boxes is None:
        _worker_boxes = Boxes()
        atexit.register(_worker_boxes.close)
    if wheels is not None:
        _worker_boxes.wheels = Path(wheels)
    return _worker_boxes
