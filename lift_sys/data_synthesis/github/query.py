"""What to look for on GitHub: a query, the repositories that a search found, and why one does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationError, field_validator

from lift_sys.records.base import Record

LICENCES = ("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "Unlicense")
"""What is searched for unless told otherwise: permissive, and common enough to be worth a request each."""
OPENED = "2008-01-01"
"""No repository on GitHub is older."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})/[A-Za-z0-9._-]{1,100}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .+#-]{0,49}")
_TOPIC = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,49}")


class Query(Record):
    """Which repositories are wanted. Its id names the search on disk; how many are taken is no part of it."""

    schema_version: Literal[1] = 1
    names: tuple[str, ...] = ()
    """`owner/name` of repositories asked for by name. When given nothing is searched, and of the conditions below
    only `licences` and `tests` count."""
    language: str = "Python"
    stars: tuple[int, int | None] = (0, None)
    """At least and at most, both inclusive."""
    size_kib: tuple[int, int | None] = (1, 100_000)
    """Of the whole repository with its history, as GitHub counts it."""
    licences: tuple[str, ...] = LICENCES
    """SPDX ids as GitHub detects them; the licence texts are then read and must agree."""
    pushed_since: str | None = None
    created: tuple[str, str | None] = (OPENED, None)
    """First and last day; a last day of None becomes the day on which the search first ran."""
    topics: tuple[str, ...] = ()
    """All of them must be there."""
    tests: bool = True
    """Whether its tree must hold test files."""
    order: Literal["stars", "spread"] = "stars"
    """`stars`: most starred first. `spread`: by a hash of the repository's number and the seed, famous or not."""
    seed: int = 0

    @field_validator("names")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not is_name(name):
                raise ValueError(f"{name[:100]!r} is no OWNER/NAME of a repository")
        return tuple(sorted(set(names), key=str.lower))

    @field_validator("language")
    @classmethod
    def _language(cls, language: str) -> str:
        if not _WORD.fullmatch(language):
            raise ValueError(f"{language[:60]!r} is no programming language")
        return language

    @field_validator("topics")
    @classmethod
    def _topics(cls, topics: tuple[str, ...]) -> tuple[str, ...]:
        for topic in topics:
            if not _TOPIC.fullmatch(topic):
                raise ValueError(f"{topic[:60]!r} is no topic: lower-case letters, digits and hyphens")
        return tuple(sorted(set(topics)))

    @field_validator("licences")
    @classmethod
    def _licences(cls, licences: tuple[str, ...]) -> tuple[str, ...]:
        if not licences:
            raise ValueError("at least one licence is needed")
        for licence in licences:
            if not _LICENCE.fullmatch(licence):
                raise ValueError(f"{licence[:60]!r} is no SPDX id")
        return tuple(sorted(set(licences), key=str.lower))

    @field_validator("stars", "size_kib")
    @classmethod
    def _range(cls, pair: tuple[int, int | None]) -> tuple[int, int | None]:
        if pair[0] < 0 or (pair[1] is not None and pair[1] < pair[0]):
            raise ValueError("a range goes from a smaller to a larger number")
        return pair

    @field_validator("pushed_since")
    @classmethod
    def _day(cls, day: str | None) -> str | None:
        if day is not None:
            seconds_of(day)
        return day

    @field_validator("created")
    @classmethod
    def _days(cls, pair: tuple[str, str | None]) -> tuple[str, str | None]:
        for day in pair:
            if day is not None:
                seconds_of(day)
        if pair[1] is not None and pair[1] < pair[0]:
            raise ValueError("the last day of creation lies before the first")
        return pair

    def qualifiers(self, licence: str) -> str:
        """The search text without the slice of dates.

        One licence each: what several mean together is not documented. Forks are left out unless asked for.
        """
        parts = [
            f"language:{self.language}" if " " not in self.language else f'language:"{self.language}"',
            f"license:{licence.lower()}",
            f"stars:{_span(self.stars)}",
            f"size:{_span(self.size_kib)}",
            "archived:false",
            "is:public",
        ]
        if self.pushed_since:
            parts.append(f"pushed:>={self.pushed_since}")
        return " ".join(parts + [f"topic:{topic}" for topic in self.topics])

    def refuses(self, candidate: Candidate) -> tuple[str, str] | None:
        """Reason and detail when `candidate` does not fit, whatever the search said."""
        found = candidate
        if found.private or found.disabled:
            return "private", "private or disabled"
        if not any(same_licence(found.licence, licence) for licence in self.licences):
            return "licence", f"GitHub says {found.licence or 'nothing'}"
        if self.names:
            return None
        if found.fork or found.archived:
            return ("fork", "a fork") if found.fork else ("archived", "archived")
        if (found.language or "").lower() != self.language.lower():
            return "language", f"mostly {found.language or 'nothing'}"
        if not _within(found.stars, self.stars):
            return "stars", f"{found.stars} stars"
        if not _within(found.size_kib, self.size_kib):
            return "size", f"{found.size_kib} KiB"
        if self.pushed_since and found.pushed[:10] < self.pushed_since:
            return "inactive", f"last push {found.pushed[:10] or 'never'}"
        missing = set(self.topics) - set(found.topics)
        return ("topic", f"without {', '.join(sorted(missing))}") if missing else None


class Candidate(Record):
    """A repository as GitHub describes it."""

    number: StrictInt = Field(ge=1)
    """GitHub's own id, which survives a rename."""
    name: StrictStr
    stars: StrictInt
    size_kib: StrictInt
    licence: StrictStr | None = None
    language: StrictStr | None = None
    pushed: StrictStr = ""
    created: StrictStr = ""
    topics: tuple[StrictStr, ...] = ()
    fork: StrictBool
    archived: StrictBool
    disabled: StrictBool = False
    private: StrictBool = False

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        if not is_name(name):
            raise ValueError("no repository's name")
        return name

    @classmethod
    def read(cls, item: Any) -> Candidate | None:
        """A repository of the API, or None when it is not described as it should be."""
        if not isinstance(item, Mapping):
            return None
        licence = item.get("license")
        visibility = item.get("visibility", "public")
        try:
            return cls.model_validate(
                {
                    "number": item.get("id"),
                    "name": item.get("full_name"),
                    "stars": item.get("stargazers_count"),
                    "size_kib": item.get("size"),
                    "licence": licence.get("spdx_id") if isinstance(licence, Mapping) else None,
                    "language": item.get("language"),
                    "pushed": item.get("pushed_at") or "",
                    "created": item.get("created_at") or "",
                    "topics": tuple(item.get("topics") or ()),
                    "fork": item.get("fork"),
                    "archived": item.get("archived", False),
                    "disabled": item.get("disabled", False),
                    "private": bool(item.get("private")) or visibility != "public",
                }
            )
        except (ValidationError, TypeError):
            return None


def is_name(name: str) -> bool:
    """Whether `name` is OWNER/NAME, of characters that GitHub allows and no path can misread."""
    return bool(_NAME.fullmatch(name)) and name.split("/")[1] not in (".", "..") and not name.endswith(".git")


def same_licence(detected: str | None, wanted: str) -> bool:
    """Whether GitHub's id is the wanted one, old and new spellings alike (`GPL-3.0`, `GPL-3.0-only`)."""
    if detected is None:
        return False
    return detected.lower() == wanted.lower() or detected.lower() == wanted.lower().removesuffix("-only")


def seconds_of(day: str) -> int:
    """The first second of a day, written YYYY-MM-DD.

    Raises:
        ValueError: it is no day.
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise ValueError(f"{day[:40]!r} is no day: write YYYY-MM-DD")
    try:
        return int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise ValueError(f"{day!r} is no day of the calendar") from None


def _span(pair: tuple[int, int | None]) -> str:
    return f"{pair[0]}..{pair[1]}" if pair[1] is not None else f">={pair[0]}"


def _within(value: int, pair: tuple[int, int | None]) -> bool:
    return pair[0] <= value and (pair[1] is None or value <= pair[1])
