"""Templates of Daikon's invariants (Ernst et al., 2007): types, ranges, lengths, orderings, containment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lift_sys import wire
from lift_sys.reverse_mode.observations import MISSING

Kinds = frozenset[type]
_NUMBERS = frozenset({int, float})
_LISTS = frozenset({list, tuple})
_SIZED = frozenset({str, bytes, list, tuple, dict, set, frozenset})
_CHARSETS = ("isdigit", "isalpha", "isalnum", "islower", "isupper", "isidentifier", "isascii")


def kinds_of(values: Sequence[object]) -> Kinds:
    return frozenset(type(value) for value in values if value is not MISSING)


def relations(results: Sequence[object], parameters: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """Predicates worth checking about results and how they relate to parameters, simplest first."""
    kinds = kinds_of(results)
    solid = kinds - {type(None)}
    if not kinds:
        return
    prefix = "result is None or " if len(solid) < len(kinds) and solid else ""
    for text in _about_result(results, solid):
        yield _unless_none(prefix, text)
    for name, values in parameters.items():
        for text in _about_pair(solid, name, kinds_of(values)):
            yield _unless_none(prefix, text)


def _unless_none(prefix: str, text: str) -> str:
    return f"{prefix}({text})" if prefix and (" or " in text or " if " in text) else prefix + text


def type_names(kinds: Kinds) -> str:
    names = sorted(kind.__name__ for kind in kinds)
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _about_result(results: Sequence[object], kinds: Kinds) -> Iterator[str]:
    if not kinds:
        yield "result is None"
        return
    yield _is_instance("result", kinds)
    yield from _one_of(results)
    if kinds <= _NUMBERS:
        yield from ("result >= 0", "result > 0", "result <= 0", "result <= 1", "-1 <= result <= 1", "result % 2 == 0")
        yield from _bounds(results)
    if kinds <= _SIZED:
        yield from _sizes([value for value in results if value is not None])
    if kinds == {str}:
        yield from (f"result.{name}()" for name in _CHARSETS)
        yield from (f"result == '' or result.{name}()" for name in ("isdigit", "isalpha", "islower", "isalnum"))
        yield from (f"result == result.{name}()" for name in ("lower", "upper", "strip", "title"))
        yield from ("'\\n' not in result", "' ' not in result")
        yield from _common_ends([value for value in results if isinstance(value, str)])
    if kinds <= _LISTS | {set, frozenset}:
        yield from _elements(
            "result", [e for v in results if isinstance(v, (list, tuple, set, frozenset)) for e in v]
        )
    if kinds <= _LISTS:
        yield from ("list(result) == sorted(result)", "list(result) == sorted(result, reverse=True)")
        yield "len(set(result)) == len(result)"
        if kinds == {tuple}:
            yield from _fields([value for value in results if isinstance(value, tuple)])
    if kinds == {dict}:
        dicts = [value for value in results if isinstance(value, dict)]
        yield from _elements("result", [k for value in dicts for k in value])
        yield from _elements("result.values()", [v for value in dicts for v in value.values()])


def _is_instance(text: str, kinds: Kinds) -> str:
    test = f"isinstance({text}, {type_names(kinds)})"
    return f"{test} and not isinstance({text}, bool)" if kinds & {int} and bool not in kinds else test


def _one_of(results: Sequence[object]) -> Iterator[str]:
    found: dict[str, str] = {}
    for value in results:
        if type(value) not in (int, str, bool, type(None)) or len(found) > 6:
            return
        text = wire.literal(value)
        found.setdefault(text, text)
    if len(text_list := sorted(found)) > 1 and len(results) >= 3 * len(found) and max(map(len, found)) < 30:
        yield f"result in ({', '.join(text_list)})"


SHARE_AT_BOUND = 0.15
"""Share of the results that lie on a bound: fewer may be the largest of what happened to be tried."""


def _touched(count: int, of: int, *, small: bool) -> bool:
    """Whether a bound is touched again and again, as it is where the function sets it and not the inputs."""
    return count >= (3 if small else max(3, SHARE_AT_BOUND * of))


def _bounds(results: Sequence[object]) -> Iterator[str]:
    numbers = [value for value in results if isinstance(value, (int, float)) and value == value]
    low, high = min(numbers), max(numbers)
    for bound, sign in ((low, ">="), (high, "<=")):
        if _touched(numbers.count(bound), len(numbers), small=abs(bound) <= 1) and abs(bound) < 1e9:
            yield f"result {sign} {wire.literal(bound)}"


def _sizes(values: Sequence[object]) -> Iterator[str]:
    sizes = [len(value) for value in values]  # type: ignore[arg-type]
    yield "len(result) > 0"
    if len(set(sizes)) == 1:
        yield f"len(result) == {sizes[0]}"
    for bound, sign in ((min(sizes), ">="), (max(sizes), "<=")):
        if (bound or sign == "<=") and _touched(sizes.count(bound), len(sizes), small=bound <= 2):
            yield f"len(result) {sign} {bound}"
    if all(size % 2 == 0 for size in sizes):
        yield "len(result) % 2 == 0"


def _common_ends(values: Sequence[str]) -> Iterator[str]:
    first = min(values, key=len)
    head = next((n for n in range(len(first), 0, -1) if all(v.startswith(first[:n]) for v in values)), 0)
    tail = next((n for n in range(len(first), 0, -1) if all(v.endswith(first[-n:]) for v in values)), 0)
    if head:
        yield f"result.startswith({first[:head]!r})"
    if tail:
        yield f"result.endswith({first[-tail:]!r})"


def _elements(group: str, elements: Sequence[object]) -> Iterator[str]:
    kinds = kinds_of(elements)
    if not kinds or len(kinds) > 3:
        return
    solid = kinds - {type(None)}
    test = _is_instance("e", solid) if solid else "e is None"
    none = "e is None or " if solid and solid != kinds else ""
    yield f"all({none}{test} for e in {group})"
    if kinds <= _NUMBERS:
        yield from (f"all(e {test} for e in {group})" for test in ("> 0", ">= 0", "<= 1", "!= 0"))
    if kinds == {str}:
        yield f"all(e for e in {group})"
        yield from (f"all(e == e.{name}() for e in {group})" for name in ("strip", "lower", "upper"))
    if kinds <= _LISTS:
        yield f"all(e for e in {group})"
        sizes = {len(e) for e in elements if isinstance(e, (list, tuple))}
        if len(sizes) == 1:
            yield f"all(len(e) == {min(sizes)} for e in {group})"


def _fields(values: Sequence[tuple[object, ...]]) -> Iterator[str]:
    width = {len(value) for value in values}
    if len(width) != 1 or not 0 < max(width) <= 5:
        return
    for position in range(max(width)):
        found = [value[position] for value in values]
        kinds = kinds_of(found)
        solid = kinds - {type(None)}
        if not solid or len(solid) > 2:
            continue
        prefix = f"result[{position}] is None or " if solid != kinds else ""
        yield _unless_none(prefix, _is_instance(f"result[{position}]", solid))
        if kinds <= _NUMBERS:
            yield from (f"result[{position}] {test}" for test in (">= 0", "<= 1"))


def _about_pair(result: Kinds, name: str, kinds: Kinds) -> Iterator[str]:
    solid = kinds - {type(None)}
    if not solid:
        return
    if result <= _NUMBERS and solid <= _NUMBERS:
        yield from (f"result {sign} {name}" for sign in ("<=", ">=", "<", ">", "!="))
        yield from (
            f"result <= abs({name})",
            f"{name} % result == 0",
            f"result % {name} == 0",
            f"result ** 2 <= {name}",
        )
    if result <= _NUMBERS and solid <= _SIZED:
        yield from (f"result <= len({name})", f"result < len({name})")
        if solid <= _LISTS | {set, frozenset}:
            yield from (f"result <= max({name})", f"result >= min({name})", f"result <= sum({name})")
    if solid <= _LISTS | {set, frozenset, dict}:
        yield f"result in {name}"
        if solid == {dict}:
            yield f"result in {name}.values()"
    if result <= _SIZED and solid <= _SIZED:
        yield from (f"len(result) {sign} len({name})" for sign in ("==", "<=", ">=", "<", ">"))
        yield from _containment(result, name, solid)
    if result <= _SIZED and solid == {int}:
        yield from (f"len(result) {sign} {name}" for sign in ("==", "<=", ">="))
        if result <= _LISTS:
            yield f"all(len(e) <= {name} for e in result)"
    yield f"result != {name}"


def _containment(result: Kinds, name: str, kinds: Kinds) -> Iterator[str]:
    if result == kinds and result <= {str, bytes}:
        yield from (f"result in {name}", f"{name} in result")
        yield from (f"{name}.startswith(result)", f"{name}.endswith(result)")
        yield from (f"result.startswith({name})", f"result.endswith({name})")
        yield from (f"set(result) <= set({name})", f"set({name}) <= set(result)")
        if result == {str}:
            yield from (f"result.lower() == {name}.lower()", f"set(result.lower()) <= set({name}.lower())")
            yield f"''.join(result.split()) == ''.join({name}.split())"
            yield f"sorted(result) == sorted({name})"
            yield f"len(result.splitlines()) == len({name}.splitlines())"
    elif result <= _LISTS | {set, frozenset, dict}:
        yield from (f"set(result) <= set({name})", f"set(result) == set({name})", f"set({name}) <= set(result)")
        yield from (f"all(e in {name} for e in result)", f"all(e in result for e in {name})")
        if result <= _LISTS and kinds <= _LISTS:
            yield f"sorted(result) == sorted({name})"
            yield from (
                f"all(part in {name} for e in result for part in e)",
                f"sum(len(e) for e in result) == len({name})",
            )
            yield f"[part for e in result for part in e] == list({name})"
        if result <= _LISTS and kinds == {str}:
            yield from (f"''.join(result) == {name}", f"''.join(result) in {name}")
            yield from (f"{name}.startswith(result[0])", f"{name}.endswith(result[-1])")
            yield f"sum(len(e) for e in result) <= len({name})"
        if result == {dict} and kinds == {dict}:
            yield f"all(result[k] == {name}[k] for k in result if k in {name})"
            yield f"all(v in {name}.values() for v in result.values())"
            yield f"all(result[k] == {name}[k] for k in {name})"
