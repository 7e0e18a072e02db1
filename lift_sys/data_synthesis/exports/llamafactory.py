"""For LLaMA-Factory: `dataset_info.json` and the files it names, in the alpaca and sharegpt forms.

    NAME_sft                 alpaca: `instruction`, `input` (empty), `output`
    NAME_preference          sharegpt: `conversations`, `chosen`, `rejected`, `ranking` set

Point `dataset_dir` at the folder and name the sets in `dataset`. Splits other than train get `_SPLIT` after the name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lift_sys.data_synthesis.exports.asking import answer, question
from lift_sys.data_synthesis.exports.naming import plain_name
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.preferences import wrong_answers
from lift_sys.data_synthesis.exports.registry import Options
from lift_sys.data_synthesis.exports.source import Source
from lift_sys.data_synthesis.exports.trl import origin
from lift_sys.records import Example

PASSES = 2
Row = dict[str, Any]
SFT = {"columns": {"prompt": "instruction", "query": "input", "response": "output"}}
PREFERENCE = {
    "formatting": "sharegpt",
    "ranking": True,
    "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
    "tags": {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"},
}


def write(source: Source, output: Output, options: Options) -> dict[str, int]:
    base = plain_name(options.name).replace("-", "_").replace(".", "_")
    counts, info = {}, {}
    for split in source.splits:
        suffix = "" if split == "train" else f"_{split}"
        for kind, entry in (("sft", SFT), ("preference", PREFERENCE)):
            file = f"{base}_{kind}{suffix}.jsonl"
            rows = _sft(source, split) if kind == "sft" else _preference(source, split, options.pairs)
            if written := output.lines(file, rows):
                counts[file] = written
                info[file.removesuffix(".jsonl")] = {"file_name": file, **entry}
    output.text("dataset_info.json", json.dumps(info, indent=2) + "\n")
    return counts


def _sft(source: Source, split: str) -> Iterator[Row]:
    for example in source.examples(split):
        yield {"instruction": question(example), "input": "", "output": answer(example), **origin(example)}


def _preference(source: Source, split: str, most: int) -> Iterator[Row]:
    for example in source.examples(split):
        for wrong in wrong_answers(example, most):
            yield _pair(example, wrong)


def _pair(example: Example, wrong: str) -> Row:
    return {
        "conversations": [{"from": "human", "value": question(example)}],
        "chosen": {"from": "gpt", "value": answer(example)},
        "rejected": {"from": "gpt", "value": wrong},
        **origin(example),
    }
