"""Writes docs/examples/prompts.md: prompts of twenty standard library functions, made as the pipeline makes them.

Lifted, explored in the sandbox for tests, refined, and put in words; nothing in the page is edited by hand. Results
depend on the version of the standard library, so the page names it.

    python scripts/make_prompt_examples.py [--out docs/examples/prompts.md] [--seed 0]
"""

from __future__ import annotations

import argparse
import platform
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lift_sys.data_synthesis.batch_lifter import LiftedFunction, lift_path
from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.oracles import choose_tests, doctest_calls, explore
from lift_sys.data_synthesis.prompt_report import PromptedFunction
from lift_sys.data_synthesis.prompt_synthesizer import REGISTERS, PromptSynthesizer
from lift_sys.data_synthesis.visible import choose_visible
from lift_sys.reverse_mode.refine import refine

FUNCTIONS = (
    "textwrap:dedent",
    "textwrap:shorten",
    "shlex:quote",
    "html:escape",
    "xml.sax.saxutils:quoteattr",
    "string:capwords",
    "urllib.parse:unquote",
    "calendar:monthrange",
    "colorsys:rgb_to_hls",
    "statistics:median_grouped",
    "bisect:bisect_left",
    "tarfile:nti",
    "statistics:linear_regression",
    "inspect:cleandoc",
    "fnmatch:translate",
    "email.utils:parseaddr",
    "urllib.parse:quote",
    "imaplib:Int2AP",
    "json.encoder:py_encode_basestring",
    "http.cookies:_quote",
    "quopri:unhex",
    "textwrap:indent",
    "urllib.parse:parse_qsl",
    "statistics:quantiles",
    "email.quoprimime:body_length",
    "gettext:_expand_lang",
    "heapq:nsmallest",
    "cgi:parse_header",
    "nturl2path:url2pathname",
)
"""More than twenty: what can't be used on a Python version (and why) goes to standard error."""
HEAD = """# Prompts of twenty real functions

Made by `python scripts/make_prompt_examples.py` from the standard library of CPython {version}, with seed {seed}:
each function was lifted, explored in the sandbox for tests, and put in words; at most three of its tests are visible.
Nothing here was edited by hand. Each entry shows one register; the score is of that prompt (`lift-sys synthesize
--score` explains it), and the level says what the prompt rests on.

The functions and the wording taken from their documentation are part of CPython, (c) Python Software Foundation,
licence PSF-2.0. Prompts only: no code of theirs is shown.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/examples/prompts.md"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sections = [HEAD.format(version=platform.python_version(), seed=options.seed)]
    with Boxes() as boxes:
        for item in _items(boxes, options.seed):
            sections.append(_section(len(sections), item))
            if len(sections) > 20:
                break
    if len(sections) <= 20:
        print(f"only {len(sections) - 1} of the functions could be used", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(sections), encoding="utf-8")
    return 0


def _items(boxes: Boxes, seed: int) -> Iterator[PromptedFunction]:
    for spec in FUNCTIONS:
        module, _, name = spec.partition(":")
        lifted = _find(module, name)
        if lifted is None or lifted.ir is None or lifted.function.slice is None:
            print(f"{spec}: no slice", file=sys.stderr)
            continue
        seeds = doctest_calls(boxes[0], lifted.function)
        exploration = explore(boxes[0], lifted.function, seeds=seeds, budget=250)
        tests = choose_visible(choose_tests(exploration, limit=12), 3)
        if not tests:
            print(f"{spec}: {exploration.reason} {exploration.detail}", file=sys.stderr)
            continue
        ir = refine(lifted.ir, exploration.calls, boxes[0])
        prompts = PromptSynthesizer(seed).synthesize(lifted.function, ir, tests)
        yield PromptedFunction(lifted.function, ir, tests, prompts)


def _find(module: str, name: str) -> LiftedFunction | None:
    base = Path(sysconfig.get_paths()["stdlib"], *module.split("."))
    path = base.with_suffix(".py") if base.with_suffix(".py").is_file() else base / "__init__.py"
    functions = (lifted for result in lift_path(path) for lifted in result.functions)
    matching = [lifted for lifted in functions if lifted.function.qualname == name]
    if not matching:
        return None
    lifted = matching[0]
    return replace(lifted, function=lifted.function.model_copy(update={"module": module}))


def _section(number: int, item: PromptedFunction) -> str:
    register = ("specification", "request", "stub")[(number - 1) % len(REGISTERS)]
    quality = item.scores()[register]
    low = [f"{name} {value:.2f}" for name, value in quality.components.items() if value < 1]
    note = f" (below 1: {', '.join(low)})" if low else ""
    fence = "```python" if register == "stub" else "```text"
    return (
        f"## {number}. `{item.function.module}.{item.function.name}`\n\n"
        f"Register: {register}. Level: {item.prompts.level}. Score: {quality.score:.2f}{note}.\n\n"
        f"{fence}\n{item.prompts.prompts[register].rstrip()}\n```\n"
    )


if __name__ == "__main__":
    sys.exit(main())
