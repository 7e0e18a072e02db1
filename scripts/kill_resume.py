"""Kill a run with SIGKILL at random moments, go on each time, and compare the dataset with an uninterrupted one.

    python scripts/kill_resume.py [--kills 50] [--lock demo/demo.lock.json] [--limit N] [--seed 0] [--longest 20]
    python scripts/kill_resume.py --kills 20 --longest 400 --lock training_data/synthetic_v1.lock.json \
        --cache build/cache --reference training_data/manifest.json

A run that ends before the next kill is compared and started afresh, until all kills are spent; the last round is
always carried to its end and compared. Exit 1 when a dataset differs or a process outlives its killed run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

FILES = ("examples.jsonl", "rejects.jsonl", "file_rejects.jsonl", "manifest.json")
ROOT = Path(__file__).resolve().parent.parent


def digests(folder: Path) -> dict[str, str]:
    """Hashes of a dataset's files; of a published manifest, the one that it names."""
    if folder.is_file():
        (digest,) = (
            value for name, value in json.loads(folder.read_text())["files"].items() if name.endswith(".jsonl")
        )
        return {FILES[0]: digest}
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def differences(one: Path, other: Path) -> list[str]:
    """What differs between two datasets: the files, and the first lines of each that only one of them has."""
    found = []
    for name in FILES:
        lines = [(folder / name).read_text(encoding="utf-8").splitlines() for folder in (one, other)]
        if lines[0] != lines[1]:
            sets = [dict.fromkeys(each) for each in lines]
            only = [line for mine, theirs in (sets, sets[::-1]) for line in mine if line not in theirs]
            found.append(f"{name}: {len(only)} lines in one of the two alone")
            found += [f"    {line[:160]}" for line in only[:4]]
    return found


def start(options: argparse.Namespace, out: Path, mark: str) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).parent / "lift-sys"), "generate", "--out", str(out)]
    cache = options.cache or (options.work / "cache" if mark == "reference" else None)
    command += ["--cache", str(cache)] if cache else []
    command += ["--lock", str(options.lock)] if options.lock else []
    command += ["--limit", str(options.limit)] if options.limit else []
    log = (options.work / f"{mark}.log").open("ab")
    return subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "LIFT_SYS_MARK": mark})


def survivors(mark: str) -> list[int]:
    """Processes that were started by the marked run and still live."""
    needle, found = f"LIFT_SYS_MARK={mark}".encode(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if needle in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def wait_gone(mark: str, seconds: float = 10.0) -> list[int]:
    deadline = time.monotonic() + seconds
    while (left := survivors(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--lock", type=Path, default=ROOT / "demo" / "demo.lock.json")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=20.0, help="seconds between two kills, at most")
    parser.add_argument("--cache", type=Path, help="fetched sources, for all runs; else the killed ones fetch anew")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "kill_resume")
    parser.add_argument("--reference", type=Path, help="a dataset of the same settings, or a published manifest")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    chance = random.Random(options.seed)
    reference = options.reference or options.work / "reference"
    if options.reference is None:
        shutil.rmtree(reference, ignore_errors=True)
        began = time.monotonic()
        if start(options, reference, "reference").wait() != 0:
            print(f"the uninterrupted run failed: see {options.work}/reference.log")
            return 1
        print(f"uninterrupted run: {time.monotonic() - began:.0f} s", flush=True)
    wanted = digests(reference)
    out, kills, rounds, wrong = options.work / "killed", 0, 0, 0
    shutil.rmtree(out, ignore_errors=True)
    while True:
        mark = f"kill-{kills}"
        run = start(options, out, mark)
        moment = chance.uniform(0.1, options.longest) if kills < options.kills else None
        try:
            code = run.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            run.wait()
            kills += 1
            left = wait_gone(mark)
            if left:
                wrong += 1
                print(f"kill {kills}: processes {left} outlived the run")
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
            print(f"kill {kills:>2} after {moment:5.1f} s", flush=True)
            continue
        if code != 0:
            print(f"a resumed run ended with exit code {code}: see {options.work}/{mark}.log")
            return 1
        rounds += 1
        found = digests(out)
        same = all(found[name] == digest for name, digest in wanted.items())
        wrong += not same
        print(f"round {rounds}: {'identical' if same else 'DIFFERENT'} after {kills} kills in all", flush=True)
        if not same:
            kept = options.work / f"different-{rounds}"
            shutil.rmtree(kept, ignore_errors=True)
            out.rename(kept)
            told = differences(reference, kept) if reference.is_dir() else []
            print(f"kept as {kept}", *told, sep="\n  ", flush=True)
        if kills >= options.kills:
            break
        shutil.rmtree(out, ignore_errors=True)
    print(f"{kills} kills, {rounds} datasets compared, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
