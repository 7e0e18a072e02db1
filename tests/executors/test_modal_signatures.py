"""What the executor asks of Modal is what the installed library takes; with no account it says what to do."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from lift_sys.executors.modal_executor import APP, AS_THEY_COME, CACHE, VOLUME, WORKER, options

pytestmark = pytest.mark.skipif(find_spec("modal") is None, reason="Modal is not installed")


def test_every_call_of_a_deployed_map_fits_the_library():
    import modal

    inspect.signature(modal.Volume.from_name).bind(VOLUME)
    inspect.signature(modal.Cls.from_name).bind(APP, WORKER)
    inspect.signature(modal.Cls.with_options).bind(modal.Cls, **options(7, modal.Volume.from_name(VOLUME)))
    inspect.signature(modal.Function.map.aio).bind(modal.Function, iter([(0, b"")]), **AS_THEY_COME)
    for name in ("AuthError", "NotFoundError"):
        assert issubclass(getattr(modal.exception, name), Exception)


def test_a_run_asks_for_its_containers_and_for_the_sources_where_it_has_them():
    assert options(7, "volume") == {"max_containers": 7, "volumes": {CACHE: "volume"}}


def test_the_app_holds_the_worker_that_is_asked_for():
    import modal

    from lift_sys.executors import modal_app

    worker = getattr(modal_app, WORKER)
    assert modal_app.app.name == APP
    assert isinstance(worker, modal.Cls)
    assert isinstance(worker().call, modal.Function)


def test_without_an_account_the_library_itself_says_so_and_we_say_what_to_run(tmp_path):
    """All is real up to there: the volume and the worker by name, its options, the map over its method."""
    program = (
        "import asyncio\n"
        "from lift_sys.executors import make_executor\n"
        "async def main():\n"
        "    async for done in make_executor('modal', 2).map_unordered(abs, [1, 2]):\n"
        "        print(done)\n"
        "asyncio.run(main())\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MODAL_")}
    environment |= {"MODAL_CONFIG_PATH": str(tmp_path / "none.toml"), "MODAL_SERVER_URL": "http://127.0.0.1:9"}
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert "ConfigError: Modal does not know this machine: run `modal token new` (Token missing" in done.stderr
