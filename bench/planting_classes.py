"""Rewritings of a class that keep what its methods do: `bench/planting.py` for tasks whose solution is a class.

Each takes a module's source and the name of a class in it, and returns the new source and the class's name, or None
where it does not apply. Methods call their first parameter `self`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from bench import planting
from bench.planting import Planted, Transform


def methods(code: str, owner: str) -> list[str]:
    """The methods that a row may be about."""
    return [node.name for node in _functions(_parse(code, owner)[1]) if not node.name.startswith("_")]


def _parse(code: str, owner: str) -> tuple[ast.Module, ast.ClassDef]:
    module = ast.parse(code)
    return module, next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == owner)


def _functions(holder: ast.ClassDef | ast.Module) -> list[ast.FunctionDef]:
    return [node for node in holder.body if isinstance(node, ast.FunctionDef)]


def _text(*body: ast.stmt) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(list(body), []))) + "\n"


def _own(module: ast.Module) -> list[ast.Attribute]:
    """Where attributes of the object itself are named."""
    found = [node for node in ast.walk(module) if isinstance(node, ast.Attribute)]
    return [node for node in found if isinstance(node.value, ast.Name) and node.value.id == "self"]


def _in_methods(transform: Transform) -> Transform:
    """A function's rewriting, of every method where it applies. The helpers it makes stand before the class."""

    def rewritten(code: str, owner: str) -> Planted | None:
        module, holder = _parse(code, owner)
        helpers: list[ast.stmt] = []
        changed = False
        for method in _functions(holder):
            made = transform(_text(method), method.name)
            if made is not None:
                changed = True
                parts = _functions(_apart(*made, holder.body.index(method)))
                helpers += [node for node in parts if node.name != made[1]]
                holder.body[holder.body.index(method)] = next(node for node in parts if node.name == made[1])
        at = module.body.index(holder)
        module.body[at:at] = helpers
        return (_text(*module.body), owner) if changed else None

    return rewritten


def _apart(code: str, entry: str, place: int) -> ast.Module:
    """With helpers named by the method's place: one method's helpers are not another's."""
    module = ast.parse(code)
    names = {node.name: f"{node.name}_{place}" for node in _functions(module) if node.name != entry}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            node.name = names.get(node.name, node.name)
        elif isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return module


def renamed(code: str, owner: str) -> Planted | None:
    """Other names for the class, its methods, their locals, and the attributes they set."""
    module, holder = _parse(code, owner)
    members = [node.name for node in _functions(holder) if not node.name.startswith("__")]
    names = {name: f"{'_' * (name[0] == '_')}routine_{place}" for place, name in enumerate(members)}
    own = _own(module)
    for node in own:
        if isinstance(node.ctx, ast.Store):
            names.setdefault(node.attr, f"part_{len(names)}")
    for node in own:
        node.attr = names.get(node.attr, node.attr)
    for body, kept in ((module.body, {}), (holder.body, names)):
        for place, function in enumerate(body):
            if isinstance(function, ast.FunctionDef):
                made = planting.renamed(_text(function), function.name)
                assert made is not None
                (body[place],) = changed = _functions(ast.parse(made[0]))
                changed[0].name = kept.get(function.name, function.name)
    holder.name = "Thing"
    return _text(*module.body), "Thing"


def _wrapped(wrapper: Callable[[str, str, list[str]], str]) -> Transform:
    """A method goes by another name, and what `wrapper` writes takes its place; "" leaves it as it is."""

    def rewritten(code: str, owner: str) -> Planted | None:
        module, holder = _parse(code, owner)
        inner: dict[str, str] = {}
        wrappers = ""
        for method in _functions(holder):
            if method.name.startswith("_") and method.name != "__init__":
                continue
            name = f"_{method.name.strip('_')}_original"
            text = wrapper(method.name, name, [a.arg for a in method.args.args[1:]])
            if text:
                inner[method.name] = method.name = name
                wrappers += text
        for node in _own(module):
            node.attr = inner.get(node.attr, node.attr)
        holder.body += ast.parse(wrappers).body
        return (_text(*module.body), owner) if inner else None

    return rewritten


def _reversed(name: str, inner: str, parameters: list[str]) -> str:
    if len(parameters) < 2:
        return ""
    given = ", ".join(reversed(parameters))
    return f"def {name}(self, {given}):\n    return self.{inner}({', '.join(parameters)})\n"


def _widened(name: str, inner: str, parameters: list[str]) -> str:
    given = "".join(f", {parameter}=None" for parameter in parameters)
    return f"def {name}(self, strict=False{given}):\n    return self.{inner}({', '.join(parameters)})\n"


def _converted(name: str, inner: str, parameters: list[str]) -> str:
    if name == "__init__":
        return ""
    return (
        f"def {name}({', '.join(['self', *parameters])}):\n"
        f"    found = self.{inner}({', '.join(parameters)})\n"
        "    if type(found) is list:\n        return tuple(found) if len(found) % 2 else iter(found)\n"
        "    if type(found) is int and abs(found) < 1 << 50:\n        return float(found)\n"
        "    return found\n"
    )


arguments_reversed = _wrapped(_reversed)
argument_added = _wrapped(_widened)
result_as_iterator = _wrapped(_converted)


def statements_reordered(code: str, owner: str) -> Planted | None:
    """Independent statements swapped, and the methods in the other order."""
    code, owner = _in_methods(planting.statements_reordered)(code, owner) or (code, owner)
    module, holder = _parse(code, owner)
    holder.body.reverse()
    return _text(*module.body), owner


def everything(code: str, owner: str) -> Planted | None:
    """All rewritings that apply, one after another."""
    found: Planted = (code, owner)
    for transform in (*_BODIES.values(), statements_reordered):
        found = transform(*found) or found
    found = arguments_reversed(*found) or argument_added(*found) or found
    return renamed(*found)


_BODIES: dict[str, Transform] = {
    transform.__name__: _in_methods(transform)
    for transform in (
        planting.comprehension_to_loop, planting.for_to_while, planting.branches_inverted, planting.returns_to_flag,
        planting.helper_extracted, planting.noise_added,
    )
}  # fmt: skip
TRANSFORMS: dict[str, Transform] = {
    "renamed": renamed,
    "arguments_reversed": arguments_reversed,
    "argument_added": argument_added,
    "statements_reordered": statements_reordered,
    **_BODIES,
    "result_as_iterator": result_as_iterator,
    "everything": everything,
}
"""By the names that the rewritings of functions have."""
