"""Extraction: every function of a file with its metadata, its slice and its IR, or a typed reason why not."""

from __future__ import annotations

import ast
import re
from typing import Any

from lift_sys.data_synthesis.context_slices import context_method, context_slice, requirements_of
from lift_sys.data_synthesis.module_index import ModuleIndex
from lift_sys.data_synthesis.phrasing import word_set
from lift_sys.data_synthesis.pieces import SliceModule
from lift_sys.data_synthesis.slice_plan import Stop
from lift_sys.data_synthesis.slicing import slice_function, slice_method
from lift_sys.records import RejectionReason
from lift_sys.reverse_mode.facts import FunctionFacts
from lift_sys.reverse_mode.lifter import LiftedModule, docstring_of, lift_function
from lift_sys.reverse_mode.source_text import UnusableFile, decode

Plain = dict[str, Any]
_TEST_PATH = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_tests?|conftest)\.py$")
_KINDS = {"staticmethod": "staticmethod", "classmethod": "classmethod", "property": "property"}
_MANAGED = ("contextmanager", "asynccontextmanager", "fixture", "hookimpl", "coroutine")
"""Decorators that make something other than an iterator of a generator function."""
_UNBOUND = ("staticmethod",)
_UNCALLED = word_set(
    """
    __init__ __new__ __post_init__ __del__ __init_subclass__ __class_getitem__ __set_name__ __enter__ __exit__
    __getattr__ __getattribute__ __setattr__ __delattr__ __reduce__ __reduce_ex__ __getstate__ __setstate__
    """
)
"""Methods that are not called for their result."""
_PROPERTIES = (".setter", ".getter", ".deleter", "cached_property")


def is_test_path(path: str) -> bool:
    return _TEST_PATH.search(path) is not None


def read_module(index: ModuleIndex, path: str, data: bytes) -> LiftedModule:
    """Parse a file and make it known to the index, so that slices of other files find it there.

    Raises:
        UnusableFile: it can't be decoded, parsed or visited.
    """
    try:
        lifted = LiftedModule(decode(data), index.names[path], path, index.is_package(path))
    except RecursionError:
        raise UnusableFile(RejectionReason.PARSER_LIMIT, "nested too deeply to be read") from None
    index.put(path, lifted)
    return lifted


def extract_module(index: ModuleIndex, lifted: LiftedModule, repository: str) -> Plain:
    """Everything that one file yields, as plain values: `functions`, `rejections`, and `mentions`.

    `functions` are pairs of a `Function` and its IR (None where lifting failed); `mentions` are, for test code,
    the names that each function mentions.
    """
    path = lifted.path or ""
    slices = index.module_of(lifted)
    tests = is_test_path(path)
    functions, rejections = [], []
    for facts in lifted.facts.functions:
        function = _function(facts, lifted, repository)
        try:
            ir = lift_function(facts, lifted, function["docstring"])
        except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
            ir = None  # a fault of the lifter's own is data, too: the function stays, without an IR
            detail = f"{type(error).__name__}: {error}"[:200]
            rejections.append(
                _rejection(path, repository, RejectionReason.LIFT_FAILED, detail, facts.node.lineno, facts.qualname)
            )
        _slice(function, facts, index, slices, tests)
        functions.append((function, ir))
    mentions = _mentions(lifted) if tests else []
    for facts in lifted.facts.functions:  # no cycles are left behind, so nothing waits for the collector
        facts.parent = None
        facts.children.clear()
    return {"path": path, "functions": functions, "rejections": rejections, "mentions": mentions}


def failed_file(path: str, repository: str, reason: RejectionReason, detail: str, line: int | None = None) -> Plain:
    rejection = _rejection(path, repository, reason, detail, line, None)
    return {"path": path, "functions": [], "rejections": [rejection], "mentions": []}


def _rejection(
    path: str, repository: str, reason: RejectionReason, detail: str, line: int | None, qualname: str | None
) -> Plain:
    return {
        "stage": "extract" if qualname is None else "lift",
        "reason": reason.value,
        "detail": detail,
        "repository": repository,
        "path": path,
        "qualname": qualname,
        "lineno": line,
    }


def _mentions(lifted: LiftedModule) -> list[tuple[int, list[str]]]:
    return [
        (facts.node.lineno, sorted(facts.free | facts.attributes))
        for facts in lifted.facts.functions
        if facts.parent is None
    ]


def _function(facts: FunctionFacts, lifted: LiftedModule, repository: str) -> Plain:
    node = facts.node
    decorators = node.decorator_list
    first = decorators[0].lineno if decorators else node.lineno
    last = node.end_lineno or node.lineno
    segment = lifted.source.segment
    names = tuple([segment(decorator) for decorator in decorators]) if decorators else ()
    kind = "function"
    if facts.in_class:
        kind = "method"
        for name in names:
            kind = _KINDS.get(name, "property" if name.endswith(_PROPERTIES) else kind)
    elif facts.parent is not None:
        kind = "nested"
    imports = sorted({lifted.aliases[name] for name in facts.free if name in lifted.aliases})
    return {
        "repository": repository,
        "path": lifted.path,
        "module": lifted.module,
        "qualname": facts.qualname,
        "name": node.name,
        "kind": kind,
        "lineno": first,
        "end_lineno": last,
        "is_async": node.__class__ is ast.AsyncFunctionDef,
        "is_generator": facts.yields,
        "decorators": names,
        "docstring": docstring_of(node),
        "has_hints": _has_hints(facts),
        "complexity": 1 + facts.branches,
        "statements": facts.statements,
        "imports": imports,
        "local_imports": _local_imports(facts) if facts.imports else (),
        "source": lifted.source.lines(first, last),
        "slice": None,
        "obstacle": None,
    }


def _local_imports(facts: FunctionFacts) -> list[str]:
    return sorted({ast.unparse(node) for node in facts.imports})


def _has_hints(facts: FunctionFacts) -> bool:
    node = facts.node
    if node.returns is None:
        return False
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    if facts.in_class and plain and plain[0].annotation is None:
        plain = plain[1:]
    plain += arguments.kwonlyargs
    plain += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return all(argument.annotation is not None for argument in plain)


def _slice(function: Plain, facts: FunctionFacts, index: ModuleIndex, module: SliceModule, tests: bool) -> None:
    """Put the slice or the obstacle into the function."""
    obstacle = _obstacle(facts, tests, function["decorators"])
    if obstacle is None:
        try:
            function["slice"] = _sliced(facts, index, module)
            return
        except Stop as stop:
            obstacle = (stop.reason, stop.detail)
    function["obstacle"] = {"reason": obstacle[0].value, "detail": obstacle[1]}


def _sliced(facts: FunctionFacts, index: ModuleIndex, module: SliceModule) -> Plain:
    """The slice of a function, or where there is none the function beside its installed package.

    Raises:
        Stop: it can be had in neither way.
    """
    name, lineno = facts.node.name, facts.node.lineno
    owner = facts.qualname.rpartition(".")[0]
    try:
        if owner:
            sliced = slice_method(index, module, owner, name, lineno)
        else:
            sliced = slice_function(index, module, name, lineno)
    except (Stop, RecursionError) as error:
        deep = Stop(RejectionReason.SLICE_TOO_LARGE, "its helpers call each other too deeply")
        stop = error if isinstance(error, Stop) else deep
        if owner:
            beside = context_method(index, module, owner, name, lineno, stop)
        else:
            beside = context_slice(index, module, name, lineno, stop)
        return {"code": beside.code, "entry_point": beside.entry_point, "requirements": beside.requirements}
    return {
        "code": sliced.code,
        "entry_point": sliced.entry_point,
        "includes": sliced.includes,
        "requirements": requirements_of(index, sliced.code),
    }


def _obstacle(facts: FunctionFacts, tests: bool, decorators: tuple[str, ...]) -> tuple[RejectionReason, str] | None:
    """What rules a function out before its names are looked at."""
    if tests or facts.node.name.startswith("test_"):
        return RejectionReason.TEST_CODE, ""
    if facts.parent is not None:
        return RejectionReason.NESTED, f"inside {facts.parent.qualname}"
    if facts.in_class and (why := _unfit_method(facts, decorators)):
        return RejectionReason.METHOD, why
    if facts.node.__class__ is ast.AsyncFunctionDef:
        return RejectionReason.ASYNC, ""
    if facts.yields and any(name.rpartition(".")[2].startswith(_MANAGED) for name in decorators):
        return RejectionReason.GENERATOR, "not called for what it yields"
    if any(name.rpartition(".")[2] == "overload" for name in decorators):
        return RejectionReason.TRIVIAL, "an overload"
    if is_trivial(facts.node):
        return RejectionReason.TRIVIAL, "no statement that does anything"
    return None


def _unfit_method(facts: FunctionFacts, decorators: tuple[str, ...]) -> str:
    """Why a method can't be called for its result ("" where it can)."""
    owner = facts.qualname.rpartition(".")[0]
    if "." in owner:
        return f"of {owner}"
    if facts.node.name in _UNCALLED:
        return "makes or ends its object"
    if any(name.endswith((".setter", ".deleter")) for name in decorators):
        return "is called by an assignment"
    if not any(name in _UNBOUND for name in decorators) and not facts.parameters:
        return "has no parameter for its object"
    return ""


def is_trivial(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a body is nothing but `pass`, `...`, strings and `raise NotImplementedError`."""
    for statement in node.body:
        if isinstance(statement, ast.Pass):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.Raise) and "NotImplementedError" in ast.dump(statement):
            continue
        return False
    return True
