"""Where packages start, and what is test code."""

from __future__ import annotations

import pytest

from lift_sys.data_synthesis.sources import import_roots, is_test_path


@pytest.mark.parametrize(
    ("files", "pyproject", "roots"),
    [
        (["pkg/__init__.py", "pkg/sub/__init__.py", "setup.py"], "", ("",)),
        (["src/pkg/__init__.py", "setup.py", "tests/test_a.py"], "", ("src",)),
        (["src/ns/pkg/__init__.py"], "", ("src",)),
        (["src/module.py", "setup.py"], "", ("src",)),
        (["module.py", "setup.py"], "", ("",)),
        (["python/pkg/__init__.py"], "", ("python",)),
        (["lib/pkg/a.py"], '[tool.setuptools.package-dir]\n"" = "lib"', ("lib",)),
        (["code/ns/a.py", "code/pkg/__init__.py"], '[tool.setuptools.packages.find]\nwhere = ["code"]', ("code",)),
        (["src/pkg/__init__.py", "extra/__init__.py"], "", ("src", "")),
        (["pkg/__init__.py", "docs/conf.py", "examples/a.py", "tests/b.py", "noxfile.py"], "", ("",)),
        (["tests/test_only.py"], "", ("tests",)),
        (["__init__.py", "a.py"], "", ("",)),
        ([], "", ()),
        (["pkg/__init__.py"], "not [ toml", ("",)),
        (["pkg/__init__.py"], '[tool.setuptools.packages.find]\nwhere = ["../.."]', ("",)),
        (["pkg/__init__.py"], "a = " + "[" * 5000, ("",)),
    ],
)
def test_roots(files: list[str], pyproject: str, roots: tuple[str, ...]) -> None:
    assert import_roots(files, pyproject) == roots
    assert import_roots(reversed(files), pyproject) == roots


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("tests/helpers.py", True),
        ("pkg/tests/test_a.py", True),
        ("pkg/test/x.py", True),
        ("test_module.py", True),
        ("pkg/module_test.py", True),
        ("conftest.py", True),
        ("pkg/tests.py", True),
        ("pkg/testing.py", False),
        ("pkg/testament.py", False),
        ("pkg/contest.py", False),
        ("pkg/latest.py", False),
    ],
)
def test_test_paths(path: str, is_test: bool) -> None:
    assert is_test_path(path) is is_test
