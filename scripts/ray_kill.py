"""Make a dataset on a Ray cluster whose workers are killed at random moments; compare it with one made locally.

    python scripts/ray_kill.py [--kills 10] [--lock FILE] [--limit 150] [--jobs 2] [--seed 0]

Both kinds of process are killed, in turn: the cluster's own (a Ray actor, as when a machine is lost) and the worker
that it hosts (as when the kernel takes one for its memory). Prints what was killed and which losses were told.
Exit 1 when a byte differs, or when no worker was hit while it held an item.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.pipeline import Pipeline
from lift_sys.data_synthesis.sources import Source, StdlibSource, load_sources
from lift_sys.executors import Executor, make_executor

FILES = ("examples.jsonl", "rejects.jsonl", "file_rejects.jsonl", "manifest.json")
MODULES = ("bisect", "calendar", "colorsys", "fnmatch", "posixpath", "shlex", "statistics", "textwrap")
"""Of the standard library, where no lock is given."""
ROOT = Path(__file__).resolve().parent.parent


def digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def targets(kind: str) -> list[int]:
    """Processes below this one that are Ray actors, or workers that an actor hosts."""
    found = []
    for _ in range(3):  # the tree changes while it is read
        try:
            below = descendants(os.getpid())
            break
        except OSError:
            below = []
    for pid in below:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        hosted = b"lift_sys.executors.worker" in command
        if hosted if kind == "hosted worker" else command.startswith(b"ray::Host"):
            found.append(pid)
    return sorted(found)


class Killer(threading.Thread):
    """Sends SIGKILL to one process after another, at random moments, until it has had all its kills."""

    def __init__(self, kills: int, every: float, seed: int) -> None:
        super().__init__(daemon=True)
        self.left, self.every = kills, every
        self.chance = random.Random(seed)
        self.killed: list[str] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        while self.left and not self.stopped.wait(self.chance.uniform(0.5, 1.5) * self.every):
            kind = ("actor", "hosted worker")[len(self.killed) % 2]
            for pid in self.chance.sample(found, 1) if (found := targets(kind)) else []:
                os.kill(pid, signal.SIGKILL)
                self.killed.append(kind)
                self.left -= 1
                print(f"  killed {kind} {pid}", flush=True)


def make(options: argparse.Namespace, out: Path, executor: Executor) -> float:
    cache = options.work / "cache"
    shutil.rmtree(out, ignore_errors=True)
    sources: list[Source] = (
        [*load_sources(options.lock, cache / "sources")] if options.lock else [StdlibSource(MODULES)]
    )
    began = time.monotonic()
    asyncio.run(Pipeline(PipelineConfig(max_functions=options.limit), out, cache, executor).run(sources))
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--every", type=float, default=3.0, help="mean seconds from kill to kill")
    parser.add_argument("--lock", type=Path)
    parser.add_argument("--limit", type=int, default=150, help="functions of each source")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "ray_kill")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    seconds = make(options, options.work / "local", make_executor("local", options.jobs))
    wanted = digests(options.work / "local")
    print(f"local, {options.jobs} workers: {seconds:.0f} s", flush=True)
    killer = Killer(options.kills, options.every, options.seed)
    executor = make_executor("ray", options.jobs)
    killer.start()
    seconds = make(options, options.work / "ray", executor)
    killer.stopped.set()
    killer.join()
    print(f"ray, {options.jobs} workers: {seconds:.0f} s, {len(killer.killed)} processes killed")
    for detail, count in sorted(executor.losses.items()):
        print(f"  {count} x with an item in hand: {detail}")
    found = digests(options.work / "ray")
    different = [name for name in FILES if found[name] != wanted[name]]
    lines = len((options.work / "ray" / "examples.jsonl").read_bytes().splitlines())
    print(f"different files: {', '.join(different)}" if different else f"the same bytes: {lines} examples, {FILES}")
    return 1 if different or not executor.losses else 0


if __name__ == "__main__":
    sys.exit(main())
