"""What all records share: frozen, schema-versioned, and named by the hash of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no whitespace, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def content_hash(value: Any) -> str:
    """SHA-256, in hex, of the canonical JSON of a plain value."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


class Record(BaseModel):
    """A frozen record. `id` is the content hash of every field, so equal records have equal ids."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    @cached_property
    def id(self) -> str:
        return content_hash(self.model_dump(mode="json"))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("id", None)  # the cached id belongs to the old content
        return copied

    def to_line(self) -> str:
        """The record as one line of JSON with its id first."""
        return json.dumps({"id": self.id, **self.model_dump(mode="json")}, ensure_ascii=True)

    @classmethod
    def from_line(cls, line: str) -> Any:
        """The record that `to_line` wrote.

        Raises:
            ValueError: the line is no such record, or its id is not the hash of its content.
        """
        data = json.loads(line)
        claimed = data.pop("id", None) if isinstance(data, dict) else None
        record = cls.model_validate(data)
        if claimed is not None and claimed != record.id:
            raise ValueError(f"the {cls.__name__} {claimed[:12]} was changed after it was written")
        return record
