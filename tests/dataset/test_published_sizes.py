"""`scripts/check_docs.py` holds the sizes that documents tell against the manifest."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def check_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_docs", ROOT / "scripts/check_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(check_docs: ModuleType, tmp_path: Path) -> Path:
    for name in (*check_docs.SIZES, check_docs.MANIFEST):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_documents_tell_the_manifests_size(check_docs: ModuleType, copy: Path) -> None:
    assert check_docs.wrong_sizes(copy) == []


@pytest.mark.parametrize("name", ["README.md", "training_data/DATASHEET.md", "training_data/generation_report.md"])
@pytest.mark.parametrize("which", [1, 2])
def test_another_number_is_told(check_docs: ModuleType, copy: Path, name: str, which: int) -> None:
    text = (copy / name).read_text()
    start, end = check_docs.SIZES[name].search(text).span(which)
    (copy / name).write_text(text[:start] + "9,876" + text[end:])
    wrong = check_docs.wrong_sizes(copy)
    assert wrong
    assert all("9,876" in line for line in wrong)


def test_a_document_that_no_longer_tells_it_is_told(check_docs: ModuleType, copy: Path) -> None:
    (copy / "training_data/DATASHEET.md").write_text("# Nothing\n")
    (told,) = check_docs.wrong_sizes(copy)
    assert told.startswith("training_data/DATASHEET.md: does not tell")
