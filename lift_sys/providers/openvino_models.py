"""Models in the form that OpenVINO loads, made once and kept in the cache.

<cache>/openvino/<name>-<digest>-<kind>-v<n>/   openvino_model.xml and .bin, tokenizers, configuration
    ready.json                                  written last: without it the folder is made anew
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from lift_sys.providers.embedded import cache_folder, check_room, library
from lift_sys.providers.openvino_graph import Kind, build
from lift_sys.providers.weights import Weights
from lift_sys.storage.files import storage_errors

FORMAT = 1
"""Raised when the same weights would lead to another folder."""
READY = "ready.json"


def converted(weights: Weights, kind: Kind) -> Path:
    """The folder of the model, made on first use.

    Raises:
        NotKnown: the model is none that can be converted.
        StorageError: there is no room for it, or the cache can't be written.
    """
    place = cache_folder() / "openvino" / f"{weights.name}-{weights.digest}-{kind}-v{FORMAT}"
    if not (place / READY).is_file():
        with storage_errors(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            what = f"converting {weights.name} for OpenVINO"
            check_room(int(2.2 * weights.bytes), place.parent, what, instead=", or set LIFT_SYS_ENGINE=transformers")
            with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as scratch:
                _put(_convert(weights, kind, Path(scratch) / "model"), place)
    return place


def _convert(weights: Weights, kind: Kind, folder: Path) -> Path:
    openvino, tokenizers = library("openvino"), library("openvino_tokenizers")
    tokenizer = library("transformers").AutoTokenizer.from_pretrained(weights.tokenizer)
    folder.mkdir()
    openvino.save_model(
        build(weights.folder, weights.config, kind), folder / "openvino_model.xml", compress_to_fp16=False
    )
    pair = tokenizers.convert_tokenizer(tokenizer, with_detokenizer=True)
    for made, name in zip(pair, ("openvino_tokenizer.xml", "openvino_detokenizer.xml"), strict=True):
        openvino.save_model(made, folder / name)
    shutil.copy(weights.folder / "config.json", folder)
    ready = {"weights": weights.digest, "kind": kind, "openvino": openvino.__version__}
    (folder / READY).write_text(json.dumps(ready) + "\n", encoding="utf-8")
    return folder


def _put(made: Path, place: Path) -> None:
    try:
        os.rename(made, place)
    except OSError:  # another process was faster, or an unfinished folder lies there
        if not (place / READY).is_file():
            shutil.rmtree(place, ignore_errors=True)
            os.rename(made, place)
