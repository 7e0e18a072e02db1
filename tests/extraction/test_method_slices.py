"""Slices of methods: of their classes they hold what the method may reach, and no more."""

from __future__ import annotations

import textwrap
from pathlib import Path

from slices_kit import code_of, lifted_files, run

from lift_sys.records import Function, RejectionReason


def functions(folder: Path, files: dict[str, str]) -> dict[str, Function]:
    results = lifted_files(folder, files)
    return {lifted.function.qualname: lifted.function for r in results for lifted in r.functions}


PURSE = """
    import json
    import math
    import requests

    class Base:
        def shout(self):
            return self.name().upper()

        def unused(self):
            return requests.get("x")

    class Purse(Base):
        '''Holds coins.'''

        rate = 3

        def __init__(self, coins):
            self.coins = coins

        def worth(self):
            return math.floor(self.rounded(1)) * self.rate

        def rounded(self, n):
            return round(self.coins, n)

        def saved(self, path):
            with open(path, "w") as file:
                json.dump(self.coins, file)

        def name(self):
            return "purse"

        def loud(self):
            return self.shout()

        def any_of(self, which):
            return getattr(self, which)

        @staticmethod
        def halved(n):
            return n // 2

        def __len__(self):
            return int(self.coins)
"""


def test_only_what_the_method_may_reach_comes_along(tmp_path: Path) -> None:
    found = functions(tmp_path, {"a.py": PURSE})
    code = code_of(found["Purse.worth"])
    assert run(code, "Purse(4.26).worth()") == "12"
    assert run(code, "len(Purse(4.26))") == "4"
    assert "def rounded" in code
    assert not any(text in code for text in ("def saved", "json", "requests", "def name", "def halved"))
    assert found["Purse.worth"].slice.entry_point == "Purse.worth"  # type: ignore[union-attr]


def test_methods_reach_those_of_bases_and_back(tmp_path: Path) -> None:
    code = code_of(functions(tmp_path, {"a.py": PURSE})["Purse.loud"])
    assert run(code, "Purse(1).loud()") == "PURSE"
    assert "requests" not in code


def test_attributes_by_name_bring_the_whole_class(tmp_path: Path) -> None:
    found = functions(tmp_path, {"a.py": PURSE})["Purse.any_of"]
    assert found.obstacle is not None
    assert found.obstacle.reason in (RejectionReason.EFFECT, RejectionReason.THIRD_PARTY_IMPORT)


def test_a_base_that_nothing_is_kept_of_stays_a_class(tmp_path: Path) -> None:
    code = code_of(functions(tmp_path, {"a.py": PURSE})["Purse.halved"])
    assert run(code, "Purse.halved(9)") == "4"
    assert run(code, "Base.__name__") == "Base"


def test_a_function_gets_classes_in_parts_where_whole_ones_stop_it(tmp_path: Path) -> None:
    files = {"a.py": textwrap.dedent(PURSE) + "\ndef total(coins):\n    return Purse(coins).worth()\n"}
    code = code_of(functions(tmp_path, files)["total"])
    assert run(code, "total(2.0)") == "6"


def test_one_package_under_one_name_in_several_modules(tmp_path: Path) -> None:
    found = functions(
        tmp_path,
        {
            "pkg/__init__.py": "from .one import first\nfrom .two import second\n",
            "pkg/one.py": "import pkg as p\n\ndef first(x):\n    return p.second(x) + 1\n",
            "pkg/two.py": "import pkg as p\n\ndef second(x):\n    return p.first(x - 1) if x > 5 else x * 2\n",
        },
    )
    assert run(code_of(found["first"]), "first(7)") == "13"
    assert run(code_of(found["second"]), "second(3)") == "6"


def test_harmless_uses_of_modules_with_effects_are_let_through(tmp_path: Path) -> None:
    files = {"a.py": "import threading\nLOCK = threading.RLock()\ndef f(x):\n    with LOCK:\n        return x + 1\n"}
    assert run(code_of(functions(tmp_path, files)["f"]), "f(1)") == "2"
