"""Train, validation and test: rows that are alike, or from one project, are never on two sides.

Rows that share a cluster or a repository are one group, and so are groups that share either. A group's split is drawn
from a hash of its name, so a row keeps its split when others come or go (unless a new near-duplicate joins two
groups). The first split is never empty: where no group was drawn for it, it gets the one of most rows. Splitting by
row would put copies and siblings of training rows into the test set (Allamanis 2019, "The adverse effects of code
duplication in machine learning models of code").
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from lift_sys.errors import ConfigError

Shares = dict[str, float]
"""Name of a split -> its share of the groups; they add up to 1."""
NAMES = ("train", "validation", "test")
ONE: Shares = {"train": 1.0}
THREE: Shares = {"train": 0.9, "validation": 0.05, "test": 0.05}


def read_shares(text: str) -> Shares:
    """The shares that `90,5,5` or `train=0.9,test=0.1` asks for, scaled to add up to 1.

    Raises:
        ConfigError: it is neither, a share is below 0, or all are 0.
    """
    parts = [part.strip() for part in text.split(",")]
    named = ["=" in part for part in parts]
    try:
        if all(named):
            pairs = [(name.strip(), float(share)) for name, _, share in (part.partition("=") for part in parts)]
        elif any(named) or len(parts) > len(NAMES):
            raise ValueError
        else:
            pairs = list(zip(NAMES, map(float, parts), strict=False))
        total = sum(share for _, share in pairs)
        unknown = [name for name, _ in pairs if name not in NAMES]
        if unknown or len({name for name, _ in pairs}) < len(pairs):
            raise ValueError
        if not all(0 <= share < float("inf") for _, share in pairs) or total <= 0:
            raise ValueError
    except ValueError:
        raise ConfigError(
            f"--splits {text!r}: give shares of {', '.join(NAMES)}, as `90,5,5` or `train=0.9,test=0.1`"
        ) from None
    return {name: share / total for name, share in pairs if share > 0}


def assign(keys: Sequence[tuple[str, str]], shares: Shares) -> list[str]:
    """The split of each row, given its repository and its cluster (empty: it has none)."""
    groups = _Groups()
    for repository, cluster in keys:
        groups.join(f"r{repository}", f"c{cluster}" if cluster else f"r{repository}")
    names = [groups.name(f"r{repository}") for repository, _ in keys]
    drawn = {name: _draw(name, shares) for name in names}
    first = next(iter(shares))
    if drawn and first not in drawn.values():  # a few projects: what there is most of is for training
        rows = Counter(names)
        drawn[min(rows, key=lambda name: (-rows[name], name))] = first
    return [drawn[name] for name in names]


def _draw(name: str, shares: Shares) -> str:
    digest = hashlib.sha256(f"split\0{name}".encode("utf-8", "surrogatepass")).digest()
    point = int.from_bytes(digest[:8], "big") / (1 << 64)
    for split, share in shares.items():
        point -= share
        if point < 0:
            return split
    return next(iter(shares))


class _Groups:
    """Union-find. A group is named by its smallest member, so that the order of rows makes no difference."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def name(self, item: str) -> str:
        root = item
        while (parent := self._parent.setdefault(root, root)) != root:
            root = parent
        while (parent := self._parent[item]) != root:
            self._parent[item], item = root, parent
        return root

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.name(one), self.name(other)), key=lambda name: (name[0] != "r", name))
        self._parent[second] = first
