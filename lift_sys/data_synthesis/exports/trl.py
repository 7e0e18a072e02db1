"""For trl: JSONL files that its trainers take as they are (`load_dataset("json", data_files=...)`).

    messages/SPLIT.jsonl            `messages`                        SFTTrainer, as a chat
    prompt_completion/SPLIT.jsonl   `prompt`, `completion`            SFTTrainer, as text: the completion is the code
    preference/SPLIT.jsonl          `prompt`, `chosen`, `rejected`    DPOTrainer: rejected is a killed mutant
    reward/SPLIT.jsonl              `prompt`, `ground_truth`          GRPOTrainer, with `exports.reward.trl_reward`

`id`, `licence` and `source` say where a row comes from; trainers leave columns alone that they don't know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lift_sys.data_synthesis.exports.asking import answer, chat, question
from lift_sys.data_synthesis.exports.grounds import ground_truth
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.preferences import wrong_answers
from lift_sys.data_synthesis.exports.registry import Options
from lift_sys.data_synthesis.exports.source import Source
from lift_sys.records import Example

PASSES = 4
Row = dict[str, Any]


def write(source: Source, output: Output, options: Options) -> dict[str, int]:
    kinds: dict[str, Callable[[Example], Iterator[Row]]] = {
        "messages": messages,
        "prompt_completion": prompt_completion,
        "preference": lambda example: preference(example, options.pairs),
        "reward": reward,
    }
    counts = {}
    for kind, rows in kinds.items():
        for split in source.splits:
            name = f"{kind}/{split}.jsonl"
            counts[name] = output.lines(name, (row for example in source.examples(split) for row in rows(example)))
    return counts


def origin(example: Example) -> dict[str, str]:
    """Columns that say where a row comes from."""
    place = example.provenance
    return {"id": example.id, "licence": place.licence, "source": f"{place.repository} {place.version}"}


def messages(example: Example) -> Iterator[Row]:
    yield {"messages": [*chat(example), _assistant(answer(example))], **origin(example)}


def prompt_completion(example: Example) -> Iterator[Row]:
    yield {"prompt": question(example) + "\n\n", "completion": example.code, **origin(example)}


def preference(example: Example, most: int) -> Iterator[Row]:
    for wrong in wrong_answers(example, most):
        yield {
            "prompt": chat(example),
            "chosen": [_assistant(answer(example))],
            "rejected": [_assistant(wrong)],
            **origin(example),
        }


def reward(example: Example) -> Iterator[Row]:
    yield {"prompt": chat(example), "ground_truth": ground_truth(example), **origin(example)}


def _assistant(content: str) -> dict[str, str]:
    return {"role": "assistant", "content": content}
