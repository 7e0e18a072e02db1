from __future__ import annotations

import json

import pytest

from lift_sys import wire
from lift_sys.data_synthesis.oracles.base import ObservedCall
from lift_sys.data_synthesis.oracles.fitting import allowed, fitting
from lift_sys.data_synthesis.oracles.generated import Exploration
from lift_sys.ir import Parameter, Signature
from lift_sys.records import Expected, Oracle


def call(*values: object, oracle: Oracle = "generated", **named: object) -> ObservedCall:
    args = tuple(json.loads(wire.encode(value)) for value in values)
    kwargs = {name: json.loads(wire.encode(value)) for name, value in named.items()}
    return ObservedCall(args, kwargs, Expected(value=1), oracle)


def kept(hint: str, *calls: ObservedCall) -> list[ObservedCall]:
    signature = Signature(name="f", parameters=(Parameter(name="x", type_hint=hint), Parameter(name="y")))
    found = fitting(Exploration(calls=calls, blocks=tuple(range(len(calls)))), signature)
    assert [calls[block] for block in found.blocks] == list(found.calls)
    return list(found.calls)


def test_a_generated_string_for_an_int_is_dropped_and_a_recorded_one_stays() -> None:
    calls = [call("-1"), call(3), call(True), call("7", oracle="recorded"), call(x="8"), call(x=9)]
    assert kept("int", *calls) == [calls[1], calls[2], calls[3], calls[5]]


def test_parameters_without_annotations_take_anything() -> None:
    calls = [call(1, "a"), call(1, [2]), call(1, y={})]
    assert kept("int", *calls) == calls


@pytest.mark.parametrize(
    ("hint", "kinds"),
    [
        ("int", {"int", "bool"}),
        ("float", {"int", "float", "bool"}),
        ("str | None", {"str", "None"}),
        ("'Optional[str]'", {"str", "None"}),
        ("typing.Union[int, List[str]]", {"int", "bool", "list"}),
        ("dict[str, int | None]", {"dict"}),
        ("dt.timedelta", set()),
        ("Mapping[str, Any]", {"dict"}),
        ("Any", None),
        ("int | T", None),
        ("Callable[[int], str]", None),
    ],
)
def test_what_an_annotation_allows(hint: str, kinds: set[str] | None) -> None:
    assert allowed(hint) == kinds
