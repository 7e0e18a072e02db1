"""For prime-intellect's verifiers, the API of `verifiers.v1`: an environment package to install.

pyproject.toml          `pip install OUT`; needs verifiers and lift-sys
PACKAGE/__init__.py     the taskset that `verifiers.v1` finds by the package's name, and `load_environment`
PACKAGE/taskset.py      one task a row; its reward runs the row's tests in the lift-sys sandbox
PACKAGE/data/SPLIT.jsonl
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from lift_sys.data_synthesis.exports.asking import answer, question
from lift_sys.data_synthesis.exports.grounds import ground_truth
from lift_sys.data_synthesis.exports.naming import plain_name
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.registry import Options
from lift_sys.data_synthesis.exports.source import Source
from lift_sys.data_synthesis.exports.trl import origin

VERSION = "0.4"
"""The verifiers that the package was written for and tested with."""


def write(source: Source, output: Output, options: Options) -> dict[str, int]:
    package = package_name(options.name)
    counts = {}
    for split in source.splits:
        name = f"{package}/data/{split}.jsonl"
        counts[name] = output.lines(name, _rows(source, split))
    templates = files("lift_sys.data_synthesis.exports") / "bundle" / "verifiers"
    for template, place in (
        ("pyproject.toml.txt", "pyproject.toml"),
        ("__init__.py.txt", f"{package}/__init__.py"),
        ("taskset.py.txt", f"{package}/taskset.py"),
    ):
        text = (templates / template).read_text(encoding="utf-8")
        text = text.replace("PACKAGE", package).replace("PROJECT", package.replace("_", "-"))
        first = "train" if "train" in source.splits else next(iter(source.splits))
        output.text(place, text.replace("VERIFIERS", VERSION).replace("FIRST_SPLIT", first))
    return counts


def package_name(name: str) -> str:
    """An importable name for the package: what verifiers makes of the environment's id."""
    plain = plain_name(name).replace("-", "_").replace(".", "_")
    # A name that is taken, such as `lift_sys` itself, would hide the library from the package.
    return (
        plain
        if plain.endswith("_env") and plain[0].isalpha()
        else f"{plain if plain[0].isalpha() else 'x' + plain}_env"
    )


def _rows(source: Source, split: str) -> Iterator[dict[str, Any]]:
    for example in source.examples(split):
        yield {
            **origin(example),
            "name": example.entry_point,
            "prompt": question(example),
            "ground_truth": ground_truth(example),
            "reference": answer(example),
        }
