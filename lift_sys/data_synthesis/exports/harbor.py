"""For Harbor: a task folder for each row, in the layout of task.toml's schema version 1.4.

    NAME/task.toml
    NAME/instruction.md
    NAME/environment/   Dockerfile, solution.py (the stub), requirements.txt where packages are needed
    NAME/solution/      solve.sh and solution.py (the reference)
    NAME/tests/         test.sh, the tests, and what they import

`harbor run -p OUT/NAME -a oracle` scores the reference. Tests need nothing but Python.
"""

from __future__ import annotations

import json
from typing import Any

from lift_sys.data_synthesis.exports.asking import question
from lift_sys.data_synthesis.exports.containers import REQUIREMENTS, dockerfile, requirements_file
from lift_sys.data_synthesis.exports.naming import plain_name, row_name
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.registry import PYTHON, Options
from lift_sys.data_synthesis.exports.source import Source
from lift_sys.data_synthesis.exports.testfiles import SOLUTION, TESTS, file_of_tests, support_files
from lift_sys.records import Example
from lift_sys.testing.blank import blank

TEST_SH = """#!/bin/sh
# Runs the tests and writes the reward: 1 when every test passes, else 0.
chmod 700 /tests
cd /tests || exit 1
export LIFT_SOLUTION=/app/solution.py
exec python3 -P -s -B /tests/lift_run.py /tests/test_solution.py /logs/verifier/reward.txt
"""
SOLVE_SH = """#!/bin/sh
cp /solution/solution.py /app/solution.py
"""


def write(source: Source, output: Output, options: Options) -> dict[str, int]:
    counts = {}
    python = source.python or PYTHON
    support = support_files(runner=True)
    several = len(source.splits) > 1
    for split in source.splits:
        for example in source.examples(split):
            name = row_name(example)
            _task(f"{split}/{name}" if several else name, name, example, output, options, python, support)
        counts[f"{split}/*" if several else "*"] = len(source.splits[split])
    return counts


def _task(
    folder: str,
    name: str,
    example: Example,
    output: Output,
    options: Options,
    python: str,
    support: dict[str, str],
) -> None:
    output.text(f"{folder}/task.toml", _toml(_config(name, example, options)))
    output.text(f"{folder}/instruction.md", _instruction(example))
    stub = blank(example.code, example.entry_point)
    output.text(f"{folder}/environment/Dockerfile", dockerfile(python, example.requirements, [SOLUTION]))
    output.text(f"{folder}/environment/{SOLUTION}", stub)
    if example.requirements:
        output.text(f"{folder}/environment/{REQUIREMENTS}", requirements_file(example.requirements))
    output.text(f"{folder}/solution/solve.sh", SOLVE_SH, executable=True)
    output.text(f"{folder}/solution/{SOLUTION}", example.code)
    output.text(f"{folder}/tests/test.sh", TEST_SH, executable=True)
    output.text(f"{folder}/tests/{TESTS}", file_of_tests(example.tests, example.entry_point, example.harness))
    for file, text in support.items():
        output.text(f"{folder}/tests/{file}", text)


def _instruction(example: Example) -> str:
    return (
        f"{question(example)}\n\nThe file is `/app/{SOLUTION}`: it holds the module with the body of "
        f"`{example.entry_point}` left out. Replace it by the whole module.\n"
    )


def _config(name: str, example: Example, options: Options) -> dict[str, dict[str, Any]]:
    place = example.provenance
    return {
        "": {"schema_version": "1.4"},
        "task": {
            "name": f"{plain_name(options.name)}/{name}",
            "description": f"Write `{example.entry_point}`, a function of {place.repository}.",
            "keywords": ["python", "code", *([example.category] if example.category else [])],
        },
        "metadata": {
            "id": example.id,
            "difficulty": example.difficulty,
            "category": example.category,
            "repository": place.repository,
            "version": place.version,
            "path": place.path,
            "qualname": place.qualname,
            "licence": place.licence,
            "mutation_score": example.mutation.score if example.mutation.score is not None else 0.0,
        },
        "verifier": {"timeout_sec": 900.0},
        "agent": {"timeout_sec": 900.0},
        "environment": {"build_timeout_sec": 600.0, "cpus": 1, "memory_mb": 2048, "workdir": "/app"},
    }


def _toml(config: dict[str, dict[str, Any]]) -> str:
    """Tables of scalars and lists of strings."""
    parts = []
    for table, entries in config.items():
        lines = [f"{key} = {_value(item)}\n" for key, item in entries.items()]
        parts.append((f"[{table}]\n" if table else "") + "".join(lines))
    return "\n".join(parts)


def _value(item: object) -> str:
    # A TOML basic string is a JSON string, but for DEL and for characters beyond 16 bits, which are written out.
    text = json.dumps(item, ensure_ascii=False).replace("\x7f", "\\u007f")
    return text.encode("utf-8", "replace").decode()
