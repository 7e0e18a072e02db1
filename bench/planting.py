"""Rewritings of a function that keep what it does: what a copy of a benchmark's solution may look like in the wild.

Each takes a module's source and the name of a function in it, and returns the new source and entry point, or None
where it does not apply.
"""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Callable
from typing import Any

Planted = tuple[str, str]
Transform = Callable[[str, str], Planted | None]
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORT = (ast.Import, ast.ImportFrom)


def _parse(code: str, entry: str) -> tuple[ast.Module, ast.FunctionDef]:
    module = ast.parse(code)
    found = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == entry]
    return module, found[-1]


def _text(module: ast.Module) -> str:
    return ast.unparse(ast.fix_missing_locations(module)) + "\n"


def _statements(text: str) -> list[ast.stmt]:
    return ast.parse(text).body


def renamed(code: str, entry: str) -> Planted | None:
    """Other names everywhere, no docstrings, no annotations."""
    module = ast.parse(code)
    names: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, _FUNCTION):
            names.setdefault(node.name, f"routine_{len(names)}")
            node.returns = None
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        elif isinstance(node, ast.arg):
            names.setdefault(node.arg, f"item_{len(names)}")
            node.annotation = None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.setdefault(node.id, f"part_{len(names)}")
    for node in ast.walk(module):
        if isinstance(node, _IMPORT):
            for alias in node.names:
                names.pop(alias.asname or alias.name, None)
    own = {node.name for node in ast.walk(module) if isinstance(node, _FUNCTION)}
    for node in ast.walk(module):
        if isinstance(node, _FUNCTION):
            node.name = names[node.name]
        elif isinstance(node, ast.arg):
            node.arg = names.get(node.arg, node.arg)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in own:
            for keyword in node.keywords:
                keyword.arg = names.get(keyword.arg or "", keyword.arg)
        elif isinstance(node, ast.Nonlocal):
            node.names = [names.get(name, name) for name in node.names]
    for node in ast.walk(module):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return _text(module), names[entry]


def arguments_reversed(code: str, entry: str) -> Planted | None:
    module, function = _parse(code, entry)
    if len(function.args.args) < 2 or function.args.defaults:
        return None
    names = [a.arg for a in function.args.args]
    inner = f"{entry}_original"
    module.body += _statements(
        f"def {inner}({', '.join(names)}):\n    pass\n"
        f"def reordered({', '.join(reversed(names))}):\n    return {inner}({', '.join(names)})\n"
    )
    _take_body(module, function, inner)
    return _text(module), "reordered"


def argument_added(code: str, entry: str) -> Planted | None:
    """A parameter with a default in front of the others, which become keywords with defaults too."""
    module, function = _parse(code, entry)
    if function.args.defaults:
        return None
    names = [a.arg for a in function.args.args]
    inner = f"{entry}_original"
    module.body += _statements(
        f"def {inner}({', '.join(names)}):\n    pass\n"
        f"def widened(strict=False, {', '.join(f'{name}=None' for name in names)}):\n"
        f"    return {inner}({', '.join(names)})\n"
    )
    _take_body(module, function, inner)
    return _text(module), "widened"


def _take_body(module: ast.Module, function: ast.FunctionDef, name: str) -> None:
    """Put a copy of the function's body under another name; calls of it go there."""
    holder = next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name)
    holder.body = copy.deepcopy(function.body)
    callers = [n for n in module.body if not isinstance(n, ast.FunctionDef) or function.name not in _bound(n)]
    for node in [inner for caller in {holder, *callers} for inner in ast.walk(caller)]:
        if isinstance(node, ast.Name) and node.id == function.name:
            node.id = name
    module.body.remove(function)


def _used(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _bound(function: ast.FunctionDef) -> set[str]:
    return _used(function, ast.Store) | {a.arg for a in ast.walk(function) if isinstance(a, ast.arg)}


def _attributes(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    found = [n for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, context)]
    return {ast.unparse(n) for n in found}


def _independent(first: ast.stmt, second: ast.stmt) -> bool:
    plain = isinstance(first, ast.Assign) and isinstance(second, ast.Assign)
    quiet = plain and not any(isinstance(n, ast.Call) for s in (first, second) for n in ast.walk(s))
    written = [_used(s, ast.Store) | _attributes(s, ast.Store) for s in (first, second)]
    read = [_used(s, ast.Load) | _attributes(s, ast.Load) for s in (first, second)]
    return quiet and not (written[0] & (written[1] | read[1]) or written[1] & read[0])


def statements_reordered(code: str, entry: str) -> Planted | None:
    module, function = _parse(code, entry)
    changed = False
    for node in ast.walk(function):
        for field in ("body", "orelse"):
            body = getattr(node, field, None)
            if isinstance(body, list):
                for at in range(len(body) - 1):
                    if _independent(body[at], body[at + 1]):
                        body[at], body[at + 1] = body[at + 1], body[at]
                        changed = True
    return (_text(module), entry) if changed else None


class _Loops(ast.NodeTransformer):
    count = 0

    def visit_For(self, node: ast.For) -> Any:
        self.generic_visit(node)
        if node.orelse:
            return node
        self.count += 1
        made = _statements(
            f"walker_{self.count} = iter(0)\nwhile True:\n    try:\n        x = next(walker_{self.count})\n"
            "    except StopIteration:\n        break\n"
        )
        first, loop = made
        assert isinstance(first, ast.Assign)
        assert isinstance(first.value, ast.Call)
        assert isinstance(loop, ast.While)
        first.value.args = [node.iter]
        attempt = loop.body[0]
        assert isinstance(attempt, ast.Try)
        assert isinstance(attempt.body[0], ast.Assign)
        attempt.body[0].targets = [node.target]
        loop.body += node.body
        return made


def _rewritten(code: str, entry: str, rewriter: _Loops | _Branches) -> Planted | None:
    module, _ = _parse(code, entry)
    module = rewriter.visit(module)
    return (_text(module), entry) if rewriter.count else None


def for_to_while(code: str, entry: str) -> Planted | None:
    return _rewritten(code, entry, _Loops())


class _Comprehensions(ast.NodeTransformer):
    """Each list comprehension or generator becomes a function with a loop, defined before it is needed."""

    def __init__(self) -> None:
        self.count = 0
        self.made: list[ast.stmt] = []
        self.inside = 0

    def _unrolled(self, node: Any) -> Any:
        self.inside += 1
        self.generic_visit(node)
        self.inside -= 1
        if self.inside:
            return node
        self.count += 1
        name = f"gather_{self.count}"
        body: list[ast.stmt] = [
            ast.Expr(ast.Call(ast.Attribute(ast.Name("out", ast.Load()), "append", ast.Load()), [node.elt], []))
        ]
        for part in reversed(node.generators):
            for condition in reversed(part.ifs):
                body = [ast.If(condition, body, [])]
            body = [ast.For(part.target, part.iter, body, [], None)]
        own = _used(ast.Module(body, []), ast.Store)
        free = sorted(_used(ast.Module(body, []), ast.Load) - own - self.outside - {"out"})
        given = "out" if isinstance(node, ast.ListComp) else "iter(out)"
        function = _statements(f"def {name}({', '.join(free)}):\n    out = []\n    return {given}\n")[0]
        assert isinstance(function, ast.FunctionDef)
        function.body[1:1] = body
        self.made.append(function)
        return ast.Call(ast.Name(name, ast.Load()), [ast.Name(item, ast.Load()) for item in free], [])

    visit_ListComp = visit_GeneratorExp = _unrolled

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        return node

    outside: set[str] = set()
    """Names that are no locals of the function."""


def comprehension_to_loop(code: str, entry: str) -> Planted | None:
    module, function = _parse(code, entry)
    worker = _Comprehensions()
    worker.outside = {*dir(builtins), *(n.name for n in module.body if isinstance(n, _FUNCTION))}
    worker.outside |= {a.asname or a.name for n in module.body if isinstance(n, _IMPORT) for a in n.names}
    worker.outside -= _bound(function)
    worker.generic_visit(function)
    if not worker.count:
        return None
    module.body[:0] = worker.made
    head = [node for node in module.body if isinstance(node, _IMPORT)]
    module.body = head + [node for node in module.body if node not in head]
    return _text(module), entry


class _Flags(ast.NodeTransformer):
    """`return` becomes a flag and a break out of each loop."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return node

    visit_Lambda = visit_FunctionDef  # type: ignore[assignment]

    def visit_Return(self, node: ast.Return) -> Any:
        first, *rest = [*_statements(f"{self.answer} = 0\nfinished = True\n"), ast.Break()]
        assert isinstance(first, ast.Assign)
        first.value = node.value or ast.Constant(None)
        return [first, *rest]

    def _loop(self, node: Any) -> Any:
        self.generic_visit(node)
        return [node, *_inside_loop("if finished:\n    break\n")]

    visit_For = visit_While = _loop


def _inside_loop(text: str) -> list[ast.stmt]:
    loop = ast.parse("while True:\n" + "".join(f"    {line}\n" for line in text.splitlines())).body[0]
    assert isinstance(loop, ast.While)
    return loop.body


def returns_to_flag(code: str, entry: str) -> Planted | None:
    module, function = _parse(code, entry)
    if sum(isinstance(node, ast.Return) for node in ast.walk(function)) < 2:
        return None
    answer = "found" if "answer" in _bound(function) else "answer"
    body = [item for node in function.body for item in _many(_Flags(answer).visit(node))]
    start = _statements(f"finished, {answer} = False, None\n")[0]
    loop = _statements("while True:\n    break\n")[0]
    assert isinstance(loop, ast.While)
    loop.body = [*body, *loop.body]
    function.body = [start, loop, ast.Return(ast.Name(answer, ast.Load()))]
    return _text(module), entry


def _many(found: Any) -> list[ast.stmt]:
    return found if isinstance(found, list) else [found]


class _Results(ast.NodeTransformer):
    """Each returned expression moves to a function of its own."""

    def __init__(self, known: set[str]) -> None:
        self.known, self.made = known, []  # type: set[str], list[ast.stmt]

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        return node

    def visit_Return(self, node: ast.Return) -> Any:
        if node.value is None or isinstance(node.value, ast.Constant | ast.Name):
            return node
        own = _used(node.value, ast.Store) | {a.arg for a in ast.walk(node.value) if isinstance(a, ast.arg)}
        free = sorted((_used(node.value, ast.Load) & self.known) - own)
        name = f"finish_{len(self.made)}"
        function = _statements(f"def {name}({', '.join(free)}):\n    return 0\n")[0]
        function.body[0].value = node.value  # type: ignore[attr-defined]
        self.made.append(function)
        return ast.Return(ast.Call(ast.Name(name, ast.Load()), [ast.Name(item, ast.Load()) for item in free], []))


def helper_extracted(code: str, entry: str) -> Planted | None:
    module, function = _parse(code, entry)
    known = _bound(function)
    known |= {a.asname or a.name for n in ast.walk(function) if isinstance(n, _IMPORT) for a in n.names}
    nested = {n.name for n in ast.walk(function) if isinstance(n, _FUNCTION) and n is not function}
    if nested:
        return None
    worker = _Results(known)
    worker.visit(function)
    module.body += worker.made
    return (_text(module), entry) if worker.made else None


class _Branches(ast.NodeTransformer):
    count = 0

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        self.count += 1
        return ast.If(ast.UnaryOp(ast.Not(), node.test), node.orelse or [ast.Pass()], node.body)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        self.generic_visit(node)
        self.count += 1
        return ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.orelse, node.body)


def branches_inverted(code: str, entry: str) -> Planted | None:
    return _rewritten(code, entry, _Branches())


class _Numbers(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> Any:
        if type(node.value) is int and 0 <= node.value < 1000:
            return ast.BinOp(ast.Constant(node.value + 7), ast.Sub(), ast.Constant(7))
        return node

    def visit_MatchValue(self, node: ast.MatchValue) -> Any:
        return node


def noise_added(code: str, entry: str) -> Planted | None:
    """Checks that never fail, variables that are never used, numbers written as differences."""
    module, function = _parse(code, entry)
    _Numbers().visit(function)
    first = function.args.args[0].arg
    function.body = [
        *_statements(f"trace = []\ntrace.append(({first},))\nif len(trace) > 3:\n    raise RuntimeError('depth')\n"),
        *function.body,
        *_statements("trace.clear()\n"),
    ]
    return _text(module), entry


def made_a_method(code: str, entry: str) -> Planted | None:
    module, function = _parse(code, entry)
    if any(isinstance(n, ast.Name) and n.id == entry for n in ast.walk(function)):
        return None
    module.body.remove(function)
    function.args.args.insert(0, ast.arg("self"))
    holder = _statements("class Solution:\n    pass\n")[0]
    assert isinstance(holder, ast.ClassDef)
    holder.body = [function]
    module.body.append(holder)
    return _text(module), f"Solution.{entry}"


def result_as_iterator(code: str, entry: str) -> Planted | None:
    """Lists come back as tuples or, of a generator, one by one; numbers as floats."""
    module, function = _parse(code, entry)
    names = [a.arg for a in function.args.args]
    inner = f"{entry}_original"
    module.body += _statements(
        f"def {inner}({', '.join(names)}):\n    pass\n"
        f"def converted({', '.join(names)}):\n"
        f"    found = {inner}({', '.join(names)})\n"
        "    if type(found) is list:\n        return tuple(found) if len(found) % 2 else iter(found)\n"
        "    if type(found) is int and abs(found) < 1 << 50:\n        return float(found)\n"
        "    return found\n"
    )
    defaults = function.args.defaults
    _take_body(module, function, inner)
    if defaults:
        return None
    return _text(module), "converted"


def everything(code: str, entry: str) -> Planted | None:
    """All rewritings that apply, one after another."""
    found: Planted = (code, entry)
    for transform in _COMBINED:
        made = transform(*found)
        if made is not None:
            found = made
    return arguments_reversed(*found) or argument_added(*found) or found


_COMBINED: tuple[Transform, ...] = (
    comprehension_to_loop, for_to_while, branches_inverted, returns_to_flag, helper_extracted, noise_added, renamed,
)  # fmt: skip
TRANSFORMS: dict[str, Transform] = {
    function.__name__: function
    for function in (
        renamed, arguments_reversed, argument_added, statements_reordered, for_to_while, comprehension_to_loop,
        returns_to_flag, helper_extracted, branches_inverted, noise_added, made_a_method, result_as_iterator,
        everything,
    )
}  # fmt: skip
