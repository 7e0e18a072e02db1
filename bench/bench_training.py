"""Training on this machine: our loop against a plain trl SFTTrainer, on the same rows, one after the other.

Rows are functions of the standard library: docstring in, source out. Both sides train the embedded model with the
same adapter, learning rate, schedule and number of steps, each in a process of its own; tokens are counted once,
padding left out. Ours takes the precision that suits the processor; trl is run in float32 and in mixed precision, and
the faster of the two is what ours is held against. The validation loss of all is taken by the same function. One more
process tells time and memory beforehand, as `lift-sys train --estimate` does.

Takes about a quarter of an hour on two cores. `python -m bench.bench_training MODEL ROWS` tries another model.
"""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from bench.common import Row
from lift_sys.records.training import TrainingRow
from lift_sys.training.choosing import Recipe
from lift_sys.training.config import TrainConfig
from lift_sys.training.data_prep import Prepared, manifest_of, write

MODULES = """
ast bisect calendar cgi code collections contextlib copy csv dataclasses datetime difflib dis email.utils enum
fileinput fnmatch fractions ftplib functools getpass gettext glob gzip heapq html imaplib inspect ipaddress json
linecache locale logging mailbox mimetypes nntplib ntpath numbers operator os pathlib pdb pickle pkgutil
platform poplib posixpath pprint profile queue quopri random re reprlib sched secrets shelve shlex shutil
smtplib socket statistics string subprocess tabnanny tarfile tempfile textwrap threading timeit token tokenize
trace traceback types typing urllib.parse urllib.request uuid warnings wave weakref webbrowser zipfile
""".split()  # noqa: SIM905
NEEDED = ("torch", "transformers", "peft", "trl")
ROWS, HELD = 200, 40
LONGEST = 1200
"""Characters of a function; longer ones are left out."""
RATIO, MEMORY, ERROR = 1.3, 6.0, 15.0
NOISE = 0.05
"""Nats by which the validation losses of two such runs may differ."""


def functions() -> Iterator[tuple[str, str]]:
    """What a function does, and its source without that."""
    for name in MODULES:
        try:
            tree = ast.parse(inspect.getsource(import_module(name)))
        except (ImportError, OSError, TypeError):  # not in this version
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and (told := ast.get_docstring(node)) and len(node.body) > 1:
                node.body = node.body[1:]
                yield f"{told}\n\nName it `{node.name}`.", ast.unparse(node)


def rows(count: int) -> list[TrainingRow]:
    found = {}
    for prompt, code in functions():
        if len(code) <= LONGEST and len(prompt) <= LONGEST:
            row = TrainingRow(
                task="prompt_to_code",
                origin="dataset",
                source="",
                group="",
                category="",
                difficulty="",
                prompt=prompt,
                completion=f"```python\n{code}\n```",
            )
            found[row.id] = row
    return [found[name] for name in sorted(found)][:count]


def child(side: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench.training_child", side, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{side} failed:\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def run(model: str = "", count: int = ROWS) -> list[Row]:
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        print(f"  left out: {', '.join(missing)} not installed (pip install 'lift-sys[local,exports]')")
        return []
    chosen = rows(count + HELD)
    split = {"train": chosen[HELD:], "val": chosen[:HELD], "test": []}
    config = TrainConfig(model=model, epochs=1.0, learning_rate=1e-3, context=768, evaluations=1, batch_tokens=2048)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared = Prepared(split, {part: Counter() for part in split}, Counter(), {})
        write(folder / "data", prepared, manifest_of(prepared, Recipe(train=count, val=HELD, test=0), {}))
        (folder / "config.json").write_text(config.model_dump_json())
        told, mine, *theirs = (child(side, folder) for side in ("estimate", "ours", "trl", "trl-bfloat16"))
    return figures(told, mine, theirs)


def figures(told: dict[str, float], mine: dict[str, float], both: list[dict[str, float]]) -> list[Row]:
    def speed(side: dict[str, float], of: str = "seconds") -> float:
        return side["tokens"] / side[of]

    theirs = max(both, key=speed)
    slower = min(both, key=speed)
    faster_one = "float32" if theirs is both[0] else "mixed precision"
    wrong = 100 * abs(told["seconds"] / mine["seconds"] - 1)
    heavy = 100 * abs(told["peak"] / mine["peak"] - 1)
    above = mine["validation"] - theirs["validation"]
    probed = f"a probe of {told['probe']:.0f} s"
    note = f"{mine['rows']:.0f} rows, {mine['tokens']:,.0f} tokens"
    return [
        Row("training, tokens a second, ours", speed(mine), "/s", note=f"{note}, {mine['steps']:.0f} steps"),
        Row(
            "training, tokens a second, trl SFTTrainer",
            speed(theirs),
            "/s",
            note=f"{faster_one}, {theirs['steps']:.0f} steps; {speed(slower):.0f}/s the other way",
        ),
        Row("training, ours over trl", speed(mine) / speed(theirs), "x", RATIO),
        Row(
            "training, ours over trl, by processor time",
            speed(mine, "processor") / speed(theirs, "processor"),
            "x",
            note="ours with its validation in it",
        ),
        Row("validation loss, ours", mine["validation"], "nats"),
        Row("validation loss, trl", theirs["validation"], "nats"),
        Row("validation loss, ours above trl", above, "nats", NOISE, at_least=False),
        Row("training, peak memory, ours", mine["peak"] / 1e9, "GB", MEMORY, at_least=False),
        Row("training, peak memory, trl", theirs["peak"] / 1e9, "GB"),
        Row("estimate of the steps' time, error", wrong, "%", ERROR, at_least=False, note=probed),
        Row("estimate of memory, error", heavy, "%", ERROR, at_least=False),
    ]


if __name__ == "__main__":
    for row in run(sys.argv[1] if len(sys.argv) > 1 else "", int(sys.argv[2]) if len(sys.argv) > 2 else ROWS):
        print(f"{row.name:<50} {row.value:>12,.3f} {row.unit}  {row.note}")
