"""A prompt uses no name that it does not define."""

from __future__ import annotations

import ast

import pytest
from prompt_builders import case, lifted, one

from lift_sys.data_synthesis.prompt_synthesizer import REGISTERS, PromptSynthesizer
from lift_sys.records import Slice

ALIASED = """
    from typing import TypeVar, Union

    LIMIT = 10 * 3
    T = TypeVar("T")
    Pair = tuple[T, T]

    class Note(Exception):
        '''A thing to say.'''
        text: str

        def loud(self, times: int = 1) -> str:
            return self.text.upper() * times * 31337

    def first(pair: "Pair", note: Note, mark: Gone, most=LIMIT) -> dict[str, Union[T, Lost]]:
        if note.text == "none":
            raise Note("no")
        return {mark: pair[0]}
"""


@pytest.fixture(scope="module")
def prompts() -> dict[str, str]:
    return PromptSynthesizer().synthesize(*one(ALIASED), [case(1, 2, gives=3)]).prompts


@pytest.mark.parametrize("register", REGISTERS)
def test_aliases_constants_and_classes_are_defined_in_the_prompt(prompts: dict[str, str], register: str) -> None:
    text = prompts[register].replace("\n    ", "\n")
    assert "Pair = tuple[T, T]" in text
    assert "T = TypeVar('T')" in text
    assert "from typing import TypeVar" in text
    assert "LIMIT = 10 * 3" in text
    assert "class Note(Exception):" in text
    assert "def loud(self, times: int=1) -> str: ..." in text
    assert "31337" not in text


@pytest.mark.parametrize("register", REGISTERS)
def test_an_annotation_that_nothing_defines_is_made_simpler(prompts: dict[str, str], register: str) -> None:
    assert "Gone" not in prompts[register]
    assert "Lost" not in prompts[register]
    assert "dict[str, Union[T, Any]]" in prompts[register]


def test_the_stub_runs_with_all_its_names(prompts: dict[str, str]) -> None:
    exec(compile(ast.parse(prompts["stub"]), "stub.py", "exec"), {})  # our own toy code


def test_a_method_s_own_class_is_quoted_and_its_bases_are_shown() -> None:
    code = (
        "class Base:\n    size = 3\n\n\nclass Leaf(Base):\n    def __init__(self, other: Unknown):\n"
        "        self.other = other\n\n    def twin(self) -> Leaf:\n        return Leaf(self.other)\n"
    )
    found, ir = next(pair for pair in lifted(code) if pair[0].name == "twin")
    found = found.model_copy(update={"slice": Slice(code=code, entry_point="Leaf.twin")})
    texts = PromptSynthesizer().synthesize(found, ir, [case(gives=None)]).prompts
    assert "class Base:" in texts["stub"]
    assert not any("Unknown" in text for text in texts.values())
    exec(compile(ast.parse(texts["stub"]), "stub.py", "exec"), {})  # our own toy code


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        ("Annotated[int, Query(ge=1)]", "x: int"),
        ("list['Gone']", "x: list[Any]"),
        ("np.ndarray | None", "x"),
        ("Literal['Gone']", "x: Literal['Gone']"),
    ],
)
def test_annotations_keep_what_is_known(annotation: str, shown: str) -> None:
    text = PromptSynthesizer().synthesize(*one(f"def show(x: {annotation}):\n    return x\n")).prompts["request"]
    assert f"`show({shown})`" in text


def test_long_values_are_not_spelled_out() -> None:
    code = f"WORDS = {[str(n) for n in range(300)]}\n\n\ndef pick(n, words=WORDS):\n    return words[n]\n"
    text = PromptSynthesizer().synthesize(*one(code), [case(1, gives="1")]).prompts["stub"]
    assert "WORDS = ...  # too long to be shown" in text


def test_typing_names_of_the_class_are_imported_though_its_module_did_not() -> None:
    code = (
        "class Leaf:\n    '''Says \"hello\" twice\n    or more.'''\n\n"
        "    def __init__(self, other: Union[int, str]):\n"
        "        self.other = other\n\n    def twin(self):\n        return self.other\n"
    )
    found, ir = next(pair for pair in lifted(code) if pair[0].name == "twin")
    found = found.model_copy(update={"slice": Slice(code=code, entry_point="Leaf.twin")})
    text = PromptSynthesizer().synthesize(found, ir, [case(gives=None)]).prompts["stub"]
    assert "from typing import Union" in text
    assert 'Says "hello" twice\n    or more.' in text
