"""What stands in for a slice when a function runs beside its installed package."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from wheel_kit import fetch, make_wheel, settings

from lift_sys.data_synthesis.batch_lifter import lift_checkout
from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.oracles import explore
from lift_sys.data_synthesis.sources import wheels
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.records import Function, Licence, RejectionReason, Repository, Requirement

SHELF = '''
    from __future__ import annotations

    import re
    import typing as t

    from . import rules
    from .rules import LIMIT, limited as bounded

    if t.TYPE_CHECKING:
        from .rules import Rule

    _TABLE = {}
    for _name in ("a", "b", "c"):
        _TABLE[_name] = len(_TABLE)
    globals()["MADE"] = 3


    def place(name: str, rule: Rule | None = None) -> int:
        """Where a name stands."""
        if name not in _TABLE:
            raise KeyError(name)
        return bounded(_TABLE[name] + MADE)


    def again(name: str) -> int:
        return again(name[1:]) + MADE if name else LIMIT


    def lazily(text: str) -> bool:
        from .rules import limited

        return limited(len(re.sub("x", "", text)) + MADE) > 4


    def counted() -> int:
        global _COUNT
        _COUNT = MADE
        return _COUNT


    def evaluated(text: str) -> int:
        return eval(text) + MADE


    def loaded(path: str) -> str:
        return rules.read(path) + str(MADE)


    class Shelf:
        def __init__(self, width: int) -> None:
            self.width = width

        def room(self, taken: int) -> int:
            if taken > self.width:
                return -MADE
            return self.width - taken + MADE

        def saved(self) -> None:
            open("shelf", "w").write(str(self.width + MADE))

        def told(self) -> str:
            return super().__repr__() + str(MADE)
'''
RULES = """
    LIMIT = 5


    class Rule:
        pass


    def limited(number: int) -> int:
        return min(number, LIMIT)


    def read(path: str) -> str:
        with open(path) as file:
            return file.read()
"""
OUTSIDE = """
    from shelf_maths import twice


    def doubled(number: int) -> int:
        return twice(number) if number > 3 else number
"""
FILES: dict[str, str | bytes] = {
    "shelf/__init__.py": dedent(SHELF),
    "shelf/rules.py": dedent(RULES),
    "shelf/outside.py": dedent(OUTSIDE),
}
MATHS = "def twice(number):\n    return 2 * number\n"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    folder = tmp_path_factory.mktemp("shelf")
    made = [
        make_wheel(folder / "index", "shelf", FILES),
        make_wheel(folder / "index", "shelf_maths", {"shelf_maths.py": MATHS}),
    ]
    found = [fetch(folder / "cache", folder / "index", requirement) for requirement in made]
    for path, text in FILES.items():
        (folder / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tree" / path).write_text(str(text))
    repository = Repository(
        kind="local", name="shelf", version="1", licence=Licence(spdx="MIT"), source_time="1970-01-01T00:00:00Z"
    )
    return Checkout(
        repository,
        folder / "tree",
        tuple(sorted(FILES)),
        ("",),
        requirements=tuple(made),
        provides=wheels.provided(found),
        wheels=folder / "cache" / "wheels",
    )


@pytest.fixture(scope="module")
def functions(checkout: Checkout) -> dict[str, Function]:
    return {
        lifted.function.qualname: lifted.function for file in lift_checkout(checkout) for lifted in file.functions
    }


def names(requirements: tuple[Requirement, ...]) -> list[str]:
    return [requirement.name for requirement in requirements]


def test_a_function_keeps_its_source_and_imports_what_it_reaches(functions: dict[str, Function]) -> None:
    found = functions["place"].slice
    assert found is not None
    assert found.code == (
        "from __future__ import annotations\n\n"
        "from shelf import MADE\nfrom shelf import _TABLE\nfrom shelf.rules import limited as bounded\n\n\n"
        + functions["place"].source.rstrip()
        + "\n"
    )
    assert names(found.requirements) == ["shelf", "shelf_maths"]


def test_a_function_that_calls_itself_calls_the_slice(functions: dict[str, Function]) -> None:
    found = functions["again"].slice
    assert found is not None
    assert "import again" not in found.code


def test_relative_imports_inside_a_function_find_its_package(functions: dict[str, Function]) -> None:
    found = functions["lazily"].slice
    assert found is not None
    assert '__package__ = "shelf"' in found.code
    assert "from .rules import limited" in found.code


def test_a_method_stands_in_a_subclass_of_its_own_class(functions: dict[str, Function]) -> None:
    found = functions["Shelf.room"].slice
    assert found is not None
    assert "class Shelf(shelf.Shelf):\n    def room(self" in found.code
    assert "def saved" not in found.code
    assert found.entry_point == "Shelf.room"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("counted", RejectionReason.UNRESOLVED_NAME),
        ("evaluated", RejectionReason.DYNAMIC_CODE),
        ("loaded", RejectionReason.EFFECT),
        ("Shelf.saved", RejectionReason.EFFECT),
        ("Shelf.told", RejectionReason.UNRESOLVED_NAME),
    ],
)
def test_what_means_something_else_elsewhere_is_refused(
    functions: dict[str, Function], name: str, reason: RejectionReason
) -> None:
    assert functions[name].slice is None
    assert functions[name].obstacle is not None
    assert functions[name].obstacle.reason == reason.value


def test_a_slice_may_import_a_locked_package(functions: dict[str, Function]) -> None:
    found = functions["doubled"].slice
    assert found is not None
    assert found.code.startswith("from shelf_maths import twice\n")
    assert names(found.requirements) == ["shelf", "shelf_maths"]


def test_a_slice_that_needs_no_package_requires_none(functions: dict[str, Function]) -> None:
    found = functions["limited"].slice
    assert found is not None
    assert found.requirements == ()


def test_without_wheels_there_is_the_old_obstacle(checkout: Checkout) -> None:
    bare = Checkout(checkout.repository, checkout.folder, checkout.files, checkout.import_roots)
    found = {lifted.function.qualname: lifted.function for file in lift_checkout(bare) for lifted in file.functions}
    assert found["place"].slice is None
    assert found["doubled"].obstacle is not None
    assert found["doubled"].obstacle.reason == RejectionReason.THIRD_PARTY_IMPORT.value


@pytest.mark.parametrize("name", ["place", "again", "lazily", "doubled", "Shelf.room"])
def test_calls_are_found_beside_the_package(checkout: Checkout, functions: dict[str, Function], name: str) -> None:
    function = functions[name]
    assert function.slice is not None
    with Boxes(checkout.wheels) as boxes:
        found = explore(boxes.bound(function.slice.requirements)[0], function, budget=60)
    assert found.reason is None
    assert len(found.calls) > 3


def test_calls_that_reach_for_files_make_no_tests(tmp_path: Path) -> None:
    text = "def kept(name):\n    return open(name).read() if name else len(name)\n"
    requirement = make_wheel(tmp_path / "index", "files", {"files.py": text})
    wheels.fetch(tmp_path / "cache", requirement, settings=settings(tmp_path / "index"))
    code = "from files import kept\n\n\ndef f(name: str) -> int:\n    return len(kept(name)) if name else 0\n"
    function = Function.model_validate(
        {
            "repository": "r", "path": "f.py", "module": "f", "qualname": "f", "name": "f", "kind": "function",
            "lineno": 1, "end_lineno": 2, "source": code,
            "slice": {"code": code, "entry_point": "f", "requirements": [requirement]},
        }
    )  # fmt: skip
    with Boxes(tmp_path / "cache" / "wheels") as boxes:
        found = explore(boxes.bound((requirement,))[0], function, budget=60)
    assert {call.args for call in found.calls} <= {("",)}
