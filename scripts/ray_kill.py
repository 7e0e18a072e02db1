"""Make a dataset on a Ray cluster whose workers are killed at random moments; compare it with one made locally.

    python scripts/ray_kill.py [--kills 10] [--lock FILE | --modules NAME ...] [--limit 150] [--jobs 2] [--seed 0]

Both kinds of process are killed, in turn: the cluster's own (a Ray actor, as when a machine is lost) and the worker
that it hosts (as when the kernel takes one for its memory). A kill counts once an item was lost with its worker;
until then it is made again. Prints what was killed and which losses were told.
Exit 1 when a byte differs, or when no item was lost before the dataset was made.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.pipeline import Pipeline
from lift_sys.data_synthesis.sources import Source, StdlibSource, load_sources
from lift_sys.executors import Executor, make_executor
from lift_sys.executors.pool import MACHINE_LOST

FILES = ("examples.jsonl", "rejects.jsonl", "file_rejects.jsonl", "manifest.json")
MODULES = ("bisect", "calendar", "colorsys", "fnmatch", "posixpath", "shlex", "statistics", "textwrap")
"""Of the standard library, where no lock is given."""
KINDS = ("actor", "hosted worker")
ROOT = Path(__file__).resolve().parent.parent


def digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def descendants(pid: int) -> dict[int, int]:
    """Every process below this one, with its parent."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found |= {child: pid, **descendants(child)}
    return found


def targets(kind: str) -> list[int]:
    """Workers below this process that an actor hosts, or those actors: one that hosts none yet is still starting."""
    below: dict[int, int] = {}
    for _ in range(3):  # the tree changes while it is read
        with contextlib.suppress(OSError):
            below = descendants(os.getpid())
            break
    hosted = []
    for pid in below:
        with contextlib.suppress(OSError):
            if b"lift_sys.executors.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                hosted.append(pid)
    return sorted({below[pid] for pid in hosted} if kind == KINDS[0] else hosted)


class Killer(threading.Thread):
    """Sends SIGKILL to processes of both kinds in turn, at random moments, until each kind has cost its items."""

    def __init__(self, kills: int, every: float, seed: int, losses: Counter[str]) -> None:
        super().__init__(daemon=True)
        self.wanted = dict(zip(KINDS, ((kills + 1) // 2, kills // 2), strict=True))
        self.every, self.losses = every, losses
        self.chance = random.Random(seed)
        self.killed = 0
        self.stopped = threading.Event()

    def lost(self, kind: str) -> int:
        """Items lost with a process of this kind, so far as they were told."""
        machines = self.losses[MACHINE_LOST]
        return machines if kind == KINDS[0] else self.losses.total() - machines

    def run(self) -> None:
        while not self.stopped.wait(self.chance.uniform(0.5, 1.5) * self.every):
            left = [kind for kind in KINDS if self.lost(kind) < self.wanted[kind]]
            if not left:
                return
            kind = min(left, key=self.lost)
            for pid in self.chance.sample(found, 1) if (found := targets(kind)) else []:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed += 1
                    print(f"  killed {kind} {pid}", flush=True)


def make(options: argparse.Namespace, out: Path, executor: Executor) -> float:
    cache = options.work / "cache"
    shutil.rmtree(out, ignore_errors=True)
    sources: list[Source] = (
        [*load_sources(options.lock, cache / "sources")] if options.lock else [StdlibSource(tuple(options.modules))]
    )
    began = time.monotonic()
    config = PipelineConfig(max_functions=options.limit, decontaminate=not options.no_decontaminate)
    asyncio.run(Pipeline(config, out, cache, executor).run(sources))
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10, help="items that are to be lost")
    parser.add_argument("--every", type=float, default=3.0, help="mean seconds from kill to kill")
    parser.add_argument("--lock", type=Path)
    parser.add_argument("--modules", nargs="+", default=MODULES, help="of the standard library")
    parser.add_argument("--limit", type=int, default=150, help="functions of each source")
    parser.add_argument("--no-decontaminate", action="store_true", help="for a small dataset it takes the longest")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "ray_kill")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    seconds = make(options, options.work / "local", make_executor("local", options.jobs))
    wanted = digests(options.work / "local")
    print(f"local, {options.jobs} workers: {seconds:.0f} s", flush=True)
    executor = make_executor("ray", options.jobs)
    killer = Killer(options.kills, options.every, options.seed, executor.losses)
    killer.start()
    seconds = make(options, options.work / "ray", executor)
    killer.stopped.set()
    killer.join()
    print(f"ray, {options.jobs} workers: {seconds:.0f} s, {killer.killed} processes killed")
    for detail, count in sorted(executor.losses.items()):
        print(f"  {count} items lost: {detail}")
    found = digests(options.work / "ray")
    different = [name for name in FILES if found[name] != wanted[name]]
    lines = len((options.work / "ray" / "examples.jsonl").read_bytes().splitlines())
    print(f"different files: {', '.join(different)}" if different else f"the same bytes: {lines} examples, {FILES}")
    return 1 if different or not executor.losses else 0


if __name__ == "__main__":
    sys.exit(main())
