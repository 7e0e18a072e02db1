"""Iterators: windows, chunks, merging, grouping, and reading that stops early."""

from lift_sys.testing.inputs import Inputs, integers, lists, mixed, one_of, tuples
from lift_sys.testing.template import Equivalent, Misreading, Template, Values

_MEMBERS = ("no member", "one member", "two members", "three members", "four members", "five members", "six members")


def _window(values: Values) -> Values | None:
    size, step, tail = values["size"], values["step"], values["tail"]
    if tail == "once" and step >= size - 1:
        return None  # no second window is short
    stop = f"len($xs) - {size - 1}" if tail == "drop" else "len($xs)"
    return {
        "stop": stop,
        "places": f"range({stop})" if step == 1 else f"range(0, {stop}, {step})",
        "further": "one $thing" if step == 1 else "$step $things",
        "relation": "<=" if tail == "once" else "==",
    }


def _lagged(values: Values) -> Values:
    ahead = values["towards"] == "later"
    inside = "other < len($ys)" if ahead else "0 <= other < len($ys)"
    sides = "$xs, $ys[$lag:]" if ahead else "$xs[$lag:], $ys"
    absent = {
        "drop": "",
        "none": f"found.append($combined if {inside} else None)",
        "zero": f"y = $ys[other] if {inside} else 0\nfound.append($combined)",
    }[values["missing"]]
    loop = (
        f"found = []\nfor place, x in enumerate($xs):\n    other = place {'+' if ahead else '-'} $lag\n    "
        + absent.replace("\n", "\n    ").replace("$combined", values["combined"].replace("y", values["partner"]))
        + "\nreturn found"
    )
    return {
        "sides": sides,
        "sides_swapped": ", ".join(sides.split(", ")[::-1]),
        "body": f"return [$combined for x, y in zip({sides})]" if values["missing"] == "drop" else loop,
        "shift": "$lag" if ahead else "-$lag",
        "far": "1 place" if values["lag"] == 1 else "$lag places",
        "holds": f"len(result) == len(list(zip({sides})))"
        if values["missing"] == "drop"
        else "len(result) == len($xs)",
    }


def _stopping(values: Values) -> Values:
    limit, joined = values["limit"], values["itself"] == "in"
    reached = {
        "total": f"sum(taken) + x >= {limit}",
        "value": f"x >= {limit}",
        "jump": f"taken and abs(x - taken[-1]) >= {limit}",
    }
    return {
        "reached": reached[values["rule"]],
        "closing": "[*taken, x]" if joined else "taken",
        "returned": "list[int] | None" if values["never"] == "none" else "list[int]",
        "drawn": {
            "total": integers(-limit // 3, limit + 2, limit, limit // 2),
            "value": integers(-limit, limit + 5, limit),
            "jump": integers(0, 2 * limit, 0, limit),
        }[values["rule"]],
    }


def _framed(values: Values) -> Values:
    whole, unfinished = values["counts"] == "all", values["unfinished"]
    first = 1 if whole else 0
    made = values["made"]
    return {
        "first": first,
        "size": "header - 1" if whole else "header",
        "added": {
            "keep": f"found.append({made})",
            "drop": f"if len(frame) == $size:\n    found.append({made})",
            "none": f"found.append({made} if len(frame) == $size else None)",
        }[unfinished],
        "returned": f"list[{values['member']} | None]" if unfinished == "none" else f"list[{values['member']}]",
        "headers": mixed(
            integers(first, first + 3),
            integers(first + 1, values["most"]),
            one_of(first, values["most"], values["most"], values["most"] + 1, first - 1),
        ),
    }


def _stream(values: Values) -> Inputs:
    """Whole frames one after the other, the last of them sometimes cut."""
    most, first = values["most"], values["first"]
    frame = tuples(values["headers"], lists(integers(-5, 9), most, most))

    def joined(drawn: tuple[list[tuple[int, list[int]]], int]) -> list[int]:
        numbers = [n for header, body in drawn[0] for n in (header, *body[: max(0, header - first)])]
        return numbers[: len(numbers) - drawn[1]]

    return tuples(lists(frame, 0, 4), one_of(0, 0, 0, 1, 1, 2, 3)).map(joined)


def _log(values: Values) -> Inputs:
    """Pairs of a minute and a text; the minutes mostly ascend."""
    gap = values["gap"]
    pair = tuples(integers(0, gap + 1, 0, gap), one_of("door", "heat", "lamp"))

    def late(steps: list[tuple[int, str]]) -> list[tuple[int, str]]:
        return [(sum(step for step, _ in steps[: at + 1]), text) for at, (_, text) in enumerate(steps)]

    rising = lists(pair, 2, 5).map(late).plus([])
    return mixed(rising, rising, rising, rising, rising, lists(pair, 1, 4))


def _turns(values: Values) -> Values | None:
    first, second, out = values["first"], values["second"], values["out"]
    if out == "short" and first == second == 1:
        return None  # a turn of one is either full or empty
    lines = [f"(one, {first})", f"(other, {second})"]
    return {
        "first_words": _MEMBERS[first],
        "second_words": _MEMBERS[second],
        "order": ", ".join(lines if values["begins"] == "first" else lines[::-1]),
    }


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="window_values",
        idea="one number for each window that slides over a list",
        space={
            "step": range(1, 5),
            "measure": {
                "spread": {
                    "value": "max(window) - min(window)",
                    "other_value": "sorted(window)[-1] - sorted(window)[0]",
                    "words": "the difference between its largest and its smallest $thing",
                    "holds": "all(value >= 0 for value in result)",
                },
                "sum": {
                    "value": "sum(window)",
                    "other_value": "fsum(window)",
                    "words": "the sum of its $things",
                    "holds": "not result or result[0] == sum($xs[:$size])",
                },
                "rise": {
                    "value": "window[-1] - window[0]",
                    "other_value": "-(window[0] - window.pop())",
                    "words": "its last $thing minus its first",
                    "holds": "$size < len($xs) or len(result) < 1 or result[0] == $xs[-1] - $xs[0]",
                },
                "peak": {
                    "value": "max(window)",
                    "other_value": "sorted(window)[-1]",
                    "words": "its largest $thing",
                    "holds": "all(value in $xs for value in result)",
                },
                "low": {
                    "value": "min(window)",
                    "other_value": "sorted(window)[0]",
                    "words": "its smallest $thing",
                    "holds": "all(value in $xs for value in result)",
                },
            },
            "tail": {
                "drop": {
                    "after": "",
                    "ends": "A window that would reach past the end of the list is left out, so a list of fewer "
                    "than $size $things gives an empty list.",
                    "ends_too": "Only complete windows count: with fewer than $size $things the result is an empty "
                    "list.",
                },
                "every": {
                    "after": "",
                    "ends": "A window that would reach past the end of the list holds just the $things that are "
                    "left, at least one; an empty list gives an empty list.",
                    "ends_too": "Near the end, windows may hold fewer $things; as long as there is a $thing for "
                    "it to begin at, there is a window. For an empty list return an empty one.",
                },
                "once": {
                    "after": "if len(window) < $size:\n    break",
                    "ends": "The first window that would reach past the end of the list holds just the $things that "
                    "are left, and no window comes after it; an empty list gives an empty list.",
                    "ends_too": "As soon as a window can't be filled because the list ends, it is taken with what "
                    "is left, as the last window. For an empty list return an empty one.",
                },
            },
            "size": range(2, 9),
        },
        surface={
            "what": {
                "readings": {"xs": "readings", "thing": "reading", "things": "readings"},
                "temps": {"xs": "temps", "thing": "temperature", "things": "temperatures"},
                "heights": {"xs": "heights", "thing": "height", "things": "heights"},
                "prices": {"xs": "prices", "thing": "price", "things": "prices"},
                "scores": {"xs": "scores", "thing": "score", "things": "scores"},
            },
            "name": ("window_values", "sliding_values", "over_windows", "rolling", "windowed"),
        },
        derive=_window,
        signature="($xs: list[int]) -> list[int]",
        wordings=(
            "Slide a window of $size $things over `$xs` and return a list that has, for each window, $words.",
            "For every window of $size neighbouring $things, in the order of the list, determine $words. Return "
            "these numbers as a list.",
            "Take windows of $size consecutive $things from `$xs` and return one number for each window, in a list: "
            "$words.",
            "`$xs` is looked at through a window that shows $size successive $things at a time and moves from left "
            "to right. Return the list of what is seen: for each window $words.",
        ),
        details={
            "starts": (
                "The first window begins at the first $thing, and each later one begins $further further on.",
                "Windows begin $further apart, the first of them at the first $thing.",
                "Each window starts $further after the one before it; the first starts at the very beginning.",
            ),
            "tail": ("$ends", "$ends_too"),
        },
        reference="""
            def $name($xs):
                found = []
                for start in $places:
                    window = $xs[start:start + $size]
                    found.append($value)
                    $after
                return found
        """,
        second="""
            from itertools import islice
            from math import fsum

            def $name($xs):
                found = []
                rest = list($xs)
                while rest:
                    window = list(islice(rest, $size))
                    full = len(window) == $size
                    if not full and "$tail" == "drop":
                        return found
                    found.append(int($other_value))
                    if not full and "$tail" == "once":
                        return found
                    del rest[:$step]
                return found
        """,
        misreadings=(
            Misreading(kind="bounds", says="tail", choose="tail"),
            Misreading(kind="scope", says="$words", choose="measure"),
            Misreading(
                kind="repeats",
                says="starts",
                code="""
                    def $name($xs):
                        found = []
                        for start in range(0, $stop, $size):
                            window = $xs[start:start + $size]
                            found.append($value)
                            $after
                        return found
                """,
            ),
            Misreading(
                kind="order",
                says="starts",
                code="""
                    def $name($xs):
                        found = []
                        for start in $places:
                            window = $xs[::-1][start:start + $size][::-1]
                            found.insert(0, $value)
                            $after
                        return found
                """,
            ),
        ),
        inputs=(lists(integers(-9, 20), 0, 12),),
        examples=("[]", "[4]", "[3, -1, 7, 7, 2, 0, 9, -4, 5, 1, 8]"),
        properties=("len(result) $relation len($places)", "$holds"),
    ),
    Template(
        name="pair_with_lag",
        idea="combine two series, one of them shifted",
        space={
            "towards": {
                "later": {"other_way": "earlier"},
                "earlier": {"other_way": "later"},
            },
            "combine": {
                "difference": {"combined": "x - y", "words": "the $thing minus its partner"},
                "sum": {"combined": "x + y", "words": "the sum of the $thing and its partner"},
                "larger": {"combined": "max(x, y)", "words": "the larger of the $thing and its partner"},
                "smaller": {"combined": "min(x, y)", "words": "the smaller of the $thing and its partner"},
            },
            "missing": {
                "drop": {
                    "returned": "list[int]",
                    "partner": "y",
                    "gap": "is left out of the result",
                },
                "none": {
                    "returned": "list[int | None]",
                    "partner": "$ys[other]",
                    "gap": "has `None` in its place in the result",
                },
                "zero": {
                    "returned": "list[int]",
                    "partner": "y",
                    "gap": "is treated as if its partner were 0",
                },
            },
            "lag": range(1, 18),
        },
        surface={
            "what": {
                "wages": {"xs": "wages", "ys": "prices", "thing": "wage"},
                "levels": {"xs": "levels", "ys": "rainfall", "thing": "level"},
                "bids": {"xs": "bids", "ys": "offers", "thing": "bid"},
                "harvests": {"xs": "harvests", "ys": "frosts", "thing": "harvest"},
                "payments": {"xs": "payments", "ys": "incomes", "thing": "payment"},
            },
            "name": ("pair_with_lag", "with_lag", "lagged", "shifted_pairs", "line_up"),
        },
        derive=_lagged,
        signature="($xs: list[int], $ys: list[int]) -> $returned",
        wordings=(
            "The partner of a $thing is the member of `$ys` that stands $far $towards in `$ys` than the $thing "
            "stands in `$xs`. Return a list that has, for each $thing in order, $words.",
            "Compare the lists `$xs` and `$ys` with a lag: pair each $thing with the member of `$ys` whose position "
            "is $far $towards than its own. Return, in the order of `$xs`, $words.",
            "Go through `$xs`. To each $thing belongs a partner from `$ys`, found $far $towards in that list. The "
            "result is a list with $words, one after the other.",
            "`$xs` and `$ys` are two series of numbers, and position 0 is the earliest in both. Give every $thing "
            "the entry of `$ys` $far $towards as its partner, and return a list of the results: $words.",
        ),
        details={
            "missing": (
                "A $thing that has no partner, because `$ys` has no such position, $gap.",
                "Where `$ys` has nothing at that position, the $thing $gap.",
            ),
            "rest": (
                "Members of `$ys` that are nobody's partner don't matter.",
                "What is left in `$ys` without a counterpart is ignored.",
            ),
        },
        reference="""
            def $name($xs, $ys):
                $body
        """,
        second="""
            def $name($xs, $ys):
                partners = {place - ($shift): y for place, y in enumerate($ys)}
                found = []
                for place, x in enumerate($xs):
                    if place in partners:
                        y = partners[place]
                        found.append($combined)
                    elif "$missing" == "zero":
                        y = 0
                        found.append($combined)
                    elif "$missing" == "none":
                        found.append(None)
                return found
        """,
        misreadings=(
            Misreading(kind="order", says="$towards", choose="towards"),
            Misreading(kind="empty", says="missing", choose="missing"),
            Misreading(kind="scope", says="$words", choose="combine"),
            Misreading(
                kind="bounds",
                says="missing",
                code="""
                    def $name($xs, $ys):
                        found = []
                        for place, x in enumerate($xs):
                            if $ys:
                                y = $ys[(place + $shift) % len($ys)]
                                found.append($combined)
                        return found
                """,
            ),
        ),
        inputs=lambda values: (
            lists(integers(-9, 9), max(0, values["lag"] // 2 - 3), values["lag"] + 6),
            lists(integers(-9, 9), max(0, values["lag"] // 2 - 3), values["lag"] + 6),
        ),
        examples=("[], [1, 2]", "[1, 2], []", "[5, 3, 8], [4, -1, 6]"),
        properties=("$holds",),
        equivalents=(
            Equivalent("zip($sides) -> zip($sides_swapped)", "sum, larger and smaller are the same in either order"),
        ),
    ),
    Template(
        name="take_turns",
        idea="deal from two lists in turns of so many members",
        space={
            "out": {
                "rest": {
                    "before": "",
                    "after": "if len(taken) < count:\n    break",
                    "result": "[*found, *one, *other]",
                    "then": "When a list can't fill its turn, it gives what it has left, if anything, and then all "
                    "that is left of the other list follows.",
                    "then_too": "Once it is the turn of a list that has too few members left, those go into the "
                    "result, followed by everything that is left of the other list.",
                    "holds": "len(result) == len($xs) + len($ys)",
                },
                "whole": {
                    "before": "if len(taken) < count:\n    break",
                    "after": "",
                    "result": "found",
                    "then": "When a list can't fill its turn, the result ends before that turn, and what the list "
                    "has left is not taken.",
                    "then_too": "Once it is the turn of a list that has too few members left, nothing more is taken "
                    "from either list.",
                    "holds": "len(result) <= len($xs) + len($ys)",
                },
                "short": {
                    "before": "",
                    "after": "if len(taken) < count:\n    break",
                    "result": "found",
                    "then": "When a list can't fill its turn, it gives what it has left, if anything, and the result "
                    "ends there.",
                    "then_too": "Once it is the turn of a list that has too few members left, those are still "
                    "taken, and after them nothing more from either list.",
                    "holds": "len(result) <= len($xs) + len($ys)",
                },
            },
            "begins": {"first": {"opens": "$xs"}, "second": {"opens": "$ys"}},
            "side": {
                "front": {
                    "open_other": "iter($ys)",
                    "line_up": "$ys",
                    "from_side": "Both lists are used up from the front.",
                    "from_side_too": "From either list, members are taken in the order in which they stand.",
                },
                "back": {
                    "open_other": "reversed($ys)",
                    "line_up": "$ys[::-1]",
                    "from_side": "`$xs` is used up from the front, `$ys` from the back: its last member comes first.",
                    "from_side_too": "Members of `$xs` are taken in the order in which they stand, those of `$ys` "
                    "in reverse order, starting with the last.",
                },
            },
            "first": range(1, 7),
            "second": range(1, 7),
        },
        surface={
            "what": {
                "guests": {"xs": "guests", "ys": "hosts"},
                "songs": {"xs": "songs", "ys": "adverts"},
                "tasks": {"xs": "tasks", "ys": "breaks"},
                "cards": {"xs": "reds", "ys": "blacks"},
                "questions": {"xs": "sums", "ys": "riddles"},
            },
            "name": ("take_turns", "deal_out", "interleave", "in_turns", "blend"),
        },
        derive=_turns,
        signature="($xs: list[str], $ys: list[str]) -> list[str]",
        wordings=(
            "Build one list from two by turns, in alternation: a turn takes $first_words from `$xs` or $second_words "
            "from `$ys`.",
            "Interleave `$xs` and `$ys`. Whenever it is the turn of `$xs`, it gives $first_words; whenever it is "
            "that of `$ys`, it gives $second_words. Return the resulting list.",
            "Two lists take turns to supply a new list, which is returned. When `$xs` has its turn, it supplies "
            "$first_words, and `$ys` supplies $second_words in its own.",
            "Return a list in which the two lists alternate in blocks. A block from `$xs` consists of $first_words, "
            "a block from `$ys` of $second_words; a block is one turn.",
        ),
        details={
            "begins": ("The first turn belongs to `$opens`.", "`$opens` has the first turn.", "Start with `$opens`."),
            "side": ("$from_side", "$from_side_too"),
            "out": ("$then", "$then_too"),
        },
        reference="""
            from itertools import cycle, islice

            def $name($xs, $ys):
                one, other = iter($xs), $open_other
                found = []
                for line, count in cycle([$order]):
                    taken = list(islice(line, count))
                    $before
                    found += taken
                    $after
                return $result
        """,
        second="""
            from collections import deque

            def $name($xs, $ys):
                waiting = [deque($xs), deque($line_up)]
                counts = [$first, $second]
                turn = 0 if "$begins" == "first" else 1
                found = []
                while len(waiting[turn]) >= counts[turn]:
                    for _ in range(counts[turn]):
                        found.append(waiting[turn].popleft())
                    turn = 1 - turn
                if "$out" != "whole":
                    found.extend(waiting[turn])
                if "$out" == "rest":
                    found.extend(waiting[1 - turn])
                return found
        """,
        misreadings=(
            Misreading(kind="order", says="begins", choose="begins"),
            Misreading(kind="order", says="side", choose="side"),
            Misreading(kind="bounds", says="out", choose="out"),
            Misreading(
                kind="scope",
                says="$first_words",
                code="""
                    def $name($xs, $ys):
                        found = []
                        for pair in zip($xs, $ys):
                            found += pair
                        return found
                """,
            ),
        ),
        inputs=(
            lists(one_of("a", "b", "c", "d", "e", "f"), 4, 12).plus([], ["a"], ["a", "b", "c"]),
            lists(one_of("p", "q", "r", "s", "t", "u"), 4, 12).plus([], ["p"], ["p", "q", "r"]),
        ),
        examples=("[], []", '["a"], []', '[], ["p", "q"]'),
        properties=("$holds", "all(item in $xs or item in $ys for item in result)"),
    ),
    Template(
        name="sessions",
        idea="group sorted times into sessions by the gaps between them",
        space={
            "anchor": {
                "previous": {
                    "at": "-1",
                    "since": "the $thing before it",
                },
                "first": {
                    "at": "0",
                    "since": "the first $thing of the $group",
                },
            },
            "result": {
                "spans": {
                    "made": "[group[0], group[-1]]",
                    "returned": "list[list[int]]",
                    "words": "a list of two members, its first and its last minute",
                    "holds": "all(first <= last for first, last in result)",
                },
                "counts": {
                    "made": "len(group)",
                    "returned": "list[int]",
                    "words": "the number of its $things",
                    "holds": "sum(result) <= len($xs)",
                },
                "lengths": {
                    "made": "group[-1] - group[0]",
                    "returned": "list[int]",
                    "words": "the difference in minutes between its first and its last $thing",
                    "holds": "all(value >= 0 for value in result)",
                },
            },
            "least": {
                "1": {
                    "filter": "",
                    "small": "A $group may consist of a single $thing.",
                    "small_too": "A $thing that stands alone is a $group, too.",
                },
                "2": {
                    "filter": " if len(group) > 1",
                    "small": "A $group of a single $thing is left out of the result.",
                    "small_too": "Only a $group of two or more $things is reported.",
                },
                "3": {
                    "filter": " if len(group) > 2",
                    "small": "A $group of fewer than three $things is left out of the result.",
                    "small_too": "Only a $group of three or more $things is reported.",
                },
            },
            "gap": range(2, 25),
        },
        surface={
            "what": {
                "clicks": {"xs": "clicks", "thing": "click", "things": "clicks", "group": "session"},
                "calls": {"xs": "calls", "thing": "call", "things": "calls", "group": "burst"},
                "quakes": {"xs": "quakes", "thing": "quake", "things": "quakes", "group": "swarm"},
                "barks": {"xs": "barks", "thing": "bark", "things": "barks", "group": "bout"},
                "flashes": {"xs": "flashes", "thing": "flash", "things": "flashes", "group": "volley"},
            },
            "name": ("sessions", "group_by_gap", "bursts", "time_groups", "clusters"),
        },
        signature="($xs: list[int]) -> $returned",
        wordings=(
            "`$xs` has the minutes of $things in ascending order. Going through them, a $thing joins the current "
            "$group if it comes at most $gap minutes after $since, and opens the next $group otherwise. Return a "
            "list that has for each $group, in order, $words.",
            "`$xs` gives the minutes of $things in ascending order, which are to be grouped. The first of them opens a "
            "$group; every other $thing belongs to the $group that was opened last unless more than $gap minutes "
            "have passed since $since, in which case it opens another one. For each $group the returned list has "
            "$words.",
            "Split a list of minutes, one for each $thing and sorted from early to late, into ${group}s. A $group "
            "goes on as long as the next $thing is no more than $gap minutes later than $since; else a new one "
            "begins. What is wanted is a list of results in the order of time: for each $group, $words.",
            "`$xs` tells, from early to late, in which minutes $things were noticed. Find the ${group}s among them "
            "and return a list that has, for each one, $words. A $thing more than $gap minutes after $since does not "
            "belong to that $group any more, but is the first of the next.",
        ),
        details={
            "least": ("$small", "$small_too"),
            "same": (
                "Several $things may fall in the same minute, and each of them counts.",
                "The same minute can occur more than once; every occurrence is a $thing of its own.",
            ),
            "none": ("For an empty list return an empty list.", "Without any $things the result is an empty list."),
        },
        reference="""
            def $name($xs):
                groups = []
                for minute in $xs:
                    if groups and minute - groups[-1][$at] <= $gap:
                        groups[-1].append(minute)
                    else:
                        groups.append([minute])
                return [$made for group in groups$filter]
        """,
        second="""
            from bisect import bisect_right

            def $name($xs):
                found = []
                begin = 0
                while begin < len($xs):
                    if "$anchor" == "first":
                        end = bisect_right($xs, $xs[begin] + $gap)
                    else:
                        late = (i for i in range(begin + 1, len($xs)) if $xs[i] > $xs[i - 1] + $gap)
                        end = next(late, len($xs))
                    group = $xs[begin:end]
                    if end - begin >= $least:
                        found.append($made)
                    begin = end
                return found
        """,
        misreadings=(
            Misreading(kind="scope", says="$since", choose="anchor"),
            Misreading(kind="scope", says="$words", choose="result"),
            Misreading(kind="empty", says="least", choose="least"),
            Misreading(kind="bounds", says="$gap minutes", swap=("<= $gap", "< $gap")),
            Misreading(kind="repeats", says="same", swap=("for minute in $xs:", "for minute in sorted(set($xs)):")),
        ),
        inputs=lambda values: (
            lists(integers(0, values["gap"] + 3, values["gap"], 1), 0, 9).map(
                lambda steps: [sum(steps[: count + 1]) for count in range(len(steps))]
            ),
        ),
        examples=("[]", "[7]", "[0, 0, 0]"),
        properties=("$holds",),
        held_out=True,
    ),
    Template(
        name="take_until",
        idea="read a list up to a stop, and no further",
        space={
            "rule": {
                "total": {
                    "stop": "the first $thing that brings the sum of the ${thing}s so far, itself included, to "
                    "$limit or more",
                    "holds": "result is None or len(result) < 2 or sum(result[:-1]) < $limit",
                },
                "value": {
                    "stop": "the first $thing of $limit or more",
                    "holds": "result is None or all(x < $limit for x in result[:-1])",
                },
                "jump": {
                    "stop": "the first $thing that differs by $limit or more, up or down, from the $thing right "
                    "before it",
                    "holds": "result is None or all(abs(x - y) < $limit for x, y in zip(result[:-1], result[1:-1]))",
                },
            },
            "itself": {
                "in": {
                    "ends": "That $thing itself still belongs to the result.",
                    "ends_too": "The $thing at which it stops is included, as the last one.",
                    "plus": " + 1",
                },
                "out": {
                    "ends": "That $thing itself does not belong to the result any more.",
                    "ends_too": "The $thing at which it stops is not included.",
                    "plus": "",
                },
            },
            "never": {
                "all": {"else": "taken", "else_too": "$xs[:]", "then": "all ${thing}s are returned"},
                "empty": {"else": "[]", "else_too": "$xs[:0]", "then": "the result is an empty list"},
                "none": {"else": "None", "else_too": "None", "then": "the result is `None`"},
            },
            "limit": range(6, 30),
        },
        surface={
            "what": {
                "samples": {"xs": "samples", "thing": "sample"},
                "readings": {"xs": "readings", "thing": "reading"},
                "gains": {"xs": "gains", "thing": "gain"},
                "flows": {"xs": "flows", "thing": "flow"},
                "weights": {"xs": "weights", "thing": "weight"},
            },
            "name": ("take_until", "read_up_to", "until_stop", "leading_part", "collect_until"),
        },
        derive=_stopping,
        signature="($xs: list[int | None]) -> $returned",
        wordings=(
            "Read `$xs` from the beginning up to $stop, and return what was read as a list.",
            "Take ${thing}s from `$xs` one by one and collect them in a list, but stop at $stop; return what was "
            "collected.",
            "Nobody is interested in what comes after $stop. Return the list of the ${thing}s up to there.",
            "Return the part of `$xs`, as a list, that leads from its beginning to $stop.",
        ),
        details={
            "itself": ("$ends", "$ends_too"),
            "never": (
                "If there is no such $thing, as in an empty list, $then.",
                "Where no $thing is like that, which includes the empty list, $then.",
            ),
            "failed": (
                "A `None` in the list is a $thing that failed: if one is reached, raise a `ValueError`; what comes "
                "after the stop is never looked at, so it may hold any number of them.",
                "Raise a `ValueError` on meeting a `None`, which is a failed $thing, before the stop; behind the "
                "stop a `None` does no harm.",
            ),
        },
        raises={"ValueError": "failed"},
        reference="""
            def $name($xs):
                taken = []
                for x in $xs:
                    if x is None:
                        raise ValueError("a $thing failed")
                    if $reached:
                        return $closing
                    taken.append(x)
                return $else
        """,
        second="""
            from itertools import accumulate

            def $name($xs):
                known = $xs[: $xs.index(None)] if None in $xs else $xs[:]
                if "$rule" == "total":
                    stops = [i for i, total in enumerate(accumulate(known)) if total >= $limit]
                elif "$rule" == "value":
                    stops = [known.index(x) for x in known if x > $limit - 1]
                else:
                    stops = [i + 1 for i, (x, y) in enumerate(zip(known, known[1:])) if not -$limit < x - y < $limit]
                if stops:
                    return known[: min(stops)$plus]
                if len(known) < len($xs):
                    raise ValueError("None is reached")
                return $else_too
        """,
        misreadings=(
            Misreading(kind="bounds", says="itself", choose="itself"),
            Misreading(kind="empty", says="never", choose="never"),
            Misreading(kind="bounds", says="$limit or more", swap=(">= $limit", "> $limit")),
            Misreading(kind="types", says="failed", swap=('raise ValueError("a $thing failed")', "continue")),
            Misreading(
                kind="scope",
                says="failed",
                swap=("taken = []", 'taken = []\n    if None in $xs:\n        raise ValueError("a $thing failed")'),
            ),
        ),
        inputs=lambda values: (lists(mixed(*[values["drawn"]] * 9, one_of(None)), 0, 8).plus([None], [1, None]),),
        examples=("[]", "[$limit, 0, $limit, None]"),
        properties=("result is None or result == $xs[:len(result)]", "$holds"),
    ),
    Template(
        name="read_frames",
        idea="split a stream whose parts begin with their length",
        space={
            "counts": {
                "values": {"tells": "how many values follow it in its $frame"},
                "all": {"tells": "how many numbers its $frame has, the header itself included"},
            },
            "bare": {
                "kept": {
                    "check": "",
                    "then": "A $frame without values, whose header is $first, counts like any other and gives "
                    "$nothing.",
                    "then_too": "The header $first makes a $frame without values, for which the result has $nothing.",
                },
                "skip": {
                    "check": "if header == $first:\n    continue",
                    "then": "A $frame without values, whose header is $first, is left out of the result.",
                    "then_too": "The header $first makes a $frame without values, which adds nothing to the result.",
                },
                "end": {
                    "check": "if header == $first:\n    break",
                    "then": "The header $first, which leaves no room for values, ends the reading: it gives nothing, "
                    "and whatever comes after it is not looked at.",
                    "then_too": "Reading is over at a header of $first, which belongs to no $frame; nothing behind "
                    "it matters.",
                },
            },
            "unfinished": {
                "drop": {"cut": "is left out of the result"},
                "keep": {"cut": "counts with the values that are there, if any"},
                "none": {"cut": "is represented by `None`, even if some of its values are there"},
            },
            "result": {
                "lists": {
                    "made": "frame",
                    "member": "list[int]",
                    "words": "the list of its values (without the header)",
                    "nothing": "an empty list",
                    "holds": "all(frame is None or len(frame) <= $most for frame in result)",
                },
                "sums": {
                    "made": "sum(frame)",
                    "member": "int",
                    "words": "the sum of its values (without the header)",
                    "nothing": "0",
                    "holds": "all(total is None or abs(total) <= sum(map(abs, $xs)) for total in result)",
                },
            },
            "most": range(3, 15),
        },
        surface={
            "what": {
                "stream": {"xs": "stream", "frame": "frame"},
                "tape": {"xs": "tape", "frame": "block"},
                "signal": {"xs": "signal", "frame": "packet"},
                "feed": {"xs": "feed", "frame": "record"},
                "data": {"xs": "data", "frame": "message"},
            },
            "name": ("read_frames", "decode", "split_stream", "unpack_numbers", "frames_of"),
        },
        derive=_framed,
        signature="($xs: list[int]) -> $returned",
        wordings=(
            "`$xs` consists of ${frame}s, one right after the other. A $frame is a header, which tells $tells, and "
            "then the values. Return a list that has for each $frame, in order, $words.",
            "Split the numbers in `$xs` into ${frame}s. The first number of each $frame is its header and says "
            "$tells; the others are its values, and the next $frame starts right behind them. The result is a list: "
            "for each $frame, $words.",
            "In `$xs`, a header is followed by its values, then comes the next header with its values, and so on; "
            "a header and its values are called a $frame. A header is a number that states $tells. Build and return "
            "the list that has $words for every $frame.",
            "Decode `$xs`, a list of numbers. It begins with the header of a $frame, a number giving $tells. The "
            "values come after the header, and where one $frame ends the next one begins. For every $frame, put "
            "$words into the list to be returned.",
        ),
        details={
            "range": (
                "A header below $first or above $most raises a `ValueError`, even if the list ends there.",
                "Raise `ValueError` for a header that is less than $first or greater than $most, whether or not "
                "anything comes after it.",
            ),
            "bare": ("$then", "$then_too"),
            "unfinished": (
                "If the list ends before a $frame has all its values, that $frame $cut.",
                "The last $frame may lack some or all of its values because the list is over; such a $frame $cut.",
            ),
            "values": (
                "Values may be any whole numbers, negative ones too, and are not checked.",
                "There is no rule for values: any whole number will do.",
            ),
            "none": ("An empty list gives an empty list.", "For an empty list the result is empty."),
        },
        raises={"ValueError": "range"},
        reference="""
            def $name($xs):
                found = []
                numbers = iter($xs)
                for header in numbers:
                    if not $first <= header <= $most:
                        raise ValueError(f"no $frame has the header {header}")
                    $check
                    frame = [value for _, value in zip(range($size), numbers)]
                    $added
                return found
        """,
        second="""
            def $name($xs):
                found = []
                at = 0
                while at < len($xs):
                    size = $xs[at] - $first
                    if size < 0 or $xs[at] > $most:
                        raise ValueError("header")
                    if size == 0 and "$bare" == "end":
                        return found
                    frame = $xs[at + 1 : at + 1 + size]
                    at += 1 + size
                    if size == 0 and "$bare" == "skip":
                        continue
                    if at <= len($xs) or "$unfinished" == "keep":
                        found.append($made)
                    elif "$unfinished" == "none":
                        found.append(None)
                return found
        """,
        misreadings=(
            Misreading(kind="scope", says="$tells", choose="counts"),
            Misreading(kind="empty", says="bare", choose="bare"),
            Misreading(kind="bounds", says="unfinished", choose="unfinished"),
            Misreading(kind="bounds", says="range", swap=("<= $most", "< $most")),
            Misreading(
                kind="types",
                says="range",
                swap=('raise ValueError(f"no $frame has the header {header}")', "break"),
            ),
        ),
        inputs=lambda values: (_stream(values),),
        examples=("[]", "[$most]", "[$first]", "[$first, $first, 99]"),
        properties=("$holds", "len(result) <= len($xs)"),
        held_out=True,
    ),
    Template(
        name="merge_logs",
        idea="merge two sorted logs and thin out what comes too soon",
        space={
            "tie": {
                "first": {"earlier": "$xs", "later": "$ys", "streams": "$xs, $ys"},
                "second": {"earlier": "$ys", "later": "$xs", "streams": "$ys, $xs"},
            },
            "who": {
                "same": {
                    "rival": "another $thing with the same text",
                    "start": "{}",
                    "clear": "text not in latest or minute - latest[text] >= $gap",
                    "mark": "latest[text] = minute",
                    "alike": "earlier[1] == entry[1]",
                },
                "any": {
                    "rival": "another $thing, of whatever text,",
                    "start": "None",
                    "clear": "latest is None or minute - latest >= $gap",
                    "mark": "latest = minute",
                    "alike": "True",
                },
            },
            "basis": {
                "kept": {
                    "kept_mark": "$mark",
                    "read_mark": "",
                    "judged": "kept",
                    "counts": "A $thing that was dropped itself is no reason to drop a later one.",
                    "counts_too": "Only ${thing}s that remain can cause others to be dropped.",
                },
                "read": {
                    "kept_mark": "",
                    "read_mark": "$mark",
                    "judged": "entries[:place]",
                    "counts": "A $thing that was dropped itself is still a reason to drop a later one.",
                    "counts_too": "Even ${thing}s that don't remain themselves cause others to be dropped.",
                },
            },
            "result": {
                "pairs": {
                    "made": "(minute, text)",
                    "made_too": "kept",
                    "returned": "list[tuple[int, str]]",
                    "words": "the pairs that remain",
                    "holds": "all(pair in $xs or pair in $ys for pair in result)",
                },
                "texts": {
                    "made": "text",
                    "made_too": "[text for _, text in kept]",
                    "returned": "list[str]",
                    "words": "the texts of those that remain",
                    "holds": "len(result) <= len($xs) + len($ys)",
                },
            },
            "gap": range(2, 27),
        },
        surface={
            "what": {
                "messages": {"xs": "indoor", "ys": "outdoor", "thing": "message"},
                "signals": {"xs": "upper", "ys": "lower", "thing": "signal"},
                "reports": {"xs": "east", "ys": "west", "thing": "report"},
                "lines": {"xs": "server", "ys": "client", "thing": "line"},
                "warnings": {"xs": "garage", "ys": "cellar", "thing": "warning"},
            },
            "name": ("merge_logs", "joint_log", "combine_logs", "merged_quietly", "single_log"),
        },
        signature="($xs: list[tuple[int, str]], $ys: list[tuple[int, str]]) -> $returned",
        wordings=(
            "`$xs` and `$ys` are logs: lists of ${thing}s, each a pair of a minute and a text, in ascending order of "
            "the minutes. Merge them by minute into one sequence. From that, drop every $thing that has $rival "
            "before it, in the same minute or less than $gap minutes earlier, and return the list of $words.",
            "Two logs, `$xs` and `$ys`, hold ${thing}s as pairs (minute, text), sorted by minute. Return the list of "
            "$words when the logs are merged by minute and thinned out: a $thing goes if $rival precedes it in the "
            "merged log and is less than $gap minutes older, or of the same minute.",
            "Make one log out of `$xs` and `$ys`, both of which list pairs of a minute and a text (the ${thing}s) "
            "from early to late, and keep it in order of time. It must not be noisy: when a $thing follows $rival "
            "after less than $gap minutes, be it 0, it is dropped, whichever logs the two come from. Return a list "
            "of $words.",
            "A $thing is a tuple of a minute and a text; `$xs` and `$ys` are lists of them by ascending minute. Put "
            "all of them in one order by minute, remove each $thing when $rival stands "
            "earlier in that order at a distance below $gap minutes (0 included), and return, as a list, $words.",
        ),
        details={
            "tie": (
                "Within the same minute, the ${thing}s of `$earlier` come before those of `$later`; apart from that, "
                "each log keeps its order.",
                "Where minutes are equal, `$earlier` goes first, and ${thing}s of one log stay in the order that "
                "they have there.",
            ),
            "basis": ("$counts", "$counts_too"),
            "disorder": (
                "If the minutes in one of the logs are not in ascending order, raise a `ValueError`; equal minutes "
                "in a row are fine.",
                "A log in which a minute is smaller than the one before it raises a `ValueError`.",
            ),
        },
        raises={"ValueError": "disorder"},
        reference="""
            from heapq import merge
            from operator import itemgetter

            def $name($xs, $ys):
                for log in ($xs, $ys):
                    if log != sorted(log, key=itemgetter(0)):
                        raise ValueError("a log is not in order")
                latest = $start
                found = []
                for minute, text in merge($streams, key=itemgetter(0)):
                    if $clear:
                        found.append($made)
                        $kept_mark
                    $read_mark
                return found
        """,
        second="""
            def $name($xs, $ys):
                for log in ($xs, $ys):
                    if any(log[i][0] > log[i + 1][0] for i in range(len(log) - 1)):
                        raise ValueError("minutes go back")
                entries = [*$earlier, *$later]
                entries.sort(key=lambda entry: entry[0])
                kept = []
                for place, entry in enumerate(entries):
                    rivals = [earlier for earlier in $judged if $alike and earlier[0] > entry[0] - $gap]
                    if not rivals:
                        kept.append(entry)
                return $made_too
        """,
        misreadings=(
            Misreading(kind="ties", says="tie", choose="tie"),
            Misreading(kind="scope", says="$rival", choose="who"),
            Misreading(kind="scope", says="basis", choose="basis"),
            Misreading(kind="bounds", says="$gap minutes", swap=(">= $gap", "> $gap")),
            Misreading(
                kind="order", says="disorder", swap=('raise ValueError("a log is not in order")', "log.sort()")
            ),
        ),
        inputs=lambda values: (_log(values), _log(values)),
        examples=("[], []", '[(3, "door")], []', '[(3, "door"), (2, "lamp")], []'),
        properties=("$holds",),
        equivalents=(Equivalent("($xs, $ys) -> ($ys, $xs)", "both logs are checked, and either raises the same"),),
    ),
)
