from __future__ import annotations

import ast

import pytest

from lift_sys.testing.blank import blank, place

METHOD = "class A:\n    def f(self):\n        return 'é'\n\n    z = 1\n"


@pytest.mark.parametrize(
    ("code", "entry", "wanted"),
    [
        ("def f(x):\n    return x\n", "f", "def f(x):\n    ...\n"),
        ("def f(x): return x\n", "f", "def f(x): ...\n"),
        ('def f(x):\n    """Doc."""\n    y = x\n    return y\ng = 1\n', "f", "def f(x):\n    ...\ng = 1\n"),
        (METHOD, "A.f", "class A:\n    def f(self):\n        ...\n\n    z = 1\n"),
        ("def f(x):\n    s = '\u2028\x0c'\n    return s\r\nz = 1\n", "f", "def f(x):\n    ...\r\nz = 1\n"),
        ("é = 1; \ndef f(x): 'é'; return x\n", "f", "é = 1; \ndef f(x): ...\n"),
        ("def f():\n    return 1\ndef f():\n    return 2\n", "f", "def f():\n    return 1\ndef f():\n    ...\n"),
    ],
)  # fmt: skip
def test_only_the_body_of_the_entry_point_is_emptied(code: str, entry: str, wanted: str) -> None:
    assert blank(code, entry) == wanted
    ast.parse(blank(code, entry))


def test_a_decorated_function_starts_at_its_decorator_and_keeps_its_docstring() -> None:
    code = "x = 1\n@cache\n@other\ndef f():\n    'Says so.'\n    return x\n"
    found = place(code, "f")
    assert code[found.start :].startswith("@cache")
    assert found.docstring == "Says so."
    assert found.indent == "    "


@pytest.mark.parametrize("entry", ["g", "A.g", "f.g"])
def test_an_entry_point_that_is_not_there_is_an_error(entry: str) -> None:
    with pytest.raises(LookupError):
        blank("class A:\n    def f(self):\n        return 1\n\ndef f():\n    return 1\n", entry)
