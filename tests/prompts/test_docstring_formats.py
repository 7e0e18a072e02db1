"""Docstrings of every format give their parts, and no text raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lift_sys.data_synthesis.docstrings import parse_docstring
from lift_sys.data_synthesis.markup import clean

GOOGLE = """Join the parts.

    Longer text.

    Args:
        parts (list[str]): What to join,
            in order.
        sep: Goes between.

    Returns:
        str: The joined text.

    Raises:
        ValueError: If there is nothing to join.

    Example:
        >>> join(["a"], "-")
        'a'
    """
NUMPY = """Join the parts.

    Parameters
    ----------
    parts : list of str
        What to join.
    sep, end : str, optional
        Goes between.

    Returns
    -------
    str
        The joined text.

    Raises
    ------
    ValueError
        If there is nothing to join.

    See Also
    --------
    split : The inverse.

    Examples
    --------
    >>> join(["a"], "-")
    'a'
    """
REST = """Join the parts.

    :param list parts: What to join.
    :param sep: Goes between,
        always.
    :type sep: str
    :returns: The joined text.
    :rtype: str
    :raises ValueError: If there is nothing to join.
    """
EPYTEXT = """Join the parts.

    @param parts: What to join.
    @type parts: list
    @param sep: Goes between.
    @return: The joined text.
    @raise ValueError: If there is nothing to join.
    """


@pytest.mark.parametrize(
    ("text", "style"), [(GOOGLE, "google"), (NUMPY, "numpy"), (REST, "rest"), (EPYTEXT, "epytext")]
)
def test_each_format_gives_the_same_parts(text: str, style: str) -> None:
    doc = parse_docstring(text)
    assert doc.style == style
    assert doc.summary == "Join the parts."
    described = {parameter.name: parameter.description for parameter in doc.parameters}
    assert described["parts"].startswith("What to join")
    assert described["sep"].startswith("Goes between")
    assert doc.returns is not None
    assert doc.returns.description == "The joined text."
    assert [(item.exception, item.description) for item in doc.raises] == [
        ("ValueError", "If there is nothing to join.")
    ]


# name: (docstring, summary, body starts with, parameters, returns, raises, number of doctests)
ODD = {
    "empty": ("", "", "", {}, None, [], 0),
    "whitespace": (" \n\t\n ", "", "", {}, None, [], 0),
    "one word": ("Nope", "Nope", "", {}, None, [], 0),
    "only doctests": (">>> f(1)\n2\n>>> f(2)\n3\n", "", "", {}, None, [], 2),
    "doctest without blank line": ("Add one.\n>>> f(1)\n2\n", "Add one.", "", {}, None, [], 1),
    "continued doctest": (">>> f(\n...   1)\n2", "", "", {}, None, [], 1),
    "doctest with traceback": (
        "Add.\n\n>>> f(0)\nTraceback (most recent call last):\nValueError: no\n\nMore.",
        "Add.",
        "More.",
        {},
        None,
        [],
        1,
    ),
    "summary over two lines": ("Add one\nto a number.\n\nBody.", "Add one to a number.", "Body.", {}, None, [], 0),
    "leading blank lines": ("\n\n   Add one.\n\n   Body.", "Add one.", "Body.", {}, None, [], 0),
    "tabs": ("Add.\n\n\tArgs:\n\t\tx: The x.\n", "Add.", "", {"x": "The x."}, None, [], 0),
    "tabs and spaces": ("Add.\n\n\tArgs:\n            x: The x.\n", "Add.", "", {"x": "The x."}, None, [], 0),
    "crlf": ("Add.\r\n\r\nArgs:\r\n    x: The x.\r\n", "Add.", "", {"x": "The x."}, None, [], 0),
    "nul": ("Add\x00.\n\nArgs:\n    x: The x.", "Add.", "", {"x": "The x."}, None, [], 0),
    "unicode names": ("Ж.\n\n:param größe: Die Größe.", "Ж.", "", {"größe": "Die Größe."}, None, [], 0),
    "emoji": ("🎉 Party!\n\nArgs:\n    n: How many 🎈.", "🎉 Party!", "", {"n": "How many 🎈."}, None, [], 0),
    "section first": ("Args:\n    x: The x.", "", "", {"x": "The x."}, None, [], 0),
    "section only, dedented": ("Args:\nx: The x.", "", "", {"x": "The x."}, None, [], 0),
    "empty section": ("Add.\n\nArgs:\n\nReturns:\n    Two.", "Add.", "", {}, "Two.", [], 0),
    "inline returns": ("Add.\n\nReturns: the sum\nof both.", "Add.", "of both.", {}, "the sum", [], 0),
    "google return without type": ("Add.\n\nReturns:\n    The sum.", "Add.", "", {}, "The sum.", [], 0),
    "google return with a colon": (
        "Add.\n\nReturns:\n    A dict of: this and that.",
        "Add.",
        "",
        {},
        "A dict of: this and that.",
        [],
        0,
    ),
    "numpy return as prose": (
        "Add.\n\nReturns\n-------\nThe sum of them.",
        "Add.",
        "",
        {},
        "The sum of them.",
        [],
        0,
    ),
    "numpy short underline": (
        "Add.\n\nParameters\n---\nx : int\n    The x.",
        "Add.",
        "",
        {"x": "The x."},
        None,
        [],
        0,
    ),
    "numpy section last and empty": ("Add.\n\nParameters\n----------", "Add.", "", {}, None, [], 0),
    "google and rest mixed": (
        "Add.\n\nArgs:\n    x: The x.\n\n:param y: The y.\n:raises E: bad",
        "Add.",
        "",
        {"x": "The x.", "y": "The y."},
        None,
        ["E"],
        0,
    ),
    "numpy and rest mixed": (
        "Add.\n\nParameters\n----------\nx : int\n    The x.\n:returns: it",
        "Add.",
        "",
        {"x": "The x."},
        "it",
        [],
        0,
    ),
    "rest then prose": ("Add.\n\n:param x: The x.\n\nMore.", "Add.", "More.", {"x": "The x."}, None, [], 0),
    "rest without blank line": ("Add.\n:param x: The x.\n", "Add.", "", {"x": "The x."}, None, [], 0),
    "rest several raises": ("Add.\n\n:raises A, B: bad", "Add.", "", {}, None, ["A", "B"], 0),
    "rest empty field": ("Add.\n\n:param x:\n:return:", "Add.", "", {"x": ""}, "", [], 0),
    "starred names": (
        "Add.\n\nArgs:\n    *args: More.\n    **kwargs: Named.",
        "Add.",
        "",
        {"args": "More.", "kwargs": "Named."},
        None,
        [],
        0,
    ),
    "broken indentation": (
        "Add.\n\n  Args:\n      x: The x.\n    y: The y.\n z: not here",
        "Add.",
        "z: not here",
        {"x": "The x. y: The y."},
        None,
        [],
        0,
    ),
    "code that looks like a field": ("Add.\n\n::\n\n    a: int = 1", "Add.", "::", {}, None, [], 0),
    "unknown section": ("Add.\n\nWhatever:\n    x: The x.", "Add.", "Whatever:", {}, None, [], 0),
    "only a rule": ("-----", "", "", {}, None, [], 0),
    "unclosed role": ("Add :func:`x", "Add :func:`x", "", {}, None, [], 0),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_docstrings(name: str) -> None:
    text, summary, body, parameters, returns, raises, doctests = ODD[name]
    doc = parse_docstring(text)
    assert doc.summary == summary
    assert doc.body.startswith(body)
    assert {**parameters} == {
        parameter.name: parameter.description for parameter in doc.parameters if parameter.name in parameters
    }
    assert len(doc.parameters) >= len(parameters)
    assert (doc.returns.description if doc.returns else None) == returns
    assert [item.exception for item in doc.raises] == raises
    assert len(doc.examples) == doctests


def test_a_very_long_docstring_is_cut() -> None:
    doc = parse_docstring("Add.\n\n" + "word " * 1_000_000)
    assert doc.summary == "Add."
    assert len(doc.body) <= 20_000


FRAGMENTS = st.sampled_from(
    ["Args:", "Returns:", "Parameters", "----------", ":param x:", "@return:", ">>> f(1)", "    x: y", "", "\t",
     "text.", "Raises", "===", ":raises", "...", "x : int", ".. note::", "::", "`", "Yields: a", "Note:", "  - a",
     "\u2028", "*"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(FRAGMENTS, max_size=14).map("\n".join) | st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    doc = parse_docstring(text)
    clean(doc.summary)
    clean(doc.body)


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("Call :meth:`~a.b.close` first.", "Call `close` first."),
        ("Like :class:`Foo <pkg.Foo>` does.", "Like `Foo` does."),
        ("Uses ``x + 1`` and *x*.", "Uses `x + 1` and `x`."),
        ("Give C{x} and L{y<pkg.y>} and I{z}.", "Give `x` and `y` and z."),
        ("A <b>bold</b> <code>x</code> &lt;tag&gt;.", "A bold `x` <tag>."),
        ("Takes *args and **kwargs, computes a*b*c.", "Takes *args and **kwargs, computes a*b*c."),
        ("Add one (see issue #123).", "Add one."),
        ("Add one. See https://bugs.python.org/issue12 for why.", "Add one."),
        ("The host of http://example.com/x.", "The host of http://example.com/x."),
        ("Add one.\n\n.. versionadded:: 3.4\n   By me.\n\nThen two.", "Add one.\n\nThen two."),
        ("Add one.\n\nAuthor: Jane <jane@example.com>", "Add one."),
        ("Add one.\n\nCopyright (c) 2001 Jane", "Add one."),
        ("Add one. See :func:`other` for details.", "Add one."),
        ("Add one. New in version 3.2.", "Add one."),
        ("Add one, for example::\n\n    f(1)\n\nThen two.", "Then two."),
        ("Add one [1]_.\n\n.. [1] A book.", "Add one."),
        ("One of:\n\n* first\n* second", "One of.\n\n- first\n- second"),
        ("Match `text <http://x.y/z>`_ here.", "Match text here."),
        ("TODO: fix this", ""),
    ],
)
def test_markup_is_taken_off(markup: str, plain: str) -> None:
    assert clean(markup) == plain


def test_a_raised_number_stays_a_power() -> None:
    from lift_sys.data_synthesis.markup import clean_line

    assert clean_line("base 2<sup>10</sup> instead of 10 <sup>3</sup>") == "base 2**10 instead of 10**3"
