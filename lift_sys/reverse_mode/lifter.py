"""Static lifting: a function's syntax tree and facts become its intermediate representation.

The worker processes pass IRs on as plain values (dicts in the shape of the models); `to_ir` makes the model.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any

from lift_sys.ir.models import EffectKind, IntermediateRepresentation
from lift_sys.reverse_mode import effects
from lift_sys.reverse_mode.doc_sections import parameter_descriptions, summary
from lift_sys.reverse_mode.facts import FunctionFacts, ModuleFacts, mangled
from lift_sys.reverse_mode.module_visit import gather
from lift_sys.reverse_mode.source_text import SourceText, parse
from lift_sys.reverse_mode.static_assertions import PURE_BUILTINS, assertions

Plain = dict[str, Any]
ORIGIN = "static"
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_BUILTINS = frozenset(dir(builtins))
_EXCEPTIONS = frozenset(name for name in _BUILTINS if name[0].isupper())
_HARMLESS = PURE_BUILTINS | _EXCEPTIONS | {"iter", "next", "hasattr", "getattr", "map", "filter", "object", "super"}
_STDLIB = sys.stdlib_module_names
_TYPE_HOLE = {"type_hint": "type", "kind": "signature"}


class LiftedModule:
    """A parsed module with everything that lifting and slicing need of it."""

    def __init__(self, text: str, module: str = "", path: str | None = None, is_package: bool = False) -> None:
        """Raises:
        UnusableFile: the text can't be parsed.
        RecursionError: it is nested too deeply to be visited.
        """
        self.module = module
        self.path = path
        self.package = module if is_package else module.rpartition(".")[0]
        self.source = SourceText(text)
        self.facts: ModuleFacts = gather(parse(text))
        self.bound: frozenset[str] = frozenset().union(*(unit.binds for unit in self.facts.units))
        self.aliases: dict[str, str] = {}
        for unit in self.facts.units:
            if unit.imports:
                self.aliases.update(alias_table(unit.imports, self.package))
        self.risky = effects.effectful(self.aliases)


def alias_table(imports: list[ast.Import | ast.ImportFrom], package: str) -> dict[str, str]:
    """What each imported name stands for, as a dotted name (relative imports made absolute)."""
    table: dict[str, str] = {}
    node: Any
    for node in imports:
        if node.__class__ is ast.Import:
            for alias in node.names:
                if alias.asname:
                    table[alias.asname] = alias.name
                else:
                    root = alias.name.partition(".")[0]
                    table[root] = root
        else:
            base = absolute(node, package)
            for alias in node.names:
                table[alias.asname or alias.name] = f"{base}.{alias.name}"
    return table


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that a `from ... import` names (`package` is where it stands)."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    parts = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
    return ".".join([*parts, node.module] if node.module else parts)


def lift_function(facts: FunctionFacts, module: LiftedModule, docstring: str | None) -> Plain:
    """The IR of one function as a plain value.

    `docstring` is the cleaned docstring, or None.
    """
    source = module.source.segment
    described = parameter_descriptions(docstring) if docstring else {}
    signature, holes = _signature(facts, source, described)
    found = _effects(facts, module)
    return {
        "intent": _intent(facts, docstring),
        "signature": {
            "name": facts.node.name,
            "parameters": signature,
            "returns": source(facts.node.returns) if facts.node.returns is not None else None,
            "holes": holes,
            "provenance": {"source": "static", "evidence": (f"line {facts.node.lineno}",)},
        },
        "effects": found,
        "assertions": assertions(facts, module.source, module.bound),
        "constraints": _constraints(facts, module, found),
        "metadata": {"source_path": module.path, "language": "python", "origin": ORIGIN},
    }


def to_ir(plain: Plain) -> IntermediateRepresentation:
    return IntermediateRepresentation.model_validate(plain)


def lift_source(text: str, *, path: str | None = None) -> list[tuple[str, IntermediateRepresentation]]:
    """Every function of a module's text, by qualified name, in source order.

    Raises:
        UnusableFile: the text can't be parsed.
    """
    module = LiftedModule(text, path=path)
    return [
        (facts.qualname, to_ir(lift_function(facts, module, docstring_of(facts.node))))
        for facts in module.facts.functions
    ]


def docstring_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """The docstring, cleaned of indentation; lone surrogates, which no file can hold, are escaped."""
    first: Any = node.body[0]
    if first.__class__ is not ast.Expr or first.value.__class__ is not ast.Constant:
        return None
    text = first.value.value
    if text.__class__ is not str:
        return None
    if "\n" in text or "\t" in text or text[:1] == " ":
        text = inspect.cleandoc(text)
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    return str(text)


def _intent(facts: FunctionFacts, docstring: str | None) -> Plain:
    line = facts.node.lineno
    if docstring:
        text = summary(docstring)
        if text:
            provenance = {"source": "docstring", "confidence": 0.9, "evidence": (f"line {line}",)}
            return {"summary": text, "provenance": provenance}
    name = facts.node.name
    words = " ".join(_WORDS.findall(name)) or name
    hole = {
        "identifier": "intent",
        "type_hint": "str",
        "description": f"what {name} is for: it has no docstring",
        "kind": "intent",
    }
    provenance = {"source": "inferred", "confidence": 0.3, "evidence": (f"line {line}",)}
    return {"summary": words[:1].upper() + words[1:], "holes": (hole,), "provenance": provenance}


def _signature(
    facts: FunctionFacts, source: Callable[[ast.expr], str], described: dict[str, str]
) -> tuple[list[Plain], list[Plain]]:
    node = facts.node
    arguments = node.args
    parameters: list[Plain] = []
    holes: list[Plain] = []
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    kind, only = "positional_only", len(arguments.posonlyargs)
    for index, argument in enumerate(positional):
        if index == only:
            kind = "positional_or_keyword"
        parameters.append(_parameter(argument, defaults[index], kind, source, described))
    if arguments.vararg is not None:
        parameters.append(_parameter(arguments.vararg, None, "var_positional", source, described))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append(_parameter(argument, default, "keyword_only", source, described))
    if arguments.kwarg is not None:
        parameters.append(_parameter(arguments.kwarg, None, "var_keyword", source, described))
    if facts.class_name:
        for parameter in parameters:
            if parameter["name"][:2] == "__":
                parameter["name"] = mangled(parameter["name"], facts.class_name)
    receiver = 1 if facts.in_class and positional and not is_static(node) else 0
    for parameter in parameters[receiver:]:
        if "type_hint" not in parameter:
            name = parameter["name"]
            holes.append({"identifier": name, "description": f"type of the parameter {name}", **_TYPE_HOLE})
    if node.returns is None:
        holes.append({"identifier": "returns", "description": "type of the result", **_TYPE_HOLE})
    return parameters, holes


def _parameter(
    argument: ast.arg,
    default: ast.expr | None,
    kind: str,
    source: Callable[[ast.expr], str],
    described: dict[str, str],
) -> Plain:
    name = argument.arg
    plain: Plain = {"name": name, "kind": kind}  # what is not known is left out: records stay small
    if argument.annotation is not None:
        plain["type_hint"] = source(argument.annotation)
    if default is not None:
        plain["default"] = source(default)
    if name in described:
        plain["description"] = described[name]
        plain["provenance"] = {"source": "docstring", "confidence": 0.9}
    return plain


def is_static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)


def _effect(kind: str, description: str, lines: tuple[int, ...], confidence: float = 1.0) -> Plain:
    evidence = tuple([f"line {line}" for line in lines])
    provenance = {"source": "static", "confidence": confidence, "evidence": evidence}
    return {"kind": kind, "description": description, "provenance": provenance}


def outside_effects(facts: FunctionFacts, module: LiftedModule) -> list[effects.Found]:
    """What the function does to or reads from the outside world, found in its own statements."""
    free, risky = facts.free, module.risky
    if facts.imports:
        local = effects.effectful(alias_table(facts.imports, module.package))
        if local:
            risky, free = {**risky, **local}, free | local.keys()
    return effects.find(facts, free, risky, module.bound)


def _effects(facts: FunctionFacts, module: LiftedModule) -> list[Plain]:
    found: list[Plain] = []
    if facts.raises:
        lines: dict[str, list[int]] = {}
        for name, line in facts.raises:
            lines.setdefault(name, []).append(line)
        found.extend(_effect("raises", name, tuple(at)) for name, at in lines.items())
    outside = outside_effects(facts, module)
    if outside:
        seen: dict[tuple[EffectKind, str], list[int]] = {}
        for kind, what, line in sorted(outside, key=_by_line):
            seen.setdefault((kind, what), []).append(line)
        for (kind, what), at in seen.items():
            found.append(_effect(kind, f"uses {what}", tuple(at), 0.6 if what[0] == "." else 1.0))
    if facts.global_stores or facts.mutations:
        for name, line in effects.global_changes(facts, module.bound):
            found.append(_effect("global_state", f"changes {name}", (line,), 0.9))
        for name, (how, line) in effects.mutated_parameters(facts).items():
            sure = 0.5 if name in facts.scope.stores else 0.9
            found.append(_effect("argument_mutation", f"changes {name} ({how})", (line,), sure))
    if facts.yields:
        found.append(_effect("generator", "yields values", (facts.node.lineno,)))
    if facts.node.__class__ is ast.AsyncFunctionDef:
        found.append(_effect("async", "is a coroutine", (facts.node.lineno,)))
    return found


def _by_line(item: effects.Found) -> tuple[int, str, str]:
    return item[2], item[0], item[1]


_PURE: Plain = {
    "description": "depends on its arguments only and changes nothing else",
    "provenance": {"source": "static", "confidence": 0.7},
}
_STDLIB_ONLY: Plain = {
    "description": "needs the standard library only",
    "provenance": {"source": "static", "confidence": 0.9},
}


def _constraints(facts: FunctionFacts, module: LiftedModule, found: list[Plain]) -> list[Plain]:
    """Constraints that hold by what the code names: the standard library only, and purity."""
    stdlib = True
    pure = not facts.imports
    for name in facts.free:
        dotted = module.aliases.get(name)
        if dotted is not None:
            pure = False
            if dotted.partition(".")[0] not in _STDLIB:
                stdlib = False
        elif name in module.bound:
            pure = stdlib = False
        elif name not in _HARMLESS:
            pure = False
    node: Any
    for node in facts.imports:
        modules = [a.name for a in node.names] if node.__class__ is ast.Import else [absolute(node, module.package)]
        if any(m.partition(".")[0] not in _STDLIB for m in modules):
            stdlib = False
    constraints = [_STDLIB_ONLY] if stdlib else []
    if pure and not facts.in_class and all(effect["kind"] == "raises" for effect in found):
        constraints.append(_PURE)
    return constraints
