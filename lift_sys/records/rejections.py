"""What was found and not used, with a typed reason."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from lift_sys.records.base import Record
from lift_sys.records.models import Example

Stage = Literal["source", "extract", "lift", "tests", "validate", "curate"]


class RejectionReason(StrEnum):
    """Why something was not used. The stage it belongs to is in `stage`."""

    # files
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    SYNTAX_ERROR = "syntax_error"
    PARSER_LIMIT = "parser_limit"
    WORKER_CRASHED = "worker_crashed"
    UNSAFE_MEMBER = "unsafe_member"
    LICENCE = "licence"
    # slicing
    METHOD = "method"
    NESTED = "nested"
    ASYNC = "async"
    GENERATOR = "generator"
    TEST_CODE = "test_code"
    TRIVIAL = "trivial"
    THIRD_PARTY_IMPORT = "third_party_import"
    UNRESOLVED_NAME = "unresolved_name"
    STAR_IMPORT = "star_import"
    DYNAMIC_CODE = "dynamic_code"
    SLICE_TOO_LARGE = "slice_too_large"
    EFFECT = "effect"
    LIFT_FAILED = "lift_failed"
    DUPLICATE = "duplicate"
    # tests
    LOAD_FAILED = "load_failed"
    NO_USABLE_CALLS = "no_usable_calls"
    TOO_FEW_TESTS = "too_few_tests"
    CONSTANT_RESULT = "constant_result"
    NO_TESTS_FOUND_IN_TIME = "no_tests_found_in_time"
    # validation
    REFERENCE_FAILED = "reference_failed"
    NONDETERMINISTIC = "nondeterministic"
    STATE_LEAKS = "state_leaks"
    STUB_PASSES = "stub_passes"
    WEAK_TESTS = "weak_tests"
    NO_MUTANTS = "no_mutants"
    REFERENCE_TIMEOUT = "reference_timeout"
    SANDBOX_ERROR = "sandbox_error"
    FLAKY = "flaky"
    REQUIREMENT = "requirement"
    # curation
    NEAR_DUPLICATE = "near_duplicate"
    SECRET = "secret"
    PERSONAL_DATA = "personal_data"
    LICENCE_UNCLEAR = "licence_unclear"
    CONTAMINATED = "contaminated"
    LOW_QUALITY = "low_quality"
    PROJECT_SHARE = "project_share"
    ONE_STATEMENT_SHARE = "one_statement_share"
    FORGOTTEN = "forgotten"


class Rejection(Record):
    """Something that was found and not used, and why."""

    schema_version: Literal[1] = 1
    stage: Stage
    reason: RejectionReason
    detail: str = ""
    repository: str
    path: str
    qualname: str | None = None
    """None when the whole file was rejected."""
    lineno: int | None = None
    function: str | None = None
    """Id of the `Function`."""


def reject_example(example: Example, reason: RejectionReason, detail: str = "") -> Rejection:
    """The rejection of a validated example by a step of curation."""
    place = example.provenance
    return Rejection(
        stage="curate",
        reason=reason,
        detail=detail[:500],
        repository=place.repository_id,
        path=place.path,
        qualname=place.qualname,
        lineno=place.first_line,
        function=place.function or None,
    )
