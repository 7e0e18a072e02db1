"""What a function's own source suggests: its constants, its conditions, and its terms over the parameters.

Only syntax is looked at. Names that are assigned once stand for what was assigned, so `n = len(x)` makes `n < 3` say
`len(x) < 3`. Every hint is a hypothesis; observed calls decide.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lift_sys.reverse_mode.predicates import is_predicate

MAX_CONSTANTS = 16
MAX_TERMS = 32
MAX_CONDITIONS = 32
MAX_TEXT = 200
MAX_SOURCE = 60_000


@dataclass(frozen=True)
class Hints:
    constants: tuple[object, ...] = ()
    terms: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


def hints_of(source: str | None, predicates: Sequence[str], names: Collection[str]) -> Hints:
    """Hints from the function's source (None: there is none) and from predicates that are known already."""
    trees: list[ast.AST] = [tree for text in predicates if (tree := _parse(text)) is not None]
    function = _function(source)
    if function is not None:
        trees.insert(0, _Inline(_assigned_once(function, names)).visit(function))
    nodes = [node for tree in trees for node in ast.walk(tree)]
    conditions = _texts(_conditions(nodes), names)
    terms = _texts((n for n in nodes if isinstance(n, (ast.Call, ast.BinOp, ast.Subscript, ast.expr))), names)
    return Hints(
        tuple(_constants(nodes))[:MAX_CONSTANTS],
        tuple(text for text in terms if text not in names)[:MAX_TERMS],
        tuple(conditions)[:MAX_CONDITIONS],
    )


def is_atomic(text: str) -> bool:
    """Whether an expression binds tighter than every operator, so that it needs no brackets."""
    return isinstance(_body(text), (ast.Call, ast.Subscript, ast.Attribute, ast.Constant, ast.Name, ast.List))


def binds_tighter(text: str) -> bool:
    """Whether an expression needs no brackets beside `==`."""
    body = _body(text)
    negation = isinstance(body, ast.UnaryOp) and isinstance(body.op, ast.Not)
    return is_atomic(text) or (isinstance(body, (ast.BinOp, ast.UnaryOp)) and not negation)


def _body(text: str) -> ast.AST | None:
    tree = _parse(text)
    body = tree.body if isinstance(tree, ast.Module) else []
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None


def _parse(text: str) -> ast.AST | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes in mined text are not ours to judge
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _function(source: str | None) -> ast.AST | None:
    if source is None or len(source) > MAX_SOURCE:
        return None
    lines = source.splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    tree = _parse(source if not indent else "\n".join(line[indent:] for line in lines))
    if tree is None:
        return None
    functions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return functions[0] if functions else None


def _assigned_once(function: ast.AST, names: Collection[str]) -> dict[str, ast.expr]:
    values: dict[str, list[ast.expr | None]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            values.setdefault(node.id, []).append(None)
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            for name, given in _given(node.targets[0], node.value):
                values.setdefault(name, []).append(given)
    return {
        name: value
        for name, found in values.items()
        if name not in names and len(found) == 2 and (value := next(filter(None, found), None)) is not None
    }


def _given(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """What each name of a target is given: of `a, b = x` those are `x[0]` and `x[1]`."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)) and not any(isinstance(n, ast.Starred) for n in target.elts):
        parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
        same = len(parts) == len(target.elts)
        for index, item in enumerate(target.elts):
            if isinstance(item, ast.Name):
                part = parts[index] if same else ast.Subscript(value, ast.Constant(index), ast.Load())
                yield item.id, part


class _Inline(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values
        self.depth = 0

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.values.get(node.id)
        if value is None or not isinstance(node.ctx, ast.Load) or self.depth >= 3:
            return node
        self.depth += 1
        made: ast.expr = self.visit(copy.deepcopy(value))
        self.depth -= 1
        return made


def _conditions(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            yield node.test
        elif isinstance(node, ast.BoolOp):
            yield from node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node.operand
        elif isinstance(node, ast.Compare):
            yield node


def _texts(nodes: Iterable[ast.AST], names: Collection[str]) -> list[str]:
    """The distinct texts of those nodes that are predicates and name a parameter."""
    found: dict[str, None] = {}
    for node in nodes:
        if not isinstance(node, ast.expr) or isinstance(node, (ast.Constant, ast.Starred)):
            continue
        if not any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node)):
            continue
        try:
            text = ast.unparse(node)
        except (RecursionError, ValueError):
            continue
        if len(text) <= MAX_TEXT and is_predicate(text, names) and "result" not in text:
            found.setdefault(text)
    return list(found)


def _constants(nodes: Iterable[ast.AST]) -> Iterator[object]:
    seen: set[tuple[type, object]] = set()
    for node in nodes:
        if not isinstance(node, ast.Constant) or type(node.value) not in (int, float, str, bytes):
            continue
        value = node.value
        small = len(value) <= 20 if isinstance(value, (str, bytes)) else abs(value) < 1e12  # type: ignore[arg-type]
        if small and (type(value), value) not in seen:
            seen.add((type(value), value))
            yield value
