"""A source whose code runs beside locked wheels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lift_sys.data_synthesis.sources import wheels
from lift_sys.data_synthesis.sources.base import Checkout, Source
from lift_sys.records import Requirement


@dataclass(frozen=True)
class EquippedSource:
    """A source, and the wheels that its functions and its tests may import."""

    source: Source
    requirements: tuple[Requirement, ...]
    test_requirements: tuple[Requirement, ...] = ()
    offline: bool = False

    def __post_init__(self) -> None:
        for requirement in (*self.requirements, *self.test_requirements):
            wheels.check(requirement)

    @property
    def name(self) -> str:
        return self.source.name

    def checkout(self, cache: Path) -> Checkout:
        """The checkout, with every wheel beside it.

        Raises:
            SourceError: as the source itself; or a wheel can't be had, can't be verified, or breaks a rule.
            StorageError: the cache can't be written.
        """
        checkout = self.source.checkout(cache)
        found = [wheels.fetch(cache, requirement, offline=self.offline) for requirement in self.requirements]
        for requirement in self.test_requirements:
            wheels.fetch(cache, requirement, offline=self.offline)
        return replace(
            checkout,
            requirements=self.requirements,
            test_requirements=self.test_requirements,
            provides=wheels.provided(found),
            wheels=cache / wheels.FOLDER,
        )
