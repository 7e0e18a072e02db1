"""The `def` line of a stub and its docstring literal, written and read back without loss."""

from __future__ import annotations

import ast
import keyword
import warnings

from lift_sys.ir import Parameter, Signature
from lift_sys.ir.models import ParameterKind


def header(signature: Signature) -> tuple[str, bool]:
    """The `def` line, and whether it says the signature exactly; if not, it only stands for it."""
    line = f"def {signature.name}({_parameters(signature)}){_returns(signature)}:"
    bare = signature.model_copy(
        update={
            "parameters": tuple(
                p.model_copy(update={"description": None, "provenance": None}) for p in signature.parameters
            ),
            "holes": (),
            "provenance": None,
        }
    )
    distinct = len({parameter.name for parameter in signature.parameters}) == len(signature.parameters)
    try:
        said, _ = read_function(f"{line}\n    ...\n", docstring=False)
        if said == bare and distinct and "__debug__" not in line:
            return line, True
    except ValueError:
        pass
    usable = signature.name.isidentifier() and not keyword.iskeyword(signature.name) and signature.name != "__debug__"
    return f"def {signature.name if usable else '_'}(*args, **kwargs):", False


_NOT_THERE = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)
"""What the grammar admits in a hint or a default and the compiler does not."""


def _returns(signature: Signature) -> str:
    return "" if signature.returns is None else f" -> {signature.returns}"


def _parameters(signature: Signature) -> str:
    parts: list[str] = []
    previous: ParameterKind = "positional_only"
    for parameter in signature.parameters:
        if previous == "positional_only" and parameter.kind != "positional_only" and parts:
            parts.append("/")
        if parameter.kind == "keyword_only" and previous not in ("keyword_only", "var_positional"):
            parts.append("*")
        parts.append(_parameter(parameter))
        previous = parameter.kind
    if parts and previous == "positional_only":
        parts.append("/")
    return ", ".join(parts)


def _parameter(parameter: Parameter) -> str:
    stars = {"var_positional": "*", "var_keyword": "**"}.get(parameter.kind, "")
    hint = "" if parameter.type_hint is None else f": {parameter.type_hint}"
    equals = " = " if hint else "="
    return stars + parameter.name + hint + ("" if parameter.default is None else equals + parameter.default)


def docstring_literal(text: str) -> str:
    """A string literal in triple quotes; printable text stays readable."""
    escaped = text.replace("\\", "\\\\").replace('"""', '""\\"')
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    return f'"""{escaped}"""'


def read_function(text: str, *, docstring: bool = True) -> tuple[Signature, str]:
    """The signature that a stub's `def` line says, source texts as written, and its docstring.

    Raises:
        ValueError: the text is not one function.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes in mined defaults are not ours to judge
            tree = ast.parse(text)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"the stub is no Python: {error}") from None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        raise ValueError("the stub is not one function")
    function = tree.body[0]
    if any(isinstance(node, _NOT_THERE) for node in ast.walk(function)):
        raise ValueError("the stub is no Python that compiles")
    found = ast.get_docstring(function, clean=False)
    if docstring and found is None:
        raise ValueError("the stub has no docstring")
    return _read_signature(function, text), found or ""


def _read_signature(function: ast.FunctionDef, text: str) -> Signature:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    parameters = [
        _read(
            argument,
            default,
            "positional_only" if index < len(arguments.posonlyargs) else "positional_or_keyword",
            text,
        )
        for index, (argument, default) in enumerate(
            zip(positional, [*[None] * missing, *arguments.defaults], strict=True)
        )
    ]
    if arguments.vararg is not None:
        parameters.append(_read(arguments.vararg, None, "var_positional", text))
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append(_read(argument, keyword_default, "keyword_only", text))
    if arguments.kwarg is not None:
        parameters.append(_read(arguments.kwarg, None, "var_keyword", text))
    return Signature(name=function.name, parameters=tuple(parameters), returns=_source(function.returns, text))


def _read(argument: ast.arg, default: ast.expr | None, kind: ParameterKind, text: str) -> Parameter:
    return Parameter(
        name=argument.arg, type_hint=_source(argument.annotation, text), default=_source(default, text), kind=kind
    )


def _source(node: ast.expr | None, text: str) -> str | None:
    return None if node is None else ast.get_source_segment(text, node)
