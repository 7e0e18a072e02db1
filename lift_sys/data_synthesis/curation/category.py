"""What a row is about: one of the fourteen categories of the test suite, by rules on the code and the tests.

The rules are tried in order and the first that holds decides, from what can be seen for sure (a method of a class
with state, dates, recursion) to what is left (the types that go in and come out). A row can be about several things:
this is the one that a reader would most likely name first.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from lift_sys.data_synthesis.curation.shape import Shape, shape
from lift_sys.records import Example, WireValue

CATEGORIES = (
    "control_flow",
    "list_operations",
    "string_operations",
    "dict_set_operations",
    "arithmetic",
    "type_handling",
    "edge_cases",
    "recursion",
    "parsing_formatting",
    "dates",
    "iterators",
    "error_handling",
    "algorithms",
    "stateful_classes",
)


@dataclass(frozen=True)
class _Row:
    example: Example
    shape: Shape

    @cached_property
    def called(self) -> Counter[str]:
        return Counter(self.shape.called())

    @cached_property
    def name(self) -> set[str]:
        """Words of the function's name, lower case."""
        name = re.sub(r"([a-z])([A-Z])", r"\1_\2", self.example.entry_point)
        return set(re.findall(r"[a-z]+", name.lower()))

    @cached_property
    def imported(self) -> set[str]:
        """Top-level modules that the code imports."""
        found = set()
        for node in self.shape.nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").split(".")[0])
        return found

    @cached_property
    def inputs(self) -> Counter[str]:
        """Kind of each argument of each test."""
        tests = self.example.tests
        return Counter(_kind(value) for test in tests for value in [*test.args, *test.kwargs.values()])

    @cached_property
    def outputs(self) -> Counter[str]:
        return Counter(_kind(test.expected.value) for test in self.example.tests if not test.expected.raises)

    @property
    def raising(self) -> float:
        return sum(test.expected.raises is not None for test in self.example.tests) / max(1, len(self.example.tests))

    def mostly(self, counts: Counter[str], *kinds: str) -> bool:
        """Whether at least half of the values are of these kinds."""
        return 2 * sum(counts[kind] for kind in kinds) >= max(1, counts.total())


def category(example: Example) -> str:
    """The category of a row; one of `CATEGORIES`."""
    found = shape(example.code, example.entry_point)
    if found is None:
        return "control_flow"
    row = _Row(example, found)
    return next(name for name, holds in _RULES if holds(row))


def _kind(value: WireValue) -> str:
    """`str`, `number`, `bool`, `none`, `list` (and tuple), `dict`, `set`, `bytes`."""
    if isinstance(value, dict):
        tag = next(iter(value), "")
        kinds = {"t": "list", "d": "dict", "set": "set", "fset": "set", "b": "bytes", "s": "str", "i": "number"}
        return kinds.get(tag, "number" if tag == "f" else "other")
    if isinstance(value, bool) or value is None:
        return "bool" if value is not None else "none"
    return {int: "number", float: "number", str: "str", list: "list"}.get(type(value), "other")


def _stateful(row: _Row) -> bool:
    entry = row.shape.entry
    if isinstance(entry, ast.ClassDef):
        return True
    if row.shape.owner is None:
        return False
    return any(
        isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self" for n in row.shape.own
    )


def _dates(row: _Row) -> bool:
    modules = {"datetime", "calendar", "zoneinfo"} & row.imported
    named = any(re.match("month|weekday|leap|date|timestamp|timezone|julian", word) for word in row.name)
    return bool(modules) or named or bool({"strftime", "strptime", "fromisoformat"} & set(row.called))


def _recursive(row: _Row) -> bool:
    """Whether any function of the row calls itself."""
    for function in row.shape.functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.name:
                return row.shape.owner is None or function.name != "__init__"
    return False


_ITERATOR_CALLS = frozenset(
    """iter next islice chain takewhile dropwhile tee groupby zip_longest from_iterable filterfalse starmap
    accumulate repeat cycle pairwise""".split()  # noqa: SIM905
)


def _iterators(row: _Row) -> bool:
    """Uses iterators itself, or a helper of it does, and neither text nor numbers are what comes out."""
    if row.mostly(row.outputs, "str", "bytes", "number"):
        return row.shape.statements <= 4 and bool({"next", "iter"} & set(row.called))
    yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in row.shape.nodes)
    uses = bool(_ITERATOR_CALLS & set(row.called))
    return (yields or uses or row.example.projection == "iterator") and row.shape.statements <= 40


_PARSING_WORDS = frozenset(
    """getopt parse parser format formatted fnmatch invocation encode decode render escape unescape quote unquote
    dump dumps load loads serialize deserialize repr tokenize untokenize lex split splittype join header url
    uri path pathname basename html xml json csv markdown table regex pretty hex rgb color version ruby
    netloc token syntax literal template urlencode query mime""".split()  # noqa: SIM905
)


def _parsing(row: _Row) -> bool:
    words = {
        word
        for word in row.name
        if word in _PARSING_WORDS or re.match(r"(?:parse|format|render|decode|encode|split|b\d\d)", word)
    }
    takes_text = row.mostly(row.inputs, "str", "bytes")
    gives_text = row.mostly(row.outputs, "str", "bytes")
    if words and (takes_text or gives_text):
        return True
    cuts = {
        "split",
        "rsplit",
        "partition",
        "rpartition",
        "find",
        "match",
        "search",
        "finditer",
        "findall",
        "fullmatch",
        "int",
        "float",
    }
    structured = takes_text and row.mostly(row.outputs, "list", "dict", "number") and bool(cuts & set(row.called))
    written = (
        gives_text
        and row.mostly(row.inputs, "number", "dict", "list", "other", "set")
        and row.shape.count(ast.JoinedStr, ast.Mod) > 0
    )
    from_bytes = row.mostly(row.inputs, "bytes") and row.mostly(row.outputs, "str", "none")
    return structured or written or from_bytes


def _errors(row: _Row) -> bool:
    checks = row.shape.count(ast.Raise) + row.shape.count(ast.ExceptHandler)
    return row.raising >= 0.34 or (checks > 0 and 4 * checks >= row.shape.statements)


def _types(row: _Row) -> bool:
    checks = row.called["isinstance"] + row.called["type"] + row.called["issubclass"] + row.called["callable"]
    plain = [kind for kind in row.inputs if kind != "none"]
    own = sum(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "isinstance" for n in row.shape.own
    )
    if row.shape.statements > 12 or (checks > 0 and own == 0 and row.shape.statements > 4):
        return False
    return checks >= 1 and (
        row.mostly(row.outputs, "bool") or (checks >= 2 and len(plain) >= 3) or 2 * checks >= row.shape.statements
    )


def _edges(row: _Row) -> bool:
    """Tests for None or emptiness and hardly anything else; giving an argument back."""
    small = row.shape.statements <= 2 and row.shape.count(ast.Call, ast.BinOp) == 0
    compares = [node for node in row.shape.own if isinstance(node, ast.Is | ast.IsNot)]
    returned = isinstance(row.shape.entry, ast.FunctionDef) and _only_returns_name(row.shape.entry)
    return small and (bool(compares) or returned)


def _only_returns_name(function: ast.FunctionDef) -> bool:
    last = function.body[-1]
    return isinstance(last, ast.Return) and isinstance(last.value, ast.Name) and len(function.body) <= 2


def _algorithms(row: _Row) -> bool:
    loops = row.shape.count(ast.For, ast.While)
    known = {
        "heappush",
        "heappop",
        "bisect",
        "bisect_left",
        "bisect_right",
        "heapify",
        "permutations",
        "combinations",
        "sha256",
        "crc32",
    }
    nested = any(
        isinstance(inner, ast.For | ast.While) and inner is not outer
        for outer in row.shape.nodes
        if isinstance(outer, ast.For | ast.While)
        for inner in ast.walk(outer)
    )
    heavy = row.shape.complexity >= 10 and loops >= 1
    return bool(known & set(row.called)) or nested or (heavy and not row.mostly(row.inputs, "number"))


def _dicts(row: _Row) -> bool:
    comprehends = row.shape.count(ast.DictComp, ast.SetComp, ast.Dict) > 0 and row.mostly(row.outputs, "dict", "set")
    looks_up = bool({"get", "setdefault", "items", "keys"} & set(row.called)) and row.inputs["dict"] > 0
    return comprehends or looks_up or row.mostly(row.inputs, "dict", "set") or row.mostly(row.outputs, "dict", "set")


def _arithmetic(row: _Row) -> bool:
    if not row.mostly(row.outputs, "number", "bool", "other"):
        return False
    if 3 * (row.inputs["str"] + row.inputs["bytes"]) > row.inputs.total():
        return False
    straight = row.shape.count(ast.BinOp) >= 3 and row.shape.count(ast.For, ast.While) == 0
    takes = row.mostly(row.inputs, "number", "bool") or straight
    works = row.shape.count(ast.BinOp, ast.AugAssign, ast.UnaryOp) > 0 or bool(
        {"abs", "round", "pow", "sum"} & set(row.called)
    )
    branches = row.shape.count(ast.If) >= 2 and row.shape.count(ast.BinOp, ast.AugAssign) == 0
    return takes and works and not branches


def _strings(row: _Row) -> bool:
    return row.mostly(row.inputs, "str", "bytes") or row.mostly(row.outputs, "str", "bytes")


def _lists(row: _Row) -> bool:
    return row.mostly(row.inputs, "list") or row.mostly(row.outputs, "list")


_RULES: tuple[tuple[str, Callable[[_Row], bool]], ...] = (
    ("stateful_classes", _stateful),
    ("dates", _dates),
    ("edge_cases", _edges),
    ("recursion", _recursive),
    ("iterators", _iterators),
    ("parsing_formatting", _parsing),
    ("type_handling", _types),
    ("error_handling", _errors),
    ("dict_set_operations", _dicts),
    ("arithmetic", _arithmetic),
    ("algorithms", _algorithms),
    ("string_operations", _strings),
    ("list_operations", _lists),
    ("control_flow", lambda row: True),
)
