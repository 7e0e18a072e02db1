"""For verl: `SPLIT.parquet` with the columns its RLHFDataset reads, and `reward.py` for `custom_reward_function`.

    data_source    the dataset's name
    prompt         chat, a list of {role, content}
    ability        `code`
    reward_model   {style: `rule`, ground_truth}: the tests, see `grounds`
    extra_info     {split, index, id, entry_point, licence, source}

`ppo` options: `data.train_files=OUT/train.parquet custom_reward_function.path=OUT/reward.py
custom_reward_function.name=compute_score`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lift_sys.data_synthesis.exports.asking import chat
from lift_sys.data_synthesis.exports.grounds import ground_truth
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.parquet import write_table
from lift_sys.data_synthesis.exports.registry import Options
from lift_sys.data_synthesis.exports.source import Source
from lift_sys.data_synthesis.exports.trl import origin

REWARD = '''"""The reward of this dataset, for verl: 1.0 when an answer passes every test of its row, else 0.0.

Needs `lift-sys` where the reward is computed, and Linux with bubblewrap: answers run in its sandbox.
"""

from lift_sys.data_synthesis.exports.reward import compute_score

__all__ = ["compute_score"]
'''


def write(source: Source, output: Output, options: Options) -> dict[str, int]:
    counts = {}
    for split in source.splits:
        name = f"{split}.parquet"
        counts[name] = write_table(output.path(name), _rows(source, split, options.name), _schema())
    output.text("reward.py", REWARD)
    return counts


def _rows(source: Source, split: str, name: str) -> Iterator[dict[str, Any]]:
    for index, example in enumerate(source.examples(split)):
        yield {
            "data_source": name,
            "prompt": chat(example),
            "ability": "code",
            "reward_model": {"style": "rule", "ground_truth": ground_truth(example)},
            "extra_info": {
                "split": split,
                "index": index,
                "entry_point": example.entry_point,
                **origin(example),
            },
        }


def _schema() -> Any:
    from lift_sys.data_synthesis.exports.parquet import require_pyarrow

    arrow = require_pyarrow()
    text = arrow.string()
    message = arrow.struct([("role", text), ("content", text)])
    extra = [("split", text), ("index", arrow.int64()), ("entry_point", text)]
    extra += [(name, text) for name in ("id", "licence", "source")]
    return arrow.schema(
        [
            ("data_source", text),
            ("prompt", arrow.list_(message)),
            ("ability", text),
            ("reward_model", arrow.struct([("style", text), ("ground_truth", text)])),
            ("extra_info", arrow.struct(extra)),
        ]
    )
