"""A proof, by reading its source, that a candidate can keep nothing from one call to the next.

Where there is nothing to keep state in, a fresh process for each call answers as one process for all does, and need
not be started. The proof is a whitelist: top-level functions over plain values, with immutable constants, names that
are bound in the source or known to be harmless, no attribute that is set, none that leads to a frame, a module or a
dictionary of globals. Whatever is not known to be harmless is not proved, and then the processes are started.

The library keeps state of its own, so what shows it is left out too: ABC's `register`, whether `re` or `typing` has
cached a pattern or a hint, and through `str.format` the attributes of any object.
"""

from __future__ import annotations

import ast
import builtins
import re

from lift_sys.sandbox.identity import sees_no_address

LONGEST_SOURCE = 20_000

_NAMES = (
    "abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float format frozenset "
    "hex int isinstance issubclass iter len list map max min next oct ord pow print range repr reversed round "
    "set slice sorted str sum tuple zip True False None NotImplemented Ellipsis"
)
_BUILTINS = frozenset(_NAMES.split()) | {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, Exception)
}
_OTHER_BUILTINS = frozenset(dir(builtins)) - _BUILTINS
_MODULES = {
    "math": "acos asin atan atan2 ceil comb copysign cos degrees dist e exp fabs factorial floor fmod frexp fsum gcd "
    "hypot inf isclose isfinite isinf isnan isqrt lcm ldexp log log10 log1p log2 modf nan perm pi pow prod radians "
    "sin sqrt tan tanh tau trunc",
    "re": "A ASCII DOTALL I IGNORECASE M MULTILINE S X VERBOSE compile escape findall finditer fullmatch match "
    "search split sub subn",
    "typing": "Any Callable Dict FrozenSet Generator Iterable Iterator List Literal Mapping Optional Sequence Set "
    "Tuple Type Union",
    "collections": "Counter OrderedDict defaultdict deque",
    "itertools": "accumulate batched chain combinations combinations_with_replacement compress count cycle dropwhile "
    "filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
    "functools": "cmp_to_key partial reduce",
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits punctuation whitespace",
    "copy": "copy deepcopy",
    "hashlib": "md5 sha1 sha224 sha256 sha384 sha512",
    "fractions": "Fraction",
}
_EXPORTS = {module: frozenset(names.split()) for module, names in _MODULES.items()}
# Attributes of frames, tracebacks, code and coroutines; their objects lead to globals.
_LEADING = ("_", "gi_", "f_", "tb_", "cr_", "ag_", "co_", "func_")
_SHARED = frozenset({"register"})  # changes a class that all calls share
_FORMATS = frozenset({"format", "format_map"})
_FORMAT_OF_ATTRIBUTE = re.compile(r"\{[^{}:!]*[.\[]")
# How many arguments of a function of `re` come before its flags. A flag that is no plain flag (2.0 for 2) works
# only where the cache holds the pattern already.
_BEFORE_FLAGS = {"compile": 1, "escape": 1, "split": 3, "sub": 4, "subn": 4}
_FLAGS = frozenset({"A", "ASCII", "DOTALL", "I", "IGNORECASE", "M", "MULTILINE", "S", "X", "VERBOSE"})
_NODES = (
    ast.Module,
    ast.FunctionDef,
    ast.Return,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.For,
    ast.While,
    ast.If,
    ast.Raise,
    ast.Try,
    ast.Assert,
    ast.Import,
    ast.ImportFrom,
    ast.alias,
    ast.Expr,
    ast.Pass,
    ast.Break,
    ast.Continue,
    ast.Delete,
    ast.Nonlocal,
    ast.ExceptHandler,
    ast.arguments,
    ast.arg,
    ast.keyword,
    ast.comprehension,
    ast.boolop,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
    ast.expr_context,
    ast.expr,
)
_HINT_NODES = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.BinOp,
    ast.BitOr,
    ast.Load,
)


class _Unproved(Exception):
    pass


def is_stateless(source: str) -> bool:
    """Whether the code is shown to keep nothing between calls. False says nothing."""
    if len(source) > LONGEST_SOURCE:
        return False
    try:
        tree = ast.parse(source)
        for statement in tree.body:
            _top_level(statement)
        nodes = list(ast.walk(tree))
        bound = _bound(nodes)
        if not bound.isdisjoint(_OTHER_BUILTINS):  # where it is not bound, such a name is the builtin
            return False
        modules = _imported(nodes)
        _check(nodes, modules, bound | _BUILTINS)
        _check_library(nodes, modules)
        return sees_no_address(tree)
    except (_Unproved, SyntaxError, ValueError, MemoryError, RecursionError):
        return False


def _top_level(statement: ast.stmt) -> None:
    """Functions, imports and immutable constants: what runs once must leave nothing that can change."""
    match statement:
        case ast.FunctionDef(args=arguments):
            for default in (*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)):
                _immutable(default)
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
            for hint in (statement.returns, *(a.annotation for a in every)):
                _hint(hint)
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()):
            pass
        case ast.Assign(targets=[ast.Name()], value=value):
            _immutable(value)
        case ast.AnnAssign(target=ast.Name(), annotation=hint, value=ast.expr() as value):
            _hint(hint)
            _immutable(value)
        case _:
            raise _Unproved


def _hint(node: ast.expr | None) -> None:
    """A type hint is executed too: it may name and index, and bind nothing."""
    if node is not None and not all(isinstance(part, _HINT_NODES) for part in ast.walk(node)):
        raise _Unproved


def _immutable(node: ast.expr) -> None:
    match node:
        case ast.Constant():
            return
        case ast.UnaryOp(operand=operand):
            _immutable(operand)
        case ast.BinOp(left=left, right=right):
            _immutable(left)
            _immutable(right)
        case ast.Tuple(elts=items):
            for item in items:
                _immutable(item)
        case _:
            raise _Unproved


def _imported(nodes: list[ast.AST]) -> dict[str, str]:
    """Names of modules: what they are called in the source -> what they are."""
    modules: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for item in node.names:
                if item.name not in _EXPORTS:
                    raise _Unproved
                modules[item.asname or item.name] = item.name
        elif isinstance(node, ast.ImportFrom):
            exports = _EXPORTS.get(node.module or "", frozenset())
            if node.level or any(item.name not in exports for item in node.names):
                raise _Unproved
    return modules


def _bound(nodes: list[ast.AST]) -> set[str]:
    """Every name that the source binds somewhere."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names |= {item.asname or item.name for item in node.names}
    return names


def _check(nodes: list[ast.AST], modules: dict[str, str], known: set[str]) -> None:
    direct = set()  # module names that stand before a dot, the one place where they may stand
    for node in nodes:
        if not isinstance(node, _NODES):
            raise _Unproved
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            raise _Unproved
        if isinstance(node, ast.keyword) and node.arg == "file":
            raise _Unproved
        if isinstance(node, ast.Attribute):
            if not isinstance(node.ctx, ast.Load) or node.attr.startswith(_LEADING) or node.attr in _SHARED:
                raise _Unproved
            if isinstance(node.value, ast.Name) and node.value.id in modules:
                if node.attr not in _EXPORTS[modules[node.value.id]]:
                    raise _Unproved
                direct.add(node.value)
    for node in nodes:
        if isinstance(node, ast.Name):
            if node.id in modules and node not in direct:
                raise _Unproved
            if node.id not in modules and (node.id not in known or node.id.startswith("__")):
                raise _Unproved


def _check_library(nodes: list[ast.AST], modules: dict[str, str]) -> None:
    """Nothing may show what the library has kept from an earlier call."""
    typing_names = {name for name, module in modules.items() if module == "typing"}
    in_place: set[ast.AST] = set()  # what of `re` is called, what of `typing` is in a hint
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "typing":
            typing_names |= {item.asname or item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "re":
            raise _Unproved
        elif isinstance(node, ast.Call) and _of_re(node.func, modules):
            _check_flags(node, modules)
            in_place.add(node.func)
        elif isinstance(node, ast.Compare):
            _check_identity(node)
        hint = node.returns if isinstance(node, ast.FunctionDef) else getattr(node, "annotation", None)
        in_place |= set(ast.walk(hint)) if hint is not None else set()
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in typing_names and node not in in_place:
            raise _Unproved
        if isinstance(node, ast.Attribute):
            if node.attr in _FORMATS and not _shows_no_attribute(node.value):
                raise _Unproved
            if _of_re(node, modules) and node.attr not in _FLAGS and node not in in_place:
                raise _Unproved


def _of_re(node: ast.expr, modules: dict[str, str]) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and modules.get(node.value.id) == "re"


def _check_flags(call: ast.Call, modules: dict[str, str]) -> None:
    assert isinstance(call.func, ast.Attribute)
    flags = call.args[_BEFORE_FLAGS.get(call.func.attr, 2) :]
    flags += [keyword.value for keyword in call.keywords if keyword.arg in (None, "flags")]
    while flags:
        flag = flags.pop()
        if isinstance(flag, ast.BinOp) and isinstance(flag.op, ast.BitOr):
            flags += [flag.left, flag.right]
        elif not (isinstance(flag, ast.Attribute) and flag.attr in _FLAGS and _of_re(flag, modules)):
            raise _Unproved
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        raise _Unproved


def _check_identity(comparison: ast.Compare) -> None:
    """`is` tells a cached object from a new one, so it may ask for None, True, False and Ellipsis alone."""
    sides = [comparison.left, *comparison.comparators]
    for operator, *pair in zip(comparison.ops, sides, sides[1:], strict=False):
        if isinstance(operator, ast.Is | ast.IsNot) and not any(map(_is_single, pair)):
            raise _Unproved


def _is_single(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is ... or node.value in (None, True, False))


def _shows_no_attribute(template: ast.expr) -> bool:
    return (
        isinstance(template, ast.Constant)
        and isinstance(template.value, str)
        and not _FORMAT_OF_ATTRIBUTE.search(template.value)
    )
