"""Shorter prompts to train on: fewer examples, so that more tasks fit into a budget of tokens."""

from __future__ import annotations

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
