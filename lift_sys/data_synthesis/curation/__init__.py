"""Curation: what is done to validated rows before they are a dataset. `default_steps` is the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lift_sys.data_synthesis.curation.base import Step as Step
from lift_sys.data_synthesis.curation.base import apply as apply

if TYPE_CHECKING:
    from lift_sys.config import PipelineConfig


def default_steps(config: PipelineConfig) -> list[Step]:
    """The steps in order. What depends on the row alone comes first, so that a refused row shadows no other."""
    from lift_sys.data_synthesis.curation.duplicates import Duplicates

    return [*alone_steps(config), Duplicates()]


def alone_steps(config: PipelineConfig) -> list[Step]:
    """The steps that decide on a row by itself."""
    from lift_sys.data_synthesis.curation.describe import Describe, LowQuality
    from lift_sys.data_synthesis.curation.licences import Licences
    from lift_sys.data_synthesis.curation.personal import PersonalData
    from lift_sys.data_synthesis.curation.secrets import Secrets

    licences = Licences(decided=frozenset(config.allow_licences))
    return [licences, Secrets(), PersonalData(), Describe(), LowQuality(config.min_quality)]


__all__ = ["Step", "alone_steps", "apply", "default_steps"]
