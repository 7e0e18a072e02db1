"""What is light stays light: without the extra `local` all imports, and what needs it says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BARE = """
import sys
for name in ("torch", "transformers", "peft", "gguf", "safetensors", "openvino", "openvino_genai",
             "llguidance", "huggingface_hub"):
    sys.modules[name] = None  # an import of it fails, as where it is not installed
import importlib, pkgutil
import lift_sys.providers as providers
from lift_sys.errors import ConfigError
for module in pkgutil.iter_modules(providers.__path__):
    importlib.import_module(f"lift_sys.providers.{module.name}")
try:
    providers.make_provider("local", sys.argv[1])
except ConfigError as error:
    print(error)
"""


@pytest.mark.parametrize("model", ["", "a-folder", "some/id"])
def test_without_the_extra_the_package_imports_and_says_what_to_install(tmp_path: Path, model: str) -> None:
    given = model
    if model == "a-folder":
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "config.json").write_text("{}")
        (tmp_path / "model" / "tokenizer.json").write_text("{}")
        (tmp_path / "model" / "model.safetensors").write_bytes(b"")
        given = str(tmp_path / "model")
    done = subprocess.run(
        [sys.executable, "-c", BARE, given],
        capture_output=True,
        text=True,
        env={"LIFT_SYS_CACHE": str(tmp_path), "PATH": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "pip install 'lift-sys[local]'" in done.stdout
