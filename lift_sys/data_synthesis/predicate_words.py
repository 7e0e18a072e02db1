"""Predicates of the IR put in words, by a small grammar; what it has no short wording for is left out."""

from __future__ import annotations

import ast
import re

from lift_sys.data_synthesis.phrasing import an, join

_TYPES = {
    "int": "an integer", "str": "a string", "float": "a float", "bool": "a boolean", "list": "a list",
    "dict": "a dict", "tuple": "a tuple", "set": "a set", "bytes": "bytes", "frozenset": "a frozenset",
    "complex": "a complex number", "NoneType": "`None`", "type(None)": "`None`",
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "equals",
    ast.NotEq: "differs from",
    ast.Lt: "is less than",
    ast.LtE: "is at most",
    ast.Gt: "is greater than",
    ast.GtE: "is at least",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "occurs in",
    ast.NotIn: "does not occur in",
}
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_TESTS = {
    "isdigit": "consists of digits", "isalpha": "consists of letters", "isalnum": "consists of letters and digits",
    "isupper": "is in upper case", "islower": "is in lower case", "isspace": "is whitespace",
    "isidentifier": "is a valid identifier", "isascii": "is ASCII", "is_integer": "is a whole number",
}  # fmt: skip


class _NoWordsError(Exception):
    """The predicate has no short wording."""


def predicate_words(predicate: str, *, never: frozenset[str] = frozenset()) -> str | None:
    """A predicate as an English clause, or None when it has no short one.

    `never` holds expressions (as `ast.dump` texts) that may not be put in words: those that the body returns.
    """
    try:
        tree = ast.parse(predicate.strip(), mode="eval").body
        return _clause(tree, never)
    except (SyntaxError, ValueError, RecursionError, MemoryError, _NoWordsError):
        return None


def _clause(node: ast.expr, never: frozenset[str], depth: int = 0) -> str:
    if ast.dump(node) in never or depth > 3:
        raise _NoWordsError
    if isinstance(node, ast.BoolOp):
        if isinstance(node.op, ast.Or) and len(node.values) == 2 and _is_not(node.values[0]):
            condition = _clause(node.values[0].operand, never, depth + 1)  # type: ignore[attr-defined]
            return f"if {condition}, {_clause(node.values[1], never, depth + 1)}"
        if isinstance(node.op, ast.Or) and len(node.values) == 2 and ast.unparse(node.values[0]) == "result is None":
            return f"unless the result is `None`, {_clause(node.values[1], never, depth + 1)}"
        if isinstance(node.op, ast.Or) and (told := _conditional(node.values, never, depth)):
            return told
        parts = [_clause(value, never, depth + 1) for value in node.values]
        if len(parts) > 3 or any(" and " in part or " or " in part for part in parts):
            raise _NoWordsError
        return join(parts, "and" if isinstance(node.op, ast.And) else "or")
    if isinstance(node, ast.Compare):
        return _comparison(node, never)
    if isinstance(node, ast.Call):
        return _call_clause(node, never, depth)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _negated(node.operand, never)
    if isinstance(node, ast.Name) and node.id != "result":
        return f"`{node.id}` is truthy"
    raise _NoWordsError


def _conditional(values: list[ast.expr], never: frozenset[str], depth: int) -> str | None:
    """`x or result == y` as "if `x` is falsy, ...": what holds of the result where every earlier part fails."""
    *conditions, last = values
    if "the result" not in (told := _clause(last, never, depth + 1)) or len(conditions) > 2:
        return None
    try:
        parts = [_negated(condition, never) for condition in conditions]
    except _NoWordsError:
        return None
    if any("the result" in part or " and " in part or " or " in part for part in parts):
        return None
    return f"if {join(parts)}, {told}"


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _negated(node: ast.expr, never: frozenset[str]) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        return _call_clause(node, never, 0).replace(" is ", " is not ", 1)
    if isinstance(node, ast.Name):
        return f"`{node.id}` is falsy"
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
        return _comparison(ast.Compare(node.left, [_OPPOSITE[type(node.ops[0])]()], node.comparators), never)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _clause(node.operand, never, 1)
    if isinstance(node, ast.BoolOp):  # De Morgan
        opposite = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        values: list[ast.expr] = [ast.UnaryOp(ast.Not(), value) for value in node.values]
        return _clause(ast.BoolOp(opposite, values), never, 1)
    raise _NoWordsError


def _comparison(node: ast.Compare, never: frozenset[str]) -> str:
    operands, kinds = [node.left, *node.comparators], [type(op) for op in node.ops]
    if any(ast.dump(operand) in never for operand in operands):
        raise _NoWordsError
    if len(kinds) == 2:
        if not all(kind in (ast.Lt, ast.LtE) for kind in kinds):
            raise _NoWordsError
        low, middle, high = map(_phrase, operands)
        ends = {(True, True): " inclusive", (False, False): " exclusive"}.get(
            (kinds[0] is ast.LtE, kinds[1] is ast.LtE)
        )
        if ends is None:
            low_words = "at least" if kinds[0] is ast.LtE else "greater than"
            return f"{middle} is {low_words} {low} and {_COMPARISONS[kinds[1]][3:]} {high}"
        return f"{middle} is between {low} and {high}{ends}"
    if len(kinds) != 1:
        raise _NoWordsError
    left, right, kind = operands[0], operands[1], kinds[0]
    if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant) and kind in _FLIPPED:
        left, right, kind = right, left, _FLIPPED[kind]
    return _special(left, right, kind) or f"{_phrase(left)} {_COMPARISONS[kind]} {_phrase(right)}"


def _special(left: ast.expr, right: ast.expr, kind: type[ast.cmpop]) -> str | None:
    value = right.value if isinstance(right, ast.Constant) else ...
    if isinstance(left, ast.Call) and called(left) == "type" and isinstance(right, ast.Name):
        if kind in (ast.Is, ast.Eq):
            return f"{_phrase(left.args[0])} is {_type_words(right)}"
        return None
    if isinstance(left, ast.Call) and called(left) == "len" and len(left.args) == 1:
        thing = _phrase(left.args[0])
        if (kind, value) in ((ast.Eq, 0), (ast.LtE, 0), (ast.Lt, 1)):
            return f"{thing} is empty"
        if (kind, value) in ((ast.Gt, 0), (ast.NotEq, 0), (ast.GtE, 1)):
            return f"{thing} is not empty"
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value == 0:
        words = {ast.GtE: "is not negative", ast.Gt: "is positive", ast.Lt: "is negative", ast.NotEq: "is not zero"}
        return f"{_phrase(left)} {words[kind]}" if kind in words else None
    if kind in (ast.In, ast.NotIn) and isinstance(right, (ast.Set, ast.Tuple, ast.List)):
        if not all(isinstance(item, ast.Constant) for item in right.elts) or not 1 <= len(right.elts) <= 8:
            raise _NoWordsError
        values = sorted({_phrase(item) for item in right.elts})
        verb = "is" if kind is ast.In else "is not"
        return f"{_phrase(left)} {verb} {'one of ' if len(values) > 1 else ''}{join(values, 'or')}"
    return None


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _type_words(node: ast.expr) -> str:
    if isinstance(node, ast.Tuple):
        return join([_type_words(item) for item in node.elts], "or")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{_type_words(node.left)} or {_type_words(node.right)}"
    name = ast.unparse(node)
    if not re.fullmatch(r"[\w.]+|type\(None\)", name):
        raise _NoWordsError
    short = name.rsplit(".", 1)[-1]
    return _TYPES.get(name) or f"{an(short)} `{short}`"


def _call_clause(node: ast.Call, never: frozenset[str], depth: int) -> str:
    name = called(node)
    if name == "isinstance" and len(node.args) == 2:
        return f"{_phrase(node.args[0])} is {_type_words(node.args[1])}"
    if name == "callable" and len(node.args) == 1:
        return f"{_phrase(node.args[0])} is callable"
    if name == "all" and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        return _every(node.args[0], never, depth)
    if isinstance(node.func, ast.Attribute) and not node.keywords:
        owner = _phrase(node.func.value)
        if node.func.attr in _TESTS and not node.args:
            return f"{owner} {_TESTS[node.func.attr]}"
        if node.func.attr in ("startswith", "endswith") and len(node.args) == 1:
            verb = "starts with" if node.func.attr == "startswith" else "ends with"
            return f"{owner} {verb} {_phrase(node.args[0])}"
    raise _NoWordsError


def _every(node: ast.GeneratorExp, never: frozenset[str], depth: int) -> str:
    loop = node.generators[0]
    if len(node.generators) > 1 or loop.ifs or loop.is_async or not isinstance(loop.target, ast.Name):
        raise _NoWordsError
    clause = _clause(node.elt, never, depth + 1)
    item = f"`{loop.target.id}`"
    if clause.count(item) != 1 or not clause.startswith(item):
        raise _NoWordsError
    return f"every element of {_phrase(loop.iter)}{clause.removeprefix(item)}"


def _phrase(node: ast.expr) -> str:
    """A noun phrase for an expression that is simple enough to have one."""
    if isinstance(node, ast.Name):
        return "the result" if node.id == "result" else f"`{node.id}`"
    if isinstance(node, ast.Constant):
        text = repr(node.value)
        if len(text) > 40:
            raise _NoWordsError
        return text if isinstance(node.value, (int, float)) and not isinstance(node.value, bool) else f"`{text}`"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return f"-{_phrase(node.operand)}"
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        words = {
            "len": "the length of {}", "old": "the original {}", "abs": "the absolute value of {}",
            "min": "the smallest element of {}", "max": "the largest element of {}", "sum": "the sum of {}",
            "set": "the set of elements of {}", "sorted": "the sorted {}",
        }.get(called(node))  # fmt: skip
        if words:
            return words.format(_phrase(node.args[0]))
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == 0:
        return f"the first element of {_phrase(node.value)}"
    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "-1":
        return f"the last element of {_phrase(node.value)}"
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and isinstance(node.right.value, int):
        signs = {ast.Add: "plus", ast.Sub: "minus"}
        if type(node.op) in signs:
            return f"{_phrase(node.left)} {signs[type(node.op)]} {node.right.value}"
    raise _NoWordsError
