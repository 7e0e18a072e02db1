"""Pre- and postconditions that a function's own statements state: guards, asserts, early and single returns.

A clause is proposed only where it follows from the code: its expression speaks of parameters that were not rebound
or changed before, and of builtins without side effects; and the early exits before it are spelled out in it.
"""
# ruff: noqa: SIM905

from __future__ import annotations

import ast
from typing import Any

from lift_sys.reverse_mode.facts import FunctionFacts
from lift_sys.reverse_mode.source_text import SourceText

Plain = dict[str, Any]
MAX_PREDICATE = 240
"""Longer predicates help nobody who reads them."""
MAX_CLAUSES = 12

PURE_BUILTINS = frozenset(
    "abs all any ascii bin bool bytes callable chr complex dict divmod enumerate float frozenset hex "
    "int isinstance issubclass len list max min oct ord pow range repr reversed round set slice sorted str sum tuple "
    "type zip True False None Ellipsis NotImplemented".split()
)
_PURE_METHODS = frozenset(
    "startswith endswith isdigit isalpha isalnum isidentifier isspace isupper islower isdecimal isnumeric istitle "
    "strip lstrip rstrip lower upper title capitalize casefold swapcase split rsplit splitlines partition rpartition "
    "replace join find rfind index count format zfill ljust rjust center get keys values items copy bit_length "
    "is_integer issubset issuperset isdisjoint union intersection difference encode decode isascii isprintable "
    "removeprefix removesuffix expandtabs conjugate as_integer_ratio symmetric_difference".split()
)
_PURE_NODES = frozenset(
    {
        ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Constant, ast.Subscript, ast.Slice, ast.Tuple, ast.List,
        ast.Set, ast.Dict, ast.IfExp, ast.Starred,
    }
)  # fmt: skip
_TYPES = frozenset("int str bytes bool list dict set frozenset tuple bytearray complex".split())
_GENERIC = {"List": "list", "Dict": "dict", "Set": "set", "FrozenSet": "frozenset", "Tuple": "tuple"}


class _Reader:
    """Reads one function's statements from the top for as long as what follows is unconditional."""

    def __init__(self, facts: FunctionFacts, source: SourceText, bound: frozenset[str]) -> None:
        self.facts = facts
        self.source = source
        self.bound = bound
        self.rebound = facts.parameters & facts.scope.stores
        self.usable = set(facts.parameters)
        """Parameters that still have the values of the call."""
        if facts.class_name:  # outside the class a mangled name is another one
            self.usable = {name for name in self.usable if name[:2] != "__"}
        self.changed = {root: line for root, _, line in reversed(facts.mutations) if root in facts.parameters}
        self.exits: list[str] = []
        self.clauses: list[Plain] = []

    def read(self, body: list[ast.stmt]) -> list[Plain]:
        for statement in body:
            if not self.statement(statement) or len(self.clauses) >= MAX_CLAUSES:
                break
        return self.clauses

    def statement(self, node: Any) -> bool:
        """Take in one statement; False where nothing that follows is unconditional."""
        kind = node.__class__
        if kind is ast.If:
            return self.guard(node)
        if kind is ast.Return:
            if node.value is not None:
                self.returned(node.value, node.lineno)
            return False
        if kind is ast.Raise:
            return False
        if kind is ast.Assert:
            test = node.test
            if self.pure(test, node.lineno):
                self.add("precondition", self.condition(test, True), node.lineno, "asserted", 0.9)
            return True
        if kind is ast.Expr or kind is ast.Assign or kind is ast.AnnAssign or kind is ast.AugAssign:
            self.forget(node)
            return True
        if leaves(node):
            return False
        self.forget(node)
        return True

    def forget(self, node: ast.stmt) -> None:
        if not self.rebound:
            return
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                self.usable.discard(part.id)

    def guard(self, node: Any) -> bool:
        while True:
            last = node.body[-1]
            kind = last.__class__
            if kind is not ast.Raise and kind is not ast.Return:
                if leaves(node):
                    return False
                self.forget(node)
                return True
            simple = len(node.body) == 1 or not any(leaves(part) for part in node.body[:-1])
            if not simple:
                return False
            if kind is ast.Raise:
                if self.pure(node.test, node.lineno):
                    name = exception_name(last)
                    text = self.condition(node.test, False)
                    self.add("precondition", text, node.lineno, f"raises {name or 'an exception'} otherwise", 0.9)
            elif not self.pure(node.test, node.lineno):
                return False
            else:
                negated = self.condition(node.test, False, after=True)
                value = last.value
                if len(node.body) == 1 and (value is None or self.pure(value, 0)):
                    self.add("postcondition", f"{negated} or {self.equals(value)}", node.lineno, "early return", 0.9)
                self.exits.append(self.condition(node.test, True, after=True))
            rest = node.orelse
            if not rest:
                return True
            if len(rest) == 1 and rest[0].__class__ is ast.If:
                node = rest[0]
                continue
            # The branch above always leaves, so the else branch is what simply follows.
            return all(self.statement(part) for part in rest)

    def returned(self, value: Any, line: int) -> None:
        if self.facts.yields:
            return
        if value.__class__ is ast.Constant and not self.exits and len(self.facts.node.body) > 2:
            return
        if self.pure(value, 0):
            self.add("postcondition", self.equals(value), line, "returned", 0.9)

    def equals(self, value: Any) -> str:
        if value is None:
            return "result is None"
        if value.__class__ is ast.Constant and (value.value is None or value.value.__class__ is bool):
            return f"result is {value.value}"
        text = self.source.segment(value)
        return f"result == {text}" if value.__class__ in _ATOMS else f"result == ({text})"

    def condition(self, test: Any, holds: bool, after: bool = False) -> str:
        """The text of a test or of its negation; parameters that change later stand for their old values."""
        if not holds and test.__class__ is ast.UnaryOp and test.op.__class__ is ast.Not:
            test, holds = test.operand, True
        if after and self.changed:
            text = ast.unparse(_Old(set(self.changed)).visit(ast.parse(self.source.segment(test), mode="eval")))
        else:
            text = self.source.segment(test)
        if not holds:
            return f"not ({text})"
        return f"({text})" if test.__class__ in (ast.BoolOp, ast.IfExp, ast.Lambda) else text

    def add(self, kind: str, text: str, line: int, why: str, confidence: float) -> None:
        predicate = " or ".join([*self.exits, text])
        if len(predicate) <= MAX_PREDICATE:
            self.clauses.append(clause(kind, predicate, why, line, confidence))

    def pure(self, expression: ast.expr, line: int) -> bool:
        """Whether it speaks of usable parameters, literals and builtins only, and changes nothing.

        `line` is where it is evaluated (0: on leaving, when changes made to parameters have been made).
        """
        usable, changed = self.usable, self.changed
        stack: list[Any] = [expression]
        while stack:
            node = stack.pop()
            kind = node.__class__
            if kind is ast.Name:
                name = node.id
                if name in usable:
                    if line and name in changed and changed[name] < line:
                        return False
                elif name not in PURE_BUILTINS or name in self.bound or name in self.facts.scope.stores:
                    return False
            elif kind is ast.Call:
                function = node.func
                if function.__class__ is ast.Attribute:
                    if function.attr not in _PURE_METHODS:
                        return False
                    stack.append(function.value)
                elif function.__class__ is ast.Name and function.id in PURE_BUILTINS:
                    stack.append(function)
                else:
                    return False
                stack.extend(node.args)
                stack.extend([keyword.value for keyword in node.keywords])
            elif kind is ast.Attribute:
                stack.append(node.value)
            elif kind in _PURE_NODES:
                stack.extend([c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)])
            else:
                return False
        return True


_ATOMS = frozenset({ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict, ast.Set})


class _Old(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.names:
            return node
        return ast.Call(func=ast.Name(id="old", ctx=ast.Load()), args=[node], keywords=[])


def leaves(node: ast.stmt) -> bool:
    """Whether a statement may return from the function."""
    kind = node.__class__
    if kind is ast.Return:
        return True
    if kind is ast.FunctionDef or kind is ast.AsyncFunctionDef or kind is ast.ClassDef:
        return False
    for field in ("body", "orelse", "finalbody"):
        for part in getattr(node, field, ()):
            if leaves(part):
                return True
    for handler in getattr(node, "handlers", ()):
        if any(map(leaves, handler.body)):
            return True
    return any(leaves(part) for case in getattr(node, "cases", ()) for part in case.body)


def exception_name(node: ast.Raise) -> str:
    value = node.exc
    if isinstance(value, ast.Call):
        value = value.func
    if isinstance(value, ast.Attribute):
        return value.attr
    return value.id if isinstance(value, ast.Name) else ""


def clause(kind: str, predicate: str, why: str, line: int, confidence: float) -> Plain:
    provenance = {"source": "static", "confidence": confidence, "evidence": (f"line {line}",)}
    return {"kind": kind, "predicate": predicate, "rationale": why, "provenance": provenance}


def assertions(facts: FunctionFacts, source: SourceText, bound: frozenset[str]) -> list[Plain]:
    """The clauses of one function, in source order, then the one its return annotation states.

    `bound` are the names that the module binds: they hide the builtins of the same name.
    """
    node = facts.node
    body = node.body
    clauses: list[Plain] = []
    if facts.parameters and body[-1 if len(body) == 1 else 0].__class__ is not ast.Pass:
        clauses = _Reader(facts, source, bound).read(body)
    if node.returns is not None and not facts.yields and node.__class__ is ast.FunctionDef:
        predicate = type_predicate(node.returns, bound)
        if predicate:
            clauses.append(clause("postcondition", predicate, "return annotation", node.lineno, 0.6))
    return clauses


def type_predicate(annotation: ast.expr, bound: frozenset[str]) -> str | None:
    """What a return annotation says of `result`, where `isinstance` can say it."""
    if isinstance(annotation, ast.Constant):
        return "result is None" if annotation.value is None else None
    classes = _classes(annotation, bound)
    if not classes:
        return None
    names = sorted(classes - {"None"})
    if not names:
        return "result is None"
    check = f"isinstance(result, {names[0] if len(names) == 1 else '(' + ', '.join(names) + ')'})"
    return f"result is None or {check}" if "None" in classes else check


def _classes(node: ast.expr, bound: frozenset[str]) -> set[str] | None:
    if isinstance(node, ast.Constant):
        return {"None"} if node.value is None else None
    if isinstance(node, ast.Name):
        if node.id == "float" and "float" not in bound:
            return {"float", "int"}
        name = _GENERIC.get(node.id, node.id)
        return {name} if name in _TYPES and name not in bound else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        left, right = _classes(node.left, bound), _classes(node.right, bound)
        return left | right if left and right else None
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id == "Optional":
            inner = _classes(node.slice, bound)
            return inner | {"None"} if inner else None
        if node.value.id == "Union" and isinstance(node.slice, ast.Tuple):
            parts = [_classes(part, bound) for part in node.slice.elts]
            return set().union(*(part or set() for part in parts)) if all(parts) else None
        return _classes(node.value, bound)
    return None
