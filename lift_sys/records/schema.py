"""JSON Schemas of the records, one file a record and version, in `docs/schema/`.

python -m lift_sys.records.schema            writes them
python -m lift_sys.records.schema --check    exits 1 and names each file that is stale or missing
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lift_sys.ir import IntermediateRepresentation
from lift_sys.records.base import Record
from lift_sys.records.models import Example, Function, Repository, TestCase, Verdict
from lift_sys.records.rejections import Rejection
from lift_sys.records.repair import RepairTask
from lift_sys.records.tasks import Task

RECORDS: tuple[type[BaseModel], ...] = (
    Repository,
    Function,
    IntermediateRepresentation,
    TestCase,
    Verdict,
    Example,
    Rejection,
    RepairTask,
    Task,
)
FOLDER = Path("docs/schema")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(record: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of the record as it stands on a line of JSON: a record's line also has its `id`."""
    schema = record.model_json_schema(mode="serialization")
    if issubclass(record, Record):
        identity = {
            "description": "SHA-256 of the canonical JSON of every other field.",
            "pattern": "^[0-9a-f]{64}$",
            "title": "Id",
            "type": "string",
        }
        schema["properties"] = {"id": identity, **schema["properties"]}
        schema["required"] = ["id", *schema.get("required", [])]
    return {"$schema": DIALECT, **schema}


def file_name(record: type[BaseModel]) -> str:
    return f"{record.__name__}.v{version_of(record)}.json"


def version_of(record: type[BaseModel]) -> int:
    return int(record.model_fields["schema_version"].default)


def schema_files() -> dict[str, str]:
    """File name to content, the same on every run."""
    return {
        file_name(record): json.dumps(schema_of(record), indent=2, ensure_ascii=True) + "\n" for record in RECORDS
    }


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")


def stale(folder: Path) -> list[str]:
    """What is wrong with the files of `folder`, a line each. Schemas of earlier versions may stay."""
    found = []
    for name, text in schema_files().items():
        path = folder / name
        if not path.is_file():
            found.append(f"{path} is missing")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"{path} is stale")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lift_sys.records.schema", description="JSON Schemas of records")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the schemas are (default: docs/schema)")
    options = parser.parse_args(arguments)
    if not options.check:
        write(options.folder)
        return 0
    problems = stale(options.folder)
    for problem in problems:
        print(f"{problem}; run python -m lift_sys.records.schema", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
