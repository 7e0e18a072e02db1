"""Duplicates: the same code, the same code under other names, and code that is almost the same.

A row is compared with the rows kept before it, three times:

    same text         -> rejected as `duplicate`
    same normal form  -> rejected as `near_duplicate` (other names, comments, docstrings, order, helpers)
    Jaccard >= 0.8    -> rejected as `near_duplicate`, where both the function itself and all it reaches are that
                         alike: two methods of one class share the class and are two functions all the same
    Jaccard >= 0.6    -> kept, in the same `cluster` as the row it is like: by all it reaches, or by the function
                         itself where that is long enough to say something (vendored copies with other helpers)

Candidates come from MinHash with banding (Broder 1997; Leskovec et al., Mining of Massive Datasets, ch. 3); the
similarity that decides is the true one, of the sets of 5-token shingles over the normal form with all locals alike.
Memory: about 10 kB a row, measured on 15,000 functions: 8 bytes a shingle, twice, signatures, and their index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zlib import crc32

from lift_sys.data_synthesis.curation.normal_form import NormalForm, normal_form
from lift_sys.records import Example, Rejection, RejectionReason, reject_example

NEAR, ALIKE = 0.8, 0.6
SHINGLE = 5
TELLING = 25
"""Shingles (about two statements) from which a function's own likeness, without its helpers, joins clusters."""
SHORT = 40
"""Tokens below which a function is compared with its locals told apart."""
PERMUTATIONS, BANDS = 128, 32
"""Bands of 4: a pair at 0.6 becomes a candidate in 98.8 % of cases, one at 0.8 in all but 5 of 10**8."""
_SEED = 20_260
_MULTIPLIER = 0x9E3779B97F4A7C15


def shingles(tokens: Sequence[str]) -> Any:
    """The sorted hashes (uint64 array) of all runs of `SHINGLE` tokens; a shorter text is one run."""
    import numpy

    hashes = numpy.fromiter(map(_hash, tokens), numpy.uint64, len(tokens))
    count = max(1, len(hashes) - SHINGLE + 1)
    padded = numpy.zeros(count + SHINGLE - 1, numpy.uint64)
    padded[: len(hashes)] = hashes
    total = numpy.zeros(count, numpy.uint64)
    for offset in range(SHINGLE):
        total = (total ^ padded[offset : offset + count]) * numpy.uint64(_MULTIPLIER)
        total ^= total >> numpy.uint64(29)
    return numpy.unique(total)


@lru_cache(maxsize=65_536)
def _hash(token: str) -> int:
    return crc32(token.encode("utf-8", "surrogatepass"))


def jaccard(first: Any, second: Any) -> float:
    """Shared shingles over all shingles, of two sorted arrays."""
    import numpy

    shared = len(numpy.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


class ShingleIndex:
    """Finds earlier sets of shingles by similarity. Keys are 0, 1, 2, ... in the order of `add`."""

    def __init__(self, threshold: float = ALIKE) -> None:
        from rensa import RMinHashLSH

        self.threshold = threshold
        self._sets: list[Any] = []
        self._lsh = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)

    def signature(self, shingle_set: Any) -> Any:
        from rensa import RMinHash

        sketch = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
        data = shingle_set.tobytes()
        sketch.update([data[start : start + 8] for start in range(0, len(data), 8)])
        return sketch

    def similar(self, shingle_set: Any, sketch: Any) -> dict[int, float]:
        """Keys of the sets that are at least `threshold` alike, with their true similarity, in order."""
        found = {}
        for key in sorted(self._lsh.query(sketch)):
            likeness = jaccard(shingle_set, self._sets[key])
            if likeness >= self.threshold:
                found[key] = likeness
        return found

    def add(self, shingle_set: Any, sketch: Any) -> None:
        self._lsh.insert(len(self._sets), sketch)
        self._sets.append(shingle_set)


@dataclass
class Duplicates:
    """The step. `cluster` is the function id of the first row of the cluster."""

    name: str = "duplicates"
    merges: dict[str, str] = field(default_factory=dict)
    """Clusters that a later row turned out to join, by the earlier one: a split has to treat both as one."""

    def __call__(self, examples: Iterable[Example]) -> Iterator[Example | Rejection]:
        seen = _Seen()
        for example in examples:
            yield self._judge(example, seen)

    def _judge(self, example: Example, seen: _Seen) -> Example | Rejection:
        key = example.provenance.function or example.id
        text = _digest([example.code.strip(), example.entry_point])
        if text in seen.exact:
            return reject_example(example, RejectionReason.DUPLICATE, f"the same code as {seen.exact[text][:12]}")
        form = _form(example)
        normal = _digest(form.exact)
        if normal in seen.exact:
            return reject_example(
                example,
                RejectionReason.NEAR_DUPLICATE,
                f"the same but for names and wording as {seen.exact[normal][:12]}",
            )
        # In a short function, which local stands where is all there is: `a - b` is not `b - a`.
        tokens = form.exact if form.entry < SHORT else form.loose
        parts = (shingles(tokens[: form.entry]), shingles(tokens))
        sketches = [index.signature(part) for index, part in zip(seen.indexes, parts, strict=True)]
        own, whole = (
            index.similar(part, sketch) for index, part, sketch in zip(seen.indexes, parts, sketches, strict=True)
        )
        twins = [row for row in sorted(own.keys() & whole.keys()) if min(own[row], whole[row]) >= NEAR]
        if twins:
            row = max(twins, key=lambda row: (min(own[row], whole[row]), -row))
            likeness = min(own[row], whole[row])
            return reject_example(
                example, RejectionReason.NEAR_DUPLICATE, f"{likeness:.2f} like {seen.keys[row][:12]}"
            )
        for index, part, sketch in zip(seen.indexes, parts, sketches, strict=True):
            index.add(part, sketch)
        seen.exact[text] = seen.exact[normal] = key
        alike = {*whole, *(own if len(parts[0]) >= TELLING else ())}
        cluster = self._join([seen.clusters[row] for row in sorted(alike)], key, seen)
        seen.order.setdefault(key, len(seen.keys))
        seen.keys.append(key)
        seen.clusters.append(cluster)
        return example.model_copy(update={"cluster": cluster})

    def _join(self, clusters: list[str], key: str, seen: _Seen) -> str:
        roots = sorted({self.root(cluster) for cluster in clusters}, key=lambda root: seen.order[root])
        for other in roots[1:]:
            self.merges[other] = roots[0]
        return roots[0] if roots else key

    def root(self, cluster: str) -> str:
        """The cluster that `cluster` has been joined to, or itself."""
        while cluster in self.merges:
            cluster = self.merges[cluster]
        return cluster


class _Seen:
    def __init__(self) -> None:
        self.exact: dict[bytes, str] = {}
        """Digest of a text or a normal form -> function id."""
        self.indexes = (ShingleIndex(), ShingleIndex())
        """Of the function itself, and of all it reaches."""
        self.order: dict[str, int] = {}
        self.keys: list[str] = []
        self.clusters: list[str] = []


def _form(example: Example) -> NormalForm:
    try:
        return normal_form(example.code, example.entry_point)
    except ValueError:  # a harness may call what isn't a plain definition: then the words are compared
        words = tuple(example.code.split())
        return NormalForm(words, words, len(words))


def _digest(parts: Sequence[str]) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()[:16]
