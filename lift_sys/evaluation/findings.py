"""What is said of one answer."""

from __future__ import annotations

from typing import Literal

from lift_sys.evaluation.code import Shape
from lift_sys.evaluation.differences import ErrorType
from lift_sys.records.base import Record
from lift_sys.records.models import Status

Agreement = Literal["", "signature", "whole"]
"""How much of a specification is that of the reference."""


class Failing(Record):
    """The first test that an answer fails, as one types it."""

    call: str
    expected: str
    """As `return 3` or `raise ValueError`."""
    got: str
    """As `returns 4` or `raises TypeError: ...`."""


class Finding(Record):
    """How an answer was judged. `error`: nothing is known of it, through no fault of the model's."""

    verdict: Status
    error_type: ErrorType = ""
    reason: str = ""
    failing: Failing | None = None
    passed: int = 0
    of: int = 0
    """Tests, in the regime that decided; 0 where none was run."""
    parses: bool | None = None
    runs: bool | None = None
    """Whether it loads and every call ends, none with an exception that is not asked for."""
    shape: Shape | None = None
    """Of code that parses."""
    reference: Shape | None = None
    """The shape of the reference."""
    agreement: Agreement = ""
    """Of a specification that can be read."""

    @property
    def measured(self) -> bool:
        return self.verdict != "error"

    @property
    def solved(self) -> bool:
        return self.verdict == "valid"
