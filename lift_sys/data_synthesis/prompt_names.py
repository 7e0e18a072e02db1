"""What a prompt tells of the names that a signature uses: their definitions, as far as the row's own code has them.

A reader has only the prompt. A name that nothing there defines says nothing, so an annotation that needs one is
made simpler: what is not known becomes `Any`, and an annotation that is nothing but `Any` is left out.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterable, Iterator

from lift_sys.data_synthesis.class_outline import Definition, signature_of

MAX_VALUE = 240
"""Characters of an assignment that is shown."""
MAX_CLASS = 700
MAX_ALL = 2_000
_QUOTING = ("Literal", "Annotated")
"""Generics whose strings are no forward references."""


def names_in(node: ast.AST) -> Iterator[str]:
    """Names that a text uses, those in quoted annotations too."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, (ast.arg, ast.AnnAssign)) and isinstance(part.annotation, ast.Constant):
            yield from names_in(unquoted(part.annotation)) if isinstance(part.annotation.value, str) else ()


def unquoted(node: ast.expr) -> ast.expr:
    """An annotation without the quotes of forward references."""
    return _Unquoted().visit(copy.deepcopy(node))  # type: ignore[no-any-return]


class _Unquoted(ast.NodeTransformer):
    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return node if ast.unparse(node.value).rpartition(".")[2] in _QUOTING else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, str):
            return node
        try:
            return self.visit(ast.parse(node.value.strip(), mode="eval").body)  # type: ignore[no-any-return]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return node


def simplified(node: ast.expr | None, known: Collection[str]) -> ast.expr | None:
    """An annotation that names only what is known; None when that says nothing."""
    if node is None:
        return None
    bare = unquoted(node)
    if all(name in known for name in names_in(bare)) and not _is_text(bare):
        return bare
    found: ast.expr = _Simplified(known).visit(bare)
    text = ast.unparse(found)
    nothing = ("Any", "Any | None", "None | Any", "Optional[Any]", "Any | Any", "Any | Any | None")
    return None if text in nothing or _is_text(found) else found


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


class _Simplified(ast.NodeTransformer):
    def __init__(self, known: Collection[str]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return node if node.id in self.known else ast.Name("Any")

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return node if all(name in self.known for name in names_in(node)) else ast.Name("Any")

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if not all(name in self.known for name in names_in(node.value)):
            return ast.Name("Any")
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
        is_annotated = ast.unparse(node.value).rpartition(".")[2] == "Annotated"
        if is_annotated and parts and not all(name in self.known for name in names_in(node.slice)):
            return self.visit(parts[0])  # type: ignore[no-any-return]
        return self.generic_visit(node)


def simplify_all(tree: ast.AST, known: Collection[str]) -> None:
    """The same for every annotation of a text, in place."""
    for part in ast.walk(tree):
        if isinstance(part, ast.arg):
            part.annotation = simplified(part.annotation, known)
        elif isinstance(part, Definition):
            part.returns = simplified(part.returns, known)
        elif isinstance(part, ast.AnnAssign):
            part.annotation = simplified(part.annotation, known) or ast.Name("Any")


def bindings(module: Iterable[ast.stmt]) -> dict[str, ast.stmt]:
    """The statements that bind the names of a module, imports left out."""
    found: dict[str, ast.stmt] = {}
    for node in module:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            found[node.target.id] = node
        elif type(node).__name__ == "TypeAlias":
            found[node.name.id] = node  # type: ignore[attr-defined]
    return found


def definitions(module: dict[str, ast.stmt], wanted: Iterable[str], but: Collection[str] = ()) -> dict[str, str]:
    """The texts that define the wanted names and those that these need, by name, in the module's order.

    What is nearest to the signature comes first until `MAX_ALL` characters are used up; `but` is defined elsewhere.
    """
    found: dict[str, str] = {}
    todo = [name for name in dict.fromkeys(wanted) if name in module]
    for name in todo:  # grows: breadth first
        if name in found or name in but:
            continue
        text = _definition(name, module[name])
        if sum(map(len, found.values())) + len(text) > MAX_ALL:
            continue
        found[name] = text
        used = dict.fromkeys(part for node in ast.parse(text).body for part in names_in(node))
        todo += [part for part in used if part in module]
    return {name: found[name] for name in module if name in found}


def _definition(name: str, node: ast.stmt) -> str:
    if isinstance(node, ast.ClassDef):
        return _class(node)
    if isinstance(node, Definition):
        return f"{signature_of(node).removesuffix(' ...')}{_summary(node)}"
    text = ast.unparse(node)
    return text if len(text) <= MAX_VALUE else f"{name} = ...  # too long to be shown"


def _summary(node: ast.ClassDef | Definition) -> str:
    """The first line of a docstring, as the body; `...` where there is none that is simple."""
    line = (ast.get_docstring(node) or "").strip().split("\n")[0].strip()
    indent = "\n    "
    return f'{indent}"""{line}"""' if line and not set(line) & set('"\\') else " ..."


def _class(node: ast.ClassDef) -> str:
    """A class: what it holds and how it is made; its methods as signatures while there is room for them."""
    bare = copy.deepcopy(node)
    makers = ("__init__", "__new__")
    fields = [ast.unparse(part) for part in bare.body if isinstance(part, (ast.Assign, ast.AnnAssign))]
    methods = [part for part in bare.body if isinstance(part, Definition)]
    first = [signature_of(part) for part in methods if part.name in makers]
    others = [signature_of(part) for part in methods if part.name not in makers and not part.name.startswith("_")]
    bare.body = [ast.Pass()]
    head = ast.unparse(bare).removesuffix("\n    pass")
    summary = _summary(node)
    kept: list[str] = [] if summary == " ..." else [summary.strip()]
    for line in [*fields, *first, *others]:
        if len(head) + sum(map(len, kept)) + len(line) <= MAX_CLASS:
            kept.append(line)
    if not kept:
        return f"{head} ..."
    return "\n".join([head, *("\n".join(f"    {line}" for line in text.split("\n")) for text in kept)])
