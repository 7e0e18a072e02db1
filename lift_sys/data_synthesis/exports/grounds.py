"""What a reward function needs to judge an answer to a row, as one JSON text."""

from __future__ import annotations

import json

from lift_sys.records import Example

SCHEMA_VERSION = 1


def ground_truth(example: Example) -> str:
    """Entry point, harness, packages and tests. The reference is not among them."""
    held = example.model_dump(mode="json", include={"entry_point", "harness", "requirements"})
    tests = [test.model_dump(mode="json", include={"args", "kwargs", "expected"}) for test in example.tests]
    return json.dumps({"schema_version": SCHEMA_VERSION, **held, "tests": tests}, separators=(",", ":"))
