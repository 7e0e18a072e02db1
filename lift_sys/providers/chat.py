"""The text of a chat, as a model is sent it: one place for those who ask and those who train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PLAIN: Mapping[str, Any] = {"enable_thinking": False}
"""Templates of models that think before they answer (Qwen3 and its like) write an empty thought then, in prompts and
before answers alike; others know no such word."""


def chat_text(tokenizer: Any, messages: Sequence[Mapping[str, str]], *, answered: bool = False) -> str:
    """Messages in the tokenizer's chat template, with the opening of an answer unless the last of them is one."""
    text: str = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=not answered, **PLAIN
    )
    return text
