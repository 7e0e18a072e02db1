"""What of an IR a prompt may tell, in words: errors, properties of the result, effects."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from lift_sys.data_synthesis.docstrings import ParsedDocstring
from lift_sys.data_synthesis.markup import clean_line
from lift_sys.data_synthesis.phrasing import join
from lift_sys.data_synthesis.predicate_words import called, predicate_words
from lift_sys.ir import IntermediateRepresentation

MAX_GUARANTEES = 5


def useful(text: str) -> str:
    """The text, or "" when it is a placeholder."""
    nothing = ("", "none", "todo", "tbd", "n/a", "description", "result", "[description]", "[type]", "[summary]")
    return "" if text.lower().strip(".") in nothing else text


def raises_told(
    doc: ParsedDocstring,
    ir: IntermediateRepresentation,
    returned: frozenset[str],
    shown: Iterable[str],
) -> tuple[tuple[str, str], ...]:
    """Each exception and when it is raised: as documented, or else by a guard; `shown` are raised in examples."""
    found: dict[str, list[str]] = {}
    for item in doc.raises:
        name = clean_line(item.exception).strip("` .").rsplit(".", 1)[-1]
        text = useful(clean_line(item.description))
        if name.isidentifier():
            found.setdefault(name, []).append(text)
    documented = {name for name, texts in found.items() if any(texts)}
    for clause in ir.assertions:
        raised = re.search(r"\braises? `?([A-Za-z_]\w*)`?", clause.rationale or "")
        if clause.kind != "precondition" or not raised or raised[1] in documented or raised[1] == "an":
            continue
        words = predicate_words(f"not ({clause.predicate})", never=returned)
        found.setdefault(raised[1], []).append(f"if {words}" if words else "")
    for effect in ir.effects:
        name = effect.description.split(":")[0].split(" ")[-1].strip("`")
        if effect.kind == "raises" and re.fullmatch(r"[A-Z]\w+", name):
            found.setdefault(name, [])
    for name in shown:
        found.setdefault(name, [])
    return tuple((name, _joined_conditions(texts)) for name, texts in found.items())


def _joined_conditions(texts: list[str]) -> str:
    distinct = [text.rstrip(".") for text in dict.fromkeys(texts) if text]
    if len(distinct) > 1 and all(text.startswith("if ") for text in distinct):
        return "if " + join([text[3:] for text in distinct[:3]], "or if")
    return "; ".join(distinct[:3])


def guarantees(
    ir: IntermediateRepresentation, returned: frozenset[str], *, seen_plain: bool = False
) -> tuple[str, ...]:
    """Postconditions in words: what holds of the result, without what the body returns.

    `seen_plain`: the observed results are what a harness made of the function's own.
    """
    found: dict[str, None] = {}
    for clause in ir.assertions:
        tree = _parsed(clause.predicate)
        if tree is None or clause.kind == "precondition" or clause.rationale in ("returned", "return annotation"):
            continue
        observed = clause.provenance is not None and clause.provenance.source in ("observed", "inferred")
        if (observed and (seen_plain or not _is_type_test(tree))) or _restates(tree, returned):
            continue
        if ir.signature.returns and re.search(r"isinstance\(result|type\(result\)", clause.predicate):
            continue
        words = predicate_words(clause.predicate, never=returned)
        if words and "the result" in words:
            found[words] = None
    return tuple(list(found)[:MAX_GUARANTEES])


def _parsed(predicate: str) -> ast.expr | None:
    try:
        return ast.parse(predicate.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_type_test(node: ast.expr) -> bool:
    """Whether an observed property is about the result's type.

    Sizes, bounds and orderings that happened to hold on every call ("the result is at least as long as the text")
    are no facts: a reader would build them in. The IR keeps them, with their evidence.
    """
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        left, *rest = node.values
        return _is_none_test(left) and all(map(_is_type_test, rest))
    if isinstance(node, ast.BoolOp):
        return all(map(_is_type_test, node.values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _is_type_test(node.operand)
    if isinstance(node, ast.Call):
        return called(node) == "isinstance" or (called(node) == "all" and "isinstance" in ast.unparse(node))
    return _is_none_test(node)


def _is_none_test(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.ops[0], (ast.Is, ast.IsNot))
        and ast.unparse(node.comparators[0]) == "None"
    )


def _restates(tree: ast.expr, returned: frozenset[str]) -> bool:
    """Whether some part of a predicate is an expression that the body returns."""
    bare = _WithoutOld().visit(tree)
    return any(ast.dump(node) in returned for node in ast.walk(bare) if isinstance(node, ast.expr))


class _WithoutOld(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[0] if called(node) == "old" and node.args else node


def behaviour(ir: IntermediateRepresentation) -> tuple[str, ...]:
    """Effects that a caller must know, as sentences."""
    told: list[str] = []
    changed = [effect.description for effect in ir.effects if effect.kind == "argument_mutation"]
    names = [parameter.name for parameter in ir.signature.parameters]
    for text in changed:
        name = next((name for name in names if re.search(rf"\b{re.escape(name)}\b", text)), None)
        if name and name not in ("self", "cls"):
            told.append(f"It changes `{name}` in place.")
    kinds = {effect.kind for effect in ir.effects if "warnings" not in effect.description}
    if "async" in kinds and "generator" in kinds:
        told.append("It is an asynchronous generator.")
    elif "async" in kinds:
        told.append("It is a coroutine function (`async def`).")
    elif "generator" in kinds:
        told.append("It is a generator function.")
    sentences_of = {
        "reads_file": "It reads from the file system.",
        "writes_file": "It writes to the file system.",
        "network": "It uses the network.",
        "environment": "It depends on the process environment.",
        "clock": "It depends on the current time.",
        "randomness": "Its result is random.",
        "console": "It uses the console.",
        "process": "It works with processes or threads.",
    }
    told += [text for kind, text in sentences_of.items() if kind in kinds]
    return tuple(dict.fromkeys(told))
