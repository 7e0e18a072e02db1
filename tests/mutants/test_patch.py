"""Diffs: what is made applies, here and with the tools that people have; anything else is refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lift_sys.data_synthesis.patch import apply_patch, make_patch

texts = st.lists(
    st.sampled_from(["a", "b", "", " x", "-", "+c", "\\ No newline at end of file", "@@ -1 +1 @@", "\x0c", "é"])
).map("\n".join)


@given(texts, texts)
def test_a_patch_leads_from_the_one_text_to_the_other(old: str, new: str) -> None:
    assert apply_patch(old, make_patch(old, new)) == new


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("new", ["a\nX\nc\n", "a\nc\n", "a\nb\nc", "a\nb\nnew\nc\n", "X"])
def test_git_applies_it(new: str, tmp_path: Path) -> None:
    (tmp_path / "solution.py").write_text("a\nb\nc\n")
    (tmp_path / "fix.patch").write_text(make_patch("a\nb\nc\n", new))
    subprocess.run(["git", "apply", "fix.patch"], cwd=tmp_path, check=True)
    assert (tmp_path / "solution.py").read_text() == new


@pytest.mark.parametrize(
    "damaged", ["nonsense\n", "@@ -1 +1 @@\n-z\n+y\n", "@@ -9 +9 @@\n-a\n+y\n", "@@ -1 +1 @@\n?a\n"]
)
def test_what_does_not_fit_is_refused(damaged: str) -> None:
    with pytest.raises(ValueError, match="patch"):
        apply_patch("a\nb\n", damaged)
