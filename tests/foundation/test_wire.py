"""The wire format carries exact plain values and nothing else."""

from __future__ import annotations

import collections
import contextlib
import enum
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lift_sys import wire
from lift_sys.errors import WireError

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**80), max_value=2**80)
    | st.floats(allow_nan=True)
    | st.text()
    | st.text(st.characters(categories=["Cs"]), max_size=3)
    | st.binary()
)
hashables = st.recursive(
    scalars, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=6
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.dictionaries(hashables, inner, max_size=3)
        | st.sets(hashables, max_size=3)
    ),
    max_leaves=12,
)


@given(values)
def test_a_value_comes_back_with_the_same_type_bits_and_order(value: object) -> None:
    text = wire.encode(value)
    back = wire.decode(text)
    assert type(back) is type(value)
    assert wire.encode(back) == text
    assert repr(back) == repr(value) or isinstance(value, set | frozenset) or "{" in repr(value)


@given(values)
def test_the_text_is_ascii_on_one_line(value: object) -> None:
    text = wire.encode(value)
    assert text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ((), []),
        ("a", b"a"),
        ({1}, frozenset({1})),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([1, [2]], [[1], 2]),
        (2**53, float(2**53)),
        ("\ud83d\ude00", "😀"),
        (
            struct.unpack(">d", bytes.fromhex("7ff8000000000000"))[0],
            struct.unpack(">d", bytes.fromhex("fff8000000000001"))[0],
        ),
    ],
)
def test_values_that_differ_in_type_bits_or_order_have_different_texts(one: object, other: object) -> None:
    assert wire.encode(one) != wire.encode(other)


def test_equal_sets_have_one_text_whatever_their_order() -> None:
    assert wire.encode({"b", "a", ("c", 1)}) == wire.encode({("c", 1), "a", "b"})


class Colour(enum.IntEnum):
    RED = 1


class Text(str):
    pass


@pytest.mark.parametrize(
    "value",
    [Colour.RED, Text("a"), collections.OrderedDict(), collections.namedtuple("P", "x")(1), object(), 1j, range(3),
     bytearray(b"a"), iter([]), [1, {2: [Text("x")]}], {Text("k"): 1}, len, Ellipsis],
)  # fmt: skip
def test_anything_that_is_not_exactly_plain_is_refused(value: object) -> None:
    with pytest.raises(WireError, match="has no encoding"):
        wire.encode(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    cycle: list[object] = [1]
    cycle.append({"again": (cycle,)})
    with pytest.raises(WireError, match="holds itself"):
        wire.encode(cycle)


def test_a_shared_part_is_no_cycle() -> None:
    part = [1]
    assert wire.decode(wire.encode([part, part])) == [[1], [1]]


def test_nesting_has_no_limit() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    text = wire.encode(value)
    assert wire.encode(wire.decode(text)) == text


@given(st.lists(st.integers(), min_size=65) | st.lists(st.floats(allow_nan=True), min_size=65).map(tuple))
def test_a_long_uniform_list_has_the_text_of_its_members(value: list[int] | tuple[float, ...]) -> None:
    members = ",".join(wire.encode(member) for member in value)
    assert wire.encode(value) == (f"[{members}]" if type(value) is list else f'{{"t":[{members}]}}')


@pytest.mark.parametrize(
    ("value", "size"),
    [(b"x" * 1000, 1000), ("x" * 1000, 1000), ("ü" * 500, 1000), ("\0" * 1000, 1000), ([0.5] * 100, 900),
     ([7] * 100, 199), (["a", 1] * 50, 200)],
)  # fmt: skip
def test_the_limit_counts_bytes_of_the_value_and_not_of_its_escapes(value: object, size: int) -> None:
    assert len(wire.encode(value, limit=size + 10)) <= wire.EXPANSION * size + 10
    with pytest.raises(WireError, match="larger than"):
        wire.encode(value, limit=size - 10)


def test_a_small_object_graph_with_a_huge_text_stops_at_the_limit() -> None:
    value: list[object] = ["x" * 100]
    for _ in range(60):
        value = [value, value]
    with pytest.raises(WireError, match="larger than 100000"):
        wire.encode(value, limit=100_000)


@pytest.mark.parametrize(
    "text",
    ["", "[", "]", "[1,]", "[,1]", "[1 2]", "1 ", " 1", "1,2", "01", "1.0", "1e3", "-", "NaN", "Infinity", "nul",
     "'a'", '"abc', '"\\x"', '{"t":[1]', '{"t":[1]]', "[1]}", '{"d":[1]}',
     '{"d":[[1],2]}', '{"set":[[1]]}', '{"q":"1"}',
     '{"i":"zz"}', '{"i":""}', '{"b":"f"}', '{"f":"nan:00"}', '{"f":"nan:3ff0000000000000"}', '{"f":"1e999999999x"}',
     '{"s":"ff"}', '{"a":1}', "99999999999999999999", "[1]\n", "\ufeff1"],
)  # fmt: skip
def test_what_is_no_encoding_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        wire.decode(text)


@given(st.text(alphabet='[]{}",:0123456789tdsfinulrae\\-. ', max_size=40))
def test_any_text_is_decoded_or_refused_and_never_crashes(text: str) -> None:
    with contextlib.suppress(WireError):
        wire.decode(text)


@given(values)
def test_the_literal_evaluates_to_the_value(value: object) -> None:
    back = eval(wire.literal(value))
    assert type(back) is type(value)
    assert back == value or any(math.isnan(x) for x in _floats(value))


def _floats(value: object) -> list[float]:
    if isinstance(value, float):
        return [value]
    if isinstance(value, dict):
        return [x for pair in value.items() for part in pair for x in _floats(part)]
    if isinstance(value, list | tuple | set | frozenset):
        return [x for part in value for x in _floats(part)]
    return []
