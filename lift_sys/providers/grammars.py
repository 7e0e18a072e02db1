"""Grammars in Lark, followed token by token with llguidance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.embedded import library


class Grammars:
    """Masks from llguidance for the vocabulary of one tokenizer."""

    def __init__(self, tokens: Any, vocabulary: int, ends: Sequence[int]) -> None:
        """Args:
        tokens: llguidance's view of a tokenizer.
        vocabulary: how many scores the model gives, which may be more than there are tokens.
        """
        self._tokens, self._vocabulary, self._ends = tokens, vocabulary, list(ends)
        self._library: Any = library("llguidance")
        self._compiled = lru_cache(maxsize=64)(self._compile)

    @classmethod
    def of(cls, tokenizer: Any, vocabulary: int, ends: Sequence[int]) -> Grammars:
        """Raises:
        ConfigError: llguidance is not installed.
        """
        hub = library("llguidance.hf")
        return cls(hub.from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=list(ends)), vocabulary, ends)

    def matcher(self, grammar: str) -> Any:
        """What follows one answer through the grammar.

        Raises:
            ConfigError: the grammar is broken; the message says where.
        """
        return self._compiled(grammar).deep_copy()

    def _compile(self, grammar: str) -> Any:
        found = self._library.LLMatcher(self._tokens, self._library.LLMatcher.grammar_from_lark(grammar))
        if found.is_error():
            raise ConfigError(f"the grammar is broken: {found.get_error()}")
        return found

    def allowed(self, matchers: Sequence[Any]) -> Any:
        """Which tokens may come next: a boolean array, a row for each matcher, True throughout for None."""
        np, masks = library("numpy"), library("llguidance.numpy")
        bits = masks.allocate_token_bitmask(len(matchers), self._vocabulary)
        for row, matcher in enumerate(matchers):
            if matcher is not None and not matcher.is_stopped():
                masks.fill_next_token_bitmask(matcher, bits, row)
        allowed = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")[:, : self._vocabulary].astype(bool)
        for row, matcher in enumerate(matchers):
            if matcher is not None and matcher.is_stopped():  # the text is whole: all that is left is to end it
                allowed[row] = False
                allowed[row, self._ends] = True
        return allowed


def holds(grammar: str, text: str) -> bool:
    """Whether a text belongs to the language of a grammar.

    Raises:
        ConfigError: the grammar is broken, or llguidance is not installed.
    """
    matcher = _of_bytes().matcher(grammar)
    data = list(text.encode())
    return (
        matcher.validate_tokens(data) == len(data) and matcher.consume_tokens(data) and bool(matcher.is_accepting())
    )


@lru_cache(maxsize=1)
def _of_bytes() -> Grammars:
    """A vocabulary of single bytes and an end."""

    class Bytes:
        eos_token_id, bos_token_id, special_token_ids = 256, None, (256,)
        tokens = (*(bytes([number]) for number in range(256)), b"<end>")

        def __call__(self, text: bytes | str) -> list[int]:
            return list(text.encode() if isinstance(text, str) else text)

    guide = library("llguidance")
    return Grammars(guide.LLTokenizer(guide.TokenizerWrapper(Bytes()), n_vocab=257), 257, [256])
