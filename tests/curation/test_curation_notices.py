"""Notices about one function: inside it, in its docstring, or right above it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lift_sys.data_synthesis.file_licences import FileLicences
from lift_sys.data_synthesis.notices import Unclear, foreign, notice_above
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.records import Licence, Repository

NOTICES = [
    "Licensed under the GNU General Public License, version 2.",
    "This function is licensed under the LGPL-2.1",
    "All rights reserved. Proprietary and confidential.",
    "licensed under the GNU GPL v3",
    "Released under CC BY-NC 4.0",
    "code from https://stackoverflow.com/a/12345",
]


@pytest.mark.parametrize("notice", NOTICES)
def test_a_notice_of_another_licence_is_heard(notice: str) -> None:
    assert foreign(notice, "MIT") is not None


@pytest.mark.parametrize(
    "words",
    [
        "Return the SPDX id of a licence text, such as GPL-3.0 or MIT.",
        "Whether the licence is the GNU General Public License.",
        "Licensed under the MIT license.",
        "The value is available to all, under no condition.",
    ],
)
def test_words_about_licences_are_no_notice(words: str) -> None:
    assert foreign(words, "MIT") is None


def test_the_comments_above_a_definition_are_found_past_its_decorators() -> None:
    lines = ["x = 1", "# Released under", "#   the GPL.", "@cache", "def f():", "    return 1"]
    assert notice_above(lines, 5) == "Released under\nthe GPL."
    assert notice_above(lines, 2) == ""
    assert notice_above(lines, 1) == ""


def test_a_function_under_a_notice_is_unclear_and_its_neighbour_is_not(tmp_path: Path) -> None:
    code = "def f(x):\n    return x\n\n\n# licensed under the GNU GPL v3\ndef g(x):\n    return x\n"
    (tmp_path / "a.py").write_text(code)
    licence = Licence(spdx="MIT", text_sha256="0" * 64)
    repository = Repository(kind="local", name="r", version="1", licence=licence, source_time="2026-01-01T00:00:00Z")
    licences = FileLicences(Checkout(repository, tmp_path, ("a.py",), ("",)))
    assert licences.unclear("a.py", 1) is None
    found = licences.unclear("a.py", 6)
    assert isinstance(found, Unclear)
    assert "above the function" in found.why
