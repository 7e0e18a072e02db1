"""Relations that texts suggest: what a helper splits at, what never comes out, what stands in each field."""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable
from typing import Any

from lift_sys.ir import Intent, IntermediateRepresentation, Parameter, Signature
from lift_sys.reverse_mode.contract import breaches
from lift_sys.reverse_mode.hints import hints_of
from lift_sys.reverse_mode.refine import refine
from lift_sys.reverse_mode.relations import relations
from lift_sys.reverse_mode.source_relations import left_out, separators
from lift_sys.sandbox.api import Sandbox

Observing = Callable[..., list[Any]]
Pair = tuple[str, int]


def spec(*names: str) -> IntermediateRepresentation:
    signature = Signature(name="f", parameters=tuple(Parameter(name=name) for name in names))
    return IntermediateRepresentation(intent=Intent(summary="Do it."), signature=signature)


def texts(count: int, letters: str) -> list[str]:
    source = random.Random(3)
    return ["".join(source.choice(letters) for _ in range(source.randint(0, 7))) for _ in range(count)]


def rejects(
    box: Sandbox, observing: Observing, names: str, right: Any, wrong: Any, arguments: Any, source: str | None
) -> bool:
    """Whether the refined IR holds on the calls of `right` and rejects those of `wrong` by a predicate."""
    calls = observing(right, arguments)
    made = refine(spec(*names.split()), calls, box, source)
    assert breaches(made, calls, box) == []
    predicates = {clause.predicate for clause in made.assertions}
    return any(breach.clause in predicates for breach in breaches(made, observing(wrong, arguments), box))


def port(host: str, default: int) -> Pair:
    head, sign, tail = host.partition(":")
    return (head, len(tail)) if sign else (head, default)


def other_port(host: str, default: int) -> Pair:
    head, sign, tail = host.partition(":")
    return (head, len(tail)) if sign else (head, default - 1)


def test_what_a_helper_out_of_sight_splits_at_becomes_a_condition(box: Sandbox, observing: Observing) -> None:
    arguments = [(text, n % 40 + 9) for n, text in enumerate(texts(80, "abc:"))]
    made = refine(spec("host", "default"), observing(port, arguments), box, None)
    found = [re.sub(r"[()]", "", clause.predicate) for clause in made.assertions]
    assert "':' in host or result[1] == default" in found
    assert rejects(box, observing, "host default", port, other_port, arguments, None)


def escape(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("&", "&amp;").replace("<", "&lt;")


def test_what_a_function_replaces_is_not_in_its_results(box: Sandbox, observing: Observing) -> None:
    def forgets(text: str) -> str:
        return text.replace("\r\n", "\n").replace("&", "&amp;").replace("<", "&lt;")

    arguments = [(text,) for text in texts(80, "ab&<\n\r")]
    source = "def f(text): return text.replace('&', '&amp;').replace('<', '&lt;').replace('\\r', '\\n')"
    calls = observing(escape, arguments)
    made = refine(spec("text"), calls, box, source)
    assert "'\\r' not in result" in [clause.predicate for clause in made.assertions]
    assert rejects(box, observing, "text", escape, forgets, arguments, source)


def test_a_lost_or_added_line_is_noticed(box: Sandbox, observing: Observing) -> None:
    def doubles(text: str) -> str:
        return text.replace("\r", "\n").replace("&", "&amp;")

    arguments = [(text,) for text in texts(80, "ab\n\r")]
    assert rejects(box, observing, "text", escape, doubles, arguments, None)


def test_only_what_arguments_hold_is_said_to_be_left_out() -> None:
    results: list[object] = ["a", "b", ""]
    given: dict[str, list[object]] = {"x": ["a<", "<b", "<"], "n": [1, 2, 3]}
    assert list(left_out(results, given, ["<", ">", "long text", "", 3, b"<"])) == ["'<' not in result"]
    assert list(left_out([1, 2, 3], given, ["<"])) == []
    assert list(left_out([b"a"] * 2, {"x": [b"a&", b"&"]}, [b"&"])) == ["b'&' not in result"]


def test_separators_are_signs_that_many_texts_hold_in_a_fixed_order() -> None:
    calls: list[dict[str, object]] = [{"x": "a:b;c"}, {"x": "a;"}, {"x": "a,b:c", "y": 3}, {"x": "plain"}]
    assert separators(calls) == [":", ";"]
    assert separators([{"x": "!"}, *[{"x": "?"}] * 2, *[{"x": "-"}] * 2, *[{"x": "/"}] * 3, {"x": "plain"}]) == [
        "/",
        "-",
        "?",
    ]
    assert separators([{"x": 1}]) == []


def test_fields_that_may_be_none_have_a_type_and_numbers_a_sign() -> None:
    found = list(relations([("a", 1, None), ("b", 0, "c"), ("", 1, "d")], {}))
    assert "result[2] is None or isinstance(result[2], str)" in found
    assert "result[1] >= 0" in found
    assert "result[1] <= 1" in found
    assert "result[0] >= 0" not in found


def test_unpacked_names_stand_for_their_part() -> None:
    source = "def f(x):\n    a, b = x.split(':')\n    c, d = x, len(x)\n    if a and d > 3:\n        return b\n"
    hints = hints_of(source, [], ["x"])
    assert "x.split(':')[0]" in hints.conditions
    assert "len(x) > 3" in hints.conditions
    assert "x.split(':')[1]" in hints.terms
    assert hints_of(source.replace("a, b =", "a, *b ="), [], ["x"]).conditions == ("len(x) > 3",)


def test_a_kept_clause_holds_on_a_call_with_another_separator(box: Sandbox, observing: Observing) -> None:
    arguments = [(text, n % 40 + 9) for n, text in enumerate(texts(80, "abc:"))]
    calls = observing(port, arguments)
    made = refine(spec("host", "default"), calls, box, None)
    more = observing(port, [(text, 50) for text in texts(40, "xy:,")])
    assert breaches(made, more, box) == []


def test_a_backslash_that_is_put_into_an_f_string_is_no_obstacle() -> None:
    source = """
    def f(path):
        mark = "\\\\"
        text = f"{mark}{path}"
        full = text + mark
        return full if path else ""
    """
    assert "path" in hints_of(textwrap.dedent(source), [], ["path"]).conditions
