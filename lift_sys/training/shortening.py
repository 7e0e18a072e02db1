"""Shorter rows to train on: fewer examples, no docstrings, so that more tasks fit into a budget of tokens."""

from __future__ import annotations

import ast

from lift_sys.forward_mode.asking import examples_of


def with_examples(prompt: str, most: int) -> str:
    """The prompt with at most `most` of the examples at its end."""
    shown = examples_of(prompt)
    if not shown:
        return prompt
    heading, _, body = shown.strip("\n").partition("\n")
    blocks: list[list[str]] = []
    doctest = body.startswith(">>>")
    for line in body.split("\n"):
        if not blocks or not doctest or line.startswith(">>>"):
            blocks.append([line])
        else:
            blocks[-1].append(line)
    kept = ["\n".join(block) for block in blocks[:most]]
    asked = prompt[: len(prompt) - len(shown)]
    return "\n".join([f"{asked}\n\n{heading}", *kept]) if kept else asked


def without_docstrings(code: str) -> str:
    """The code without its docstrings, which say again what a prompt has said; the rest stays as it is typed.

    One that shares a line with other code stays, one that is all there is in a body, and all of them where the code
    reads `__doc__`.
    """
    if "__doc__" in code:
        return code
    lines = code.split("\n")
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or len(node.body) == 1:
            continue
        doc, after = node.body[:2]
        if ast.get_docstring(node, clean=False) is None or doc.end_lineno is None:
            continue
        before, behind = lines[doc.lineno - 1].encode()[: doc.col_offset], lines[doc.end_lineno - 1].encode()
        if before.strip() or behind[doc.end_col_offset :].strip():
            continue
        # And the empty lines below it. What comes next need not be the statement: a comment, or its decorator.
        end = next(number for number in range(doc.end_lineno, after.lineno) if lines[number].strip())
        left_out.update(range(doc.lineno - 1, end))
    return "\n".join(line for number, line in enumerate(lines) if number not in left_out)
