"""Algorithms: search, intervals, packing, scheduling, graphs, grids and dynamic programming."""

from __future__ import annotations

from random import Random
from typing import Any

from lift_sys.testing.inputs import Inputs, integers, lists, mixed, one_of, ordered, tuples
from lift_sys.testing.template import Equivalent, Misreading, Template, Values


def _prices() -> Inputs:
    """Prices, a quarter of them missing, some high."""
    return mixed(integers(0, 6), integers(0, 6), integers(0, 40), one_of(None))


_PACKED = {
    "next": "if $boxes and sum($boxes[-1]) + size <= $room:\n"
    "    $boxes[-1].append(size)\n"
    "else:\n"
    "    $boxes.append([size])",
    "first": "for $box in $boxes:\n"
    "    if sum($box) + size <= $room:\n"
    "        $box.append(size)\n"
    "        break\n"
    "else:\n"
    "    $boxes.append([size])",
    "tightest": "fitting = [$box for $box in $boxes if sum($box) + size <= $room]\n"
    "if fitting:\n"
    "    max(fitting, key=sum).append(size)\n"
    "else:\n"
    "    $boxes.append([size])",
}


def _hours() -> Inputs:
    """Pairs of a start and a later end within a day."""
    spans = tuples(integers(2, 23), integers(1, 5))
    return spans.map(lambda pair: (pair[0], min(sum(pair), 24)))


def _tight(values: Values) -> list[list[tuple[int, int]]]:
    """Bookings that leave just as much free time as is wanted, or an hour less, in the morning or evening."""
    first, last, least = values["open"], values["close"], values["least"]
    ends = [[(first, last - least - pause)] for pause in (-1, 0, 1)]
    starts = [[(first + least + pause, last)] for pause in (-1, 0, 1)]
    return [*ends, *starts, [(first, first + 8), (first + 8 + least, last)], [(first, first + 8), (19, last)]]


def _arrivals(count: int, clean: int) -> Inputs:
    """Pairs of a time and a duration, in order of time, close enough together that all places are often busy."""

    def draw(rng: Random) -> list[tuple[int, int]]:
        now, found = rng.choice((0, 0, 1, 5)), []
        pace = rng.choice((1, 2, 4))
        for _ in range(rng.randint(0, 2 * count + 4)):
            found.append((now, rng.choice((1, 2, 3, 5, 5, 8, 12))))
            now += rng.choice((0, 0, 1, pace, 2 * pace))
        return found

    back = 5 + clean
    edges: tuple[list[tuple[int, int]], ...] = (
        [],
        [(0, 5)],
        [(0, 5), (back - 1, 1), (back, 1)],
        [(0, 5)] * (count + 1),
        [(0, 5), (back, 2), (back, 1)],
    )
    late = [[(0, 5)] * count + [(back - wait, 3)] for wait in (4, 5, 6, 7)]
    return Inputs(draw, (*edges, *late))


def _assigned(values: Values) -> Values:
    """The reference that assigns places, without the books that its rules don't need."""
    used, numbers = values["pick"] == "least" or values["result"] == "loads", values["result"] == "numbers"
    refuse = ["        numbers.append(0)"] * numbers + ["        continue"]
    soonest = "free.index(min(free))"
    lines = ["free = [0] * $count"] + ["served = [[] for _ in free]"] * used + ["numbers = []"] * numbers
    lines.append("for arrival, minutes in $xs:")
    if values["pick"] == "idle":
        lines.append(f"    place = {soonest}")
    else:
        best = "idle[0]" if values["pick"] == "lowest" else "min(idle, key=lambda place: sum(served[place]))"
        lines.append("    idle = [place for place, until in enumerate(free) if until <= arrival]")
        if values["busy"] == "reject":
            lines += ["    if not idle:", *refuse, f"    place = {best}"]
        else:
            lines.append(f"    place = {best} if idle else {soonest}")
    if values["busy"] == "reject" and values["pick"] == "idle":
        lines += ["    if free[place] > arrival:", *refuse]
    if values["busy"] == "patient":
        lines += ["    if free[place] - arrival > $patience:", *refuse]
    start = "arrival" if values["busy"] == "reject" else "max(arrival, free[place])"
    lines.append(f"    free[place] = {start} + minutes + $clean")
    lines += ["    served[place].append(minutes)"] * used + ["    numbers.append(place + 1)"] * numbers
    lines.append("return numbers" if numbers else "return [sum(times) for times in served]")
    return {"body": "\n".join(lines), "patience": 5}


_TASKS = ("wash", "cut", "boil", "mix", "bake", "cool", "ice", "pack", "label")


def _plans() -> Inputs:
    """What each task waits for; a quarter of the plans have a circle, a third a name that is no task."""

    def draw(rng: Random) -> dict[str, list[str]]:
        names = rng.sample(_TASKS, rng.choice((rng.randint(0, 9), 7, 8, 9)))
        few = rng.choice((0.1, 0.2, 0.4))
        found = {}
        for place, name in enumerate(names):
            waits = [other for other in names[:place] if rng.random() < few]
            found[name] = rng.sample(waits[:3], len(waits[:3]))
        if names and rng.random() < 0.25:
            one, other = rng.choice(names), rng.choice(names)
            if other not in found[one]:
                found[one].append(other)
        if names and rng.random() < 0.35:
            found[rng.choice(names)].append("shop")
        return {name: found[name] for name in rng.sample(names, len(names))}

    edges: tuple[dict[str, list[str]], ...] = (
        {},
        {"mix": []},
        {"mix": ["mix"]},
        {"mix": ["shop"], "cut": []},
        {"mix": ["cut"], "cut": ["mix"], "bake": ["mix"], "ice": []},
        {"mix": ["cut"], "cut": []},
    )
    return Inputs(draw, edges)


def _grids() -> Inputs:
    """Pictures of up to five lines of equal length, dense or not."""

    def draw(rng: Random) -> list[str]:
        height, width = rng.randint(1, 5), rng.randint(1, 6)
        marks = rng.choice(("ab.", "ab..", "aab", "ab...", "a.", "a..", "abc."))
        return ["".join(rng.choice(marks) for _ in range(width)) for _ in range(height)]

    edges: Any = ([], ["."], ["a"], ["aaa", "...", "aaa"], ["a.a", "a.a", "a.a"], ["aa.b", "a..b", ".ab."])
    wide = ["aaaaaa", "......", "bbbbbb", "bbbbbb", "......"]
    full = [".a.a.a", "aaaaaa", "aaaaaa", "aaaaaa"]
    return Inputs(draw, (*edges, wide, wide[::-1], full))


def _surveyed(values: Values) -> Values | None:
    """What is noted of each region, and what becomes of it.

    In a picture of one line, joined borders make cells that share a side meet at a corner as well.
    """
    if values["near"] == "corner_only" and values["wrap"] != "none":
        return None
    more = {"imports": "from itertools import product\n\n" if values["near"] != "side" else ""}
    # Dots stay dots, whether a region of them is kept or not.
    more["full"] = "" if (values["result"], values["alike"]) == ("cleared", "letter") else 'if letter != "."'
    if values["result"] == "cleared":
        return more | {
            "found": "kept",
            "nothing": "set()",
            "collect": "if len($region) >= $least:\n    kept.update($region)",
            "done": "return [\n"
            '    "".join(letter if (row, col) in kept else "." for col, letter in enumerate(line))\n'
            "    for row, line in enumerate($xs)\n"
            "]",
            "sound": "[len(line) for line in result] == [len(line) for line in $xs]",
        }
    found, nothing, note, done, sound = {
        "count": ("count", "0", "count += 1", "count", "0 <= $least * result <= sum(len(line) for line in $xs)"),
        "sizes": (
            *("sizes", "[]", "sizes.append(len($region))", "sorted(sizes, reverse=True)"),
            "all(size >= $least for size in result)",
        ),
        "cells": (
            *("total", "0", "total += len($region)", "total"),
            "result == 0 or $least <= result <= sum(len(line) for line in $xs)",
        ),
    }[values["result"]]
    return more | {
        "found": found,
        "nothing": nothing,
        "collect": f"if len($region) >= $least:\n    {note}",
        "done": f"return {done}",
        "sound": sound,
    }


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="nearest_reading",
        idea="the member of a sorted list that is nearest to a value, within reach",
        space={
            "reach": range(2, 42),
            "edge": {
                "in": {"op": ">", "limit": "at most $reach"},
                "out": {"op": ">=", "limit": "less than $reach"},
            },
            "tie": {
                "lower": {"order": "$xs", "wins": "smaller"},
                "upper": {"order": "reversed($xs)", "wins": "larger"},
            },
            "result": {
                "value": {
                    "found": "best",
                    "sound": "result is None or result in $xs",
                    "result_1": "Return it; the result is `None` if there is no such $thing.",
                    "result_2": "The answer is that $thing, or `None` where there is none.",
                },
                "index": {
                    "found": "$xs.index(best)",
                    "sound": "result is None or 0 <= result < len($xs)",
                    "result_1": "Return its index in `$xs`, counted from 0, or `None` if there is no such $thing.",
                    "result_2": "The answer is the index at which `$xs` has it (the first one has 0), and `None` where "
                    "there is none.",
                },
                "shift": {
                    "found": "best - $target",
                    "sound": "result is None or (abs(result) <= $reach and $target + result in $xs)",
                    "result_1": "Return it minus `$target`, so that a smaller $thing gives a negative number, or `None` "
                    "if there is no such $thing.",
                    "result_2": "The answer is how far it lies above `$target`, negative if it lies below, or `None` "
                    "where there is none.",
                },
            },
        },
        surface={
            "what": {
                "times": {"xs": "times", "target": "moment", "thing": "time", "things": "times"},
                "marks": {"xs": "marks", "target": "position", "thing": "mark", "things": "marks"},
                "sizes": {"xs": "sizes", "target": "wanted", "thing": "size", "things": "sizes"},
                "levels": {"xs": "levels", "target": "goal", "thing": "level", "things": "levels"},
                "prices": {"xs": "prices", "target": "budget", "thing": "price", "things": "prices"},
            },
            "name": ("nearest", "closest", "best_match", "find_nearest", "look_up"),
        },
        signature="($xs: list[int], $target: int) -> int | None",
        wordings=(
            "In `$xs`, a list of $things in ascending order without repeats, find the $thing nearest to `$target`, "
            "provided that it is $limit away.",
            "Which $thing in `$xs` comes closest to `$target`? Only those that are $limit away from it, to either "
            "side, can be considered. `$xs` is sorted, smallest first, and has no duplicates.",
            "The $things in `$xs` are all different and go up from first to last. Look for the one whose distance "
            "from `$target` is smallest. A distance is fine if it is $limit; when even the smallest is not, nothing is "
            "found.",
            "Match `$target` with one of the $things in the sorted list `$xs`, which holds no $thing twice: take the "
            "one that differs least from `$target`. Where the difference is not $limit, there is no match.",
        ),
        details={
            "tie": (
                "Of two $things that are equally near, the $wins one counts.",
                "If two are at the same distance, take the $wins.",
                "When a smaller and a larger one are equally far away, the $wins one is meant.",
            ),
            "result": ("$result_1", "$result_2"),
        },
        reference="""
            def $name($xs, $target):
                best = min($order, key=lambda $thing: abs($thing - $target), default=None)
                if best is None or abs(best - $target) $op $reach:
                    return None
                return $found
        """,
        second="""
            from bisect import bisect_left

            def $name($xs, $target):
                right = bisect_left($xs, $target)
                found = None
                for at in (right - 1, right) if "$tie" == "lower" else (right, right - 1):
                    if 0 <= at < len($xs):
                        gap = abs($xs[at] - $target)
                        if gap + ("$edge" == "out") <= $reach and (found is None or gap < found[0]):
                            found = gap, at
                if found is None:
                    return None
                at = found[1]
                return {"value": $xs[at], "index": at, "shift": $xs[at] - $target}["$result"]
        """,
        misreadings=(
            Misreading(kind="bounds", says="$limit", choose="edge"),
            Misreading(kind="ties", says="tie", choose="tie"),
            Misreading(kind="types", says="result", choose="result"),
            Misreading(kind="empty", says="result", swap=("return None", "return -1")),
        ),
        inputs=lambda values: (
            ordered(integers(-25, 65, 20, 20 + values["reach"], 20 - values["reach"]), 0, 7, distinct=True),
            integers(-10, 50, 20, 20 + values["reach"] // 2),
        ),
        examples=("[19, 21], 20",),
        properties=("$sound",),
    ),
    Template(
        name="cross_the_stones",
        idea="the cheapest way over a row of stones with short and long jumps",
        space={
            "reach": {
                "3": {"reach_words": "three"},
                "4": {"reach_words": "four"},
                "5": {"reach_words": "five"},
            },
            "fee": range(1, 36),
            "per": {
                "jump": {
                    "extra": "$fee * (jump > 1)",
                    "per_1": "A jump that passes over anything costs $fee more, however much it passes over.",
                    "per_2": "Any jump that is longer than one place costs $fee on top, always the same.",
                },
                "skipped": {
                    "extra": "$fee * (jump - 1)",
                    "per_1": "A jump costs $fee more for each place that it passes over.",
                    "per_2": "For every place that a jump leaves out, $fee is paid on top.",
                },
            },
            "goal": {
                "last": {
                    "stops": "$xs",
                    "least": "($xs[-1] or 0)",
                    "goal_1": "The trip ends on the last $thing, which has to be paid for as well.",
                    "goal_2": "The goal is the last $thing itself.",
                },
                "beyond": {
                    "stops": "[*$xs, 0]",
                    "least": "0",
                    "goal_1": "The trip ends on the place right after the last $thing; landing there is free.",
                    "goal_2": "The goal is one place behind the last $thing, and costs nothing to land on.",
                },
            },
        },
        surface={
            "what": {
                "stones": {"xs": "stones", "thing": "stone", "things": "stones"},
                "rafts": {"xs": "rafts", "thing": "raft", "things": "rafts"},
                "stops": {"xs": "stops", "thing": "stop", "things": "stops"},
                "poles": {"xs": "poles", "thing": "pole", "things": "poles"},
            },
            "name": ("cheapest_way", "least_cost", "crossing_cost", "cheapest_crossing", "way_across"),
        },
        signature="($xs: list[int | None]) -> int | None",
        wordings=(
            "A row of $things has to be crossed. `$xs` holds the price of landing on each (a whole number from 0 "
            "up), or `None` where nobody can land. You start on the place right before the first $thing, and each "
            "jump takes you forward by one to $reach_words places. Return the total price of the cheapest trip.",
            "Starting one place before a row of $things, move ahead by jumps that are $reach_words places long at "
            "most. Whoever lands on a $thing pays what `$xs` has for it, which is never negative; a $thing with "
            "`None` cannot be landed on. Find the least that has to be paid in all.",
            "`$xs[i]` is the charge (0 or more) for landing on the $thing with index `i` in a row, or `None` if it "
            "is out of use. What is the smallest possible sum of charges for a trip that begins right in front of "
            "the first $thing and consists of jumps forward, none of them longer than $reach_words places?",
            "Work out what the cheapest trip along a row of $things costs. It begins on the place just before the "
            "first one and goes forward, one to $reach_words places at a time. The price of landing on a $thing is "
            "its entry in `$xs`, an int that is not negative; those with the entry `None` have to be jumped over.",
        ),
        details={
            "per": ("$per_1", "$per_2"),
            "goal": ("$goal_1", "$goal_2"),
            "none": (
                "If there is no such trip, return `None`.",
                "Where the goal cannot be reached, the answer is `None`.",
                "The result is `None` if one cannot get there.",
            ),
            "some": ("There is at least one $thing.", "`$xs` is not empty."),
        },
        reference="""
            def $name($xs):
                best = [0]
                for place, cost in enumerate($stops, 1):
                    ways = [
                        best[place - jump] + $extra
                        for jump in range(1, min($reach, place) + 1)
                        if best[place - jump] is not None
                    ]
                    best.append(min(ways) + cost if ways and cost is not None else None)
                return best[-1]
        """,
        second="""
            from heapq import heappop, heappush

            def $name($xs):
                costs = [0, *$stops]
                paid, queue = set(), [(0, 0)]
                while queue:
                    cost, place = heappop(queue)
                    if place == len(costs) - 1:
                        return cost
                    if place in paid:
                        continue
                    paid.add(place)
                    for after in range(place + 1, min(place + $reach + 1, len(costs))):
                        if costs[after] is not None:
                            skipped = after - place - 1
                            more = $fee * (min(skipped, 1) if "$per" == "jump" else skipped)
                            heappush(queue, (cost + more + costs[after], after))
                return None
        """,
        misreadings=(
            Misreading(kind="scope", says="per", choose="per"),
            Misreading(kind="bounds", says="goal", choose="goal"),
            Misreading(kind="bounds", says="$reach_words", choose="reach"),
            Misreading(
                kind="empty", says="none", swap=("return best[-1]", "return -1 if best[-1] is None else best[-1]")
            ),
        ),
        inputs=(lists(_prices(), 1, 9),),
        properties=("result is not None or None in $xs", "result is None or result >= $least"),
        held_out=True,
    ),
    Template(
        name="pack_boxes",
        idea="put sizes into boxes of limited room by a simple rule",
        space={
            "room": range(8, 32),
            "rule": {
                "next": {
                    "rule_1": "A $thing goes into the $box that was opened last if there is room for it, and "
                    "otherwise into a new one; earlier $boxes are never used again.",
                    "rule_2": "Only the $box opened last is tried for a $thing. If it does not fit there, a new $box "
                    "is opened for it.",
                },
                "first": {
                    "rule_1": "A $thing goes into the first $box, in the order in which they were opened, that has "
                    "room for it; if none has, it goes into a new one.",
                    "rule_2": "For each $thing the $boxes are tried from the one opened first to the one opened "
                    "last, and it goes into the first with enough room left; a new one is opened only if there is "
                    "none.",
                },
                "tightest": {
                    "rule_1": "Of all $boxes with room for it, a $thing goes into the one where least room is left, "
                    "and among equals into the one opened first; if none has room, it goes into a new one.",
                    "rule_2": "A $thing is put where it leaves the smallest gap, into the $box that was opened "
                    "earlier if there is a tie. A new $box is opened only for a $thing that fits nowhere.",
                },
            },
            "big": {
                "alone": {
                    "before": "",
                    "line": "$xs",
                    "big_1": "If a $thing is larger than $room, it gets a new $box all the same, and nothing else "
                    "goes in there.",
                    "big_2": "A $thing of more than $room also goes into a new $box, which then counts as full.",
                },
                "left": {
                    "before": "",
                    "line": "[size for size in $xs if size <= $room]",
                    "big_1": "Leave out every $thing that is larger than $room.",
                    "big_2": "A $thing of more than $room is not packed at all.",
                },
                "cut": {
                    "before": "pieces = []\n"
                    "for size in $xs:\n"
                    "    full, rest = divmod(size, $room)\n"
                    "    pieces += [$room] * full\n"
                    "    if rest:\n"
                    "        pieces.append(rest)",
                    "line": "pieces",
                    "big_1": "First of all, each $thing larger than $room is cut into as many parts of size $room as "
                    "possible and then the rest, if any; these parts take its place, and are treated as $things.",
                    "big_2": "A $thing of more than $room is replaced, before anything else is done, by parts of "
                    "size $room and a last one with what remains over, if anything does.",
                },
            },
            "order": {
                "given": {"sorted": "$line", "how": "in the order in which they are given"},
                "falling": {"sorted": "sorted($line, reverse=True)", "how": "from the largest to the smallest"},
            },
        },
        surface={
            "what": {
                "parcels": {
                    "xs": "parcels",
                    "thing": "parcel",
                    "things": "parcels",
                    "box": "crate",
                    "boxes": "crates",
                },
                "files": {"xs": "files", "thing": "file", "things": "files", "box": "batch", "boxes": "batches"},
                "songs": {"xs": "songs", "thing": "song", "things": "songs", "box": "playlist", "boxes": "playlists"},
                "loads": {"xs": "loads", "thing": "load", "things": "loads", "box": "truck", "boxes": "trucks"},
                "rods": {"xs": "rods", "thing": "rod", "things": "rods", "box": "bundle", "boxes": "bundles"},
            },
            "name": ("pack", "fill_up", "distribute", "pack_all", "spread_out"),
        },
        derive=lambda values: {"place": _PACKED[values["rule"]]},
        signature="($xs: list[int]) -> list[list[int]]",
        wordings=(
            "Pack $things into $boxes, each of which has room for a total size of $room. `$xs` holds the sizes of "
            "the $things, all of them at least 1. They are packed one after the other, $how.",
            "`$xs` lists how large some $things are (1 or more). They go into $boxes, and the sizes in one $box may "
            "add up to $room at most. Take the $things $how.",
            "Every $box can take $room units, and `$xs` tells how many units each $thing needs; that is never less "
            "than 1. The $things are dealt with $how, and as many $boxes are opened as it takes.",
            "How are these $things spread over $boxes? A $box is full when the sizes in it make $room, and more "
            "must not go in. The sizes are given in `$xs` as positive whole numbers. Start without any $box, and "
            "handle the $things $how.",
        ),
        details={
            "rule": ("$rule_1", "$rule_2"),
            "big": ("$big_1", "$big_2"),
            "full": (
                "Sizes that make exactly $room still fit into one $box.",
                "A $box may be filled up to exactly $room.",
            ),
            "form": (
                "Return the $boxes in the order in which they were opened, each as the list of the sizes in it, in "
                "the order in which they went in.",
                "The result has a list for each $box, the one opened first in front, with the sizes in the order in "
                "which they were put there.",
            ),
        },
        reference="""
            def $name($xs):
                $before
                $boxes = []
                for size in $sorted:
                    $place
                return $boxes
        """,
        second="""
            def $name($xs):
                line = list($xs)
                if "$big" == "left":
                    line = [size for size in line if not size > $room]
                while "$big" == "cut" and max(line, default=0) > $room:
                    at = next(at for at, size in enumerate(line) if size > $room)
                    line[at : at + 1] = [$room, line[at] - $room]
                if "$order" == "falling":
                    line.sort()
                    line.reverse()
                left, held = [], []
                for size in line:
                    fits = [number for number, free in enumerate(left) if free >= size]
                    if "$rule" == "next":
                        fits = [number for number in fits if number == len(left) - 1]
                    if "$rule" == "tightest":
                        fits.sort(key=lambda number: left[number])
                    if not fits:
                        fits = [len(left)]
                        left.append($room)
                        held.append([])
                    left[fits[0]] -= size
                    held[fits[0]].append(size)
                return held
        """,
        misreadings=(
            Misreading(kind="scope", says="rule", choose="rule"),
            Misreading(kind="bounds", says="big", choose="big"),
            Misreading(kind="order", says="$how", choose="order"),
            Misreading(kind="bounds", says="full", swap=("+ size <= $room", "+ size < $room")),
        ),
        inputs=lambda values: (
            lists(integers(1, values["room"] * 5 // 2, values["room"] // 2, 3, values["room"]), 0, 10),
        ),
        properties=("all(result)", "all(sum(part) <= $room or len(part) == 1 for part in result)"),
    ),
    Template(
        name="free_slots",
        idea="the free stretches between bookings within opening hours",
        space={
            "open": (5, 6, 7, 8),
            "close": (20, 21, 22),
            "least": (2, 3, 4),
            "pause": {
                "none": {
                    "before": "",
                    "after": "",
                    "pause_1": "The $room is free again as soon as a $booking ends.",
                    "pause_2": "No time is needed between a $booking and the next.",
                },
                "after": {
                    "before": "",
                    "after": " + 1",
                    "pause_1": "After each $booking the $room is not free for one more hour.",
                    "pause_2": "The hour after a $booking is not free either.",
                },
                "around": {
                    "before": " - 1",
                    "after": " + 1",
                    "pause_1": "The $room is not free in the hour before and in the hour after each $booking.",
                    "pause_2": "The hours right before and right after every $booking are not free either.",
                },
            },
            "result": {
                "all": {
                    "done": "return slots",
                    "form_1": "Return all of them as a list, the earliest first.",
                    "form_2": "The result is the list of these pairs in order of time.",
                    "hint": "list[tuple[int, int]]",
                    "parts": "result",
                },
                "longest": {
                    "done": "return max(slots, key=lambda slot: slot[1] - slot[0], default=None)",
                    "form_1": "Return the longest, and of several equally long ones the earliest; `None` if there is "
                    "none.",
                    "form_2": "The result is the pair for the longest of them (the first, where some are equally "
                    "long), or `None` if there are none.",
                    "hint": "tuple[int, int] | None",
                    "parts": "[result or ($open, $close)]",
                },
                "last": {
                    "done": "return slots[-1] if slots else None",
                    "form_1": "Return the last one of the day, or `None` if there is none.",
                    "form_2": "The result is the pair for the latest of them; without any, it is `None`.",
                    "hint": "tuple[int, int] | None",
                    "parts": "[result or ($open, $close)]",
                },
            },
        },
        surface={
            "what": {
                "room": {"xs": "meetings", "room": "room", "booking": "meeting", "bookings": "meetings"},
                "machine": {"xs": "jobs", "room": "machine", "booking": "job", "bookings": "jobs"},
                "court": {"xs": "games", "room": "court", "booking": "game", "bookings": "games"},
                "van": {"xs": "trips", "room": "van", "booking": "trip", "bookings": "trips"},
                "studio": {"xs": "sessions", "room": "studio", "booking": "session", "bookings": "sessions"},
            },
            "name": ("free_slots", "gaps", "open_slots", "when_free", "free_time"),
        },
        signature="($xs: list[tuple[int, int]]) -> $hint",
        wordings=(
            "A $room can be used from hour $open to hour $close of a day. `$xs` lists the $bookings on it as pairs "
            "of the hour at which one starts and the hour at which it ends. Find the stretches of $least hours or "
            "more in which the $room is free, each as a pair `(start, end)` and as long as it can be.",
            "Given the $bookings of a $room, each as `(start, end)` in whole hours, look for free time between "
            "$open and $close o'clock. Unbroken free time makes one slot, `(start, end)`, and only slots of at least "
            "$least hours are of interest.",
            "When could one have the $room for at least $least hours on end? It is available from $open to $close, "
            "except during its $bookings, which `$xs` gives as tuples `(start, end)` of hours. Describe each free "
            "stretch by its start and its end, as far as it goes in both directions.",
            "`$xs` holds the start and the end, in hours, of each $booking of a $room whose day lasts from $open to "
            "$close. What remains of that day falls into free stretches. Those shorter than $least hours are "
            "ignored; the others are written as `(start, end)`.",
        ),
        details={
            "pause": ("$pause_1", "$pause_2"),
            "input": (
                "The $bookings are in no particular order; they can overlap, and can lie outside the day, in part or "
                "as a whole.",
                "`$xs` need not be sorted, and $bookings may overlap, or begin before $open or end after $close, or "
                "be outside these hours altogether.",
            ),
            "least": (
                "A stretch of exactly $least hours is long enough.",
                "Exactly $least hours are enough.",
            ),
            "form": ("$form_1", "$form_2"),
        },
        reference="""
            def $name($xs):
                slots = []
                free = $open
                for start, end in sorted($xs):
                    until = min(start$before, $close)
                    if until - free >= $least:
                        slots.append((free, until))
                    free = max(free, end$after)
                if $close - free >= $least:
                    slots.append((free, $close))
                $done
        """,
        second="""
            from itertools import groupby

            def $name($xs):
                taken = set()
                for start, end in $xs:
                    taken |= set(range(start$before, end$after))
                slots = []
                for busy, hours in groupby(range($open, $close), key=lambda hour: hour in taken):
                    hours = list(hours)
                    if not busy and len(hours) >= $least:
                        slots.append((hours[0], hours[-1] + 1))
                if "$result" == "all":
                    return slots
                best = None
                for start, end in slots:
                    if best is None or "$result" == "last" or end - start > best[1] - best[0]:
                        best = start, end
                return best
        """,
        misreadings=(
            Misreading(kind="scope", says="pause", choose="pause"),
            Misreading(kind="types", says="form", choose="result"),
            Misreading(kind="bounds", says="least", swap=("until - free >= $least", "until - free > $least")),
            Misreading(kind="order", says="input", swap=("sorted($xs)", "$xs")),
            Misreading(kind="scope", says="input", swap=("max(free, end$after)", "end$after")),
        ),
        inputs=lambda values: (lists(_hours(), 0, 6).plus(*_tight(values)),),
        properties=("all($open <= a <= b - $least <= $close - $least for a, b in $parts)",),
    ),
    Template(
        name="assign_places",
        idea="which machine does which job, with rules for the choice and for when all are busy",
        space={
            "served_by": {
                "2": {"count": "2", "span": "1 and 2", "count_word": "two"},
                "3": {"count": "3", "span": "1 to 3", "count_word": "three"},
                "4": {"count": "4", "span": "1 to 4", "count_word": "four"},
                "5": {"count": "5", "span": "1 to 5", "count_word": "five"},
            },
            "clean": range(2, 8),
            "pick": {
                "lowest": {
                    "pick_1": "If several are free when a $thing arrives, it gets the one with the lowest number.",
                    "pick_2": "Of several free $places, the one with the lowest number is taken.",
                },
                "idle": {
                    "pick_1": "If several are free when a $thing arrives, it gets the one that has been free for the "
                    "longest time; if there is a tie, the one with the lowest number.",
                    "pick_2": "Of several free $places, the one that became free first is taken (all became free at "
                    "time 0), and the lowest number if that leaves more than one.",
                },
                "least": {
                    "pick_1": "If several are free when a $thing arrives, it gets the one whose $things so far took "
                    "the least time in total; if there is a tie, the one with the lowest number.",
                    "pick_2": "Of several free $places, the one is taken that has the smallest sum of minutes of the "
                    "$things it has had, and the lowest number if that leaves more than one.",
                },
            },
            "busy": {
                "wait": {
                    "busy_1": "If none is free, the $thing waits for the one that will be free first, or, of "
                    "several, for that with the lowest number.",
                    "busy_2": "When no $place is free, a $thing gets the one that becomes free soonest (with the "
                    "lowest number, if there are several), and waits until then.",
                    "refused": "",
                },
                "reject": {
                    "busy_1": "If none is free, the $thing is sent away.",
                    "busy_2": "When no $place is free, a $thing is sent away at once.",
                    "refused": " (0 if it is sent away)",
                },
                "patient": {
                    "busy_1": "If none is free, the $thing waits for the one that will be free first, or, of "
                    "several, for that with the lowest number; but if that would be a wait of more than $patience "
                    "minutes, it is sent away.",
                    "busy_2": "When no $place is free, a $thing gets the one that becomes free soonest (with the "
                    "lowest number, if there are several), unless it would have to wait for more than $patience "
                    "minutes: then it is sent away.",
                    "refused": " (0 if it is sent away)",
                },
            },
            "result": {
                "numbers": {
                    "form_1": "Return the list of the numbers of the $places that the $things get, in the order of "
                    "`$xs`$refused.",
                    "form_2": "The result has, for each $thing in `$xs`, the number of its $place$refused.",
                    "sound": "len(result) == len($xs) and all(0 <= number <= $count for number in result)",
                },
                "loads": {
                    "form_1": "Return a list with the total number of minutes for which $things use each $place, "
                    "that of number 1 first.",
                    "form_2": "The result has, for each $place from number 1 on, the sum of the minutes that its "
                    "$things take.",
                    "sound": "len(result) == $count and sum(result) <= sum(pair[1] for pair in $xs)",
                },
            },
        },
        surface={
            "what": {
                "lines": {"xs": "calls", "thing": "call", "things": "calls", "place": "line", "places": "lines"},
                "machines": {
                    "xs": "jobs",
                    "thing": "job",
                    "things": "jobs",
                    "place": "machine",
                    "places": "machines",
                },
                "gates": {"xs": "planes", "thing": "plane", "things": "planes", "place": "gate", "places": "gates"},
                "docks": {"xs": "ships", "thing": "ship", "things": "ships", "place": "dock", "places": "docks"},
                "bays": {"xs": "cars", "thing": "car", "things": "cars", "place": "bay", "places": "bays"},
            },
            "name": ("assign_places", "allocate", "serve", "who_goes_where", "dispatch"),
        },
        derive=_assigned,
        signature="($xs: list[tuple[int, int]]) -> list[int]",
        wordings=(
            "There are $count_word $places, numbered from 1 and all free at time 0. Each $thing in `$xs` is a pair: "
            "the minute at which it arrives, and for how many minutes it then uses a $place (1 or more). They are "
            "dealt with strictly in the order of the list, which is that of their arrival.",
            "`$xs` lists $things as `(arrival, minutes)`, ordered by arrival. One after the other they are assigned "
            "to $count_word $places, which have the numbers $span and are free at the start, at minute 0. A "
            "$thing keeps its $place for the given number of minutes, at least 1.",
            "Simulate $count_word $places with the numbers $span, none of them in use at time 0. The $things "
            "come in the order of `$xs`, where each has the minute of its arrival and the number of minutes that it "
            "needs a $place for; arrivals never go back in time, and none needs less than 1 minute.",
            "Each $thing needs one of $count_word $places (number 1, number 2 and so on; free from time 0) for some "
            "minutes. `$xs` has the pairs `(arrival, minutes)` in order of arrival, and `minutes` is positive. "
            "Decide about them one by one.",
        ),
        details={
            "clean": (
                "After each $thing, its $place needs $clean more minutes before it is free again.",
                "A $place that was used is free again $clean minutes after its $thing is done.",
                "Between two $things, a $place has to be empty for $clean minutes, and is free right after that.",
            ),
            "pick": ("$pick_1", "$pick_2"),
            "busy": ("$busy_1", "$busy_2"),
            "form": ("$form_1", "$form_2"),
        },
        reference="""
            def $name($xs):
                $body
        """,
        second="""
            def $name($xs):
                rows = [{"number": number, "free": 0, "used": 0} for number in range(1, $count + 1)]
                given = []
                for arrival, minutes in $xs:
                    ranks = {"lowest": "number", "idle": "free", "least": "used"}
                    ready = [row for row in rows if row["free"] <= arrival]
                    ready.sort(key=lambda row: row[ranks["$pick"]])
                    late = sorted(rows, key=lambda row: row["free"])
                    row = (ready or late)[0]
                    wait = max(0, row["free"] - arrival)
                    if wait > {"wait": wait, "reject": 0, "patient": $patience}["$busy"]:
                        given.append(0)
                        continue
                    row["free"] = arrival + wait + minutes + $clean
                    row["used"] += minutes
                    given.append(row["number"])
                return given if "$result" == "numbers" else [row["used"] for row in rows]
        """,
        misreadings=(
            Misreading(kind="ties", says="pick", choose="pick"),
            Misreading(kind="bounds", says="busy", choose="busy"),
            Misreading(kind="scope", says="clean", swap=(" + $clean", "")),
            Misreading(kind="types", says="form", choose="result"),
        ),
        inputs=lambda values: (_arrivals(int(values["count"]), values["clean"]),),
        properties=("$sound",),
    ),
    Template(
        name="plan_rounds",
        idea="tasks that wait for others, done in rounds of limited size",
        space={
            "most": {
                "2": {"most_word": "two"},
                "3": {"most_word": "three"},
                "4": {"most_word": "four"},
                "5": {"most_word": "five"},
                "6": {"most_word": "six"},
            },
            "first": {
                "name": {
                    "ordered": "sorted($xs)",
                    "first_1": "those whose names come first in alphabetical order",
                    "first_2": "the alphabetical order of the names",
                },
                "reverse": {
                    "ordered": "sorted($xs, reverse=True)",
                    "first_1": "those whose names come last in alphabetical order, the very last one in front",
                    "first_2": "the alphabetical order of the names turned round, from the last to the first",
                },
                "given": {
                    "ordered": "list($xs)",
                    "first_1": "those that stand first in `$xs`",
                    "first_2": "the order of the keys of `$xs`, from first to last",
                },
                "latest": {
                    "ordered": "list(reversed($xs))",
                    "first_1": "those that stand last in `$xs`, the very last one in front",
                    "first_2": "the order of the keys of `$xs`, from last to first",
                },
                "wanted": {
                    "ordered": "sorted($xs, key=lambda one: (-sum(one in names for names in $xs.values()), one))",
                    "first_1": "those that the most $things in all of `$xs` wait for, and, where that is equal, "
                    "those whose names come first in alphabetical order",
                    "first_2": "the number of lists in `$xs` that name a $thing, the most often named one first, and "
                    "alphabetical order among equals",
                },
            },
            "missing": {
                "done": {
                    "known": "other in done or other not in $xs",
                    "missing_1": "A name in a list that is not a key of `$xs` counts as done from the start.",
                    "missing_2": "Whatever is waited for but is no key of `$xs` has been done before.",
                },
                "never": {
                    "known": "other in done",
                    "missing_1": "A name in a list that is not a key of `$xs` is never done.",
                    "missing_2": "Whatever is waited for but is no key of `$xs` will never be done.",
                },
            },
            "stuck": {
                "stop": {
                    "stuck_1": "When no $thing can be done any more, the rest is left out.",
                    "stuck_2": "$Things for which the time never comes do not appear in the result.",
                    "if_stuck": "if not ready:\n    break",
                    "or_first": "",
                },
                "force": {
                    "stuck_1": "When some $things are left but none of them can be done, the first of them in that "
                    "order of preference is done all the same, in a round of its own.",
                    "stuck_2": "Should none of the remaining $things be possible, the next round consists of just "
                    "one of them, the first in that order of preference.",
                    "if_stuck": "",
                    "or_first": " or left[:1]",
                },
            },
            "result": {
                "rounds": {
                    "done_code": "return rounds",
                    "form_1": "Return a list with a list of names for each round, each in that order of preference.",
                    "form_2": "The result is the list of rounds, and a round is the list of its $things in this "
                    "order of preference.",
                    "hint": "list[list[str]]",
                    "names": "[name for part in result for name in part]",
                },
                "numbers": {
                    "done_code": "return {name: number for number, ready in enumerate(rounds, 1) for name in ready}",
                    "form_1": "Return a dictionary with the number of each $thing's round, counted from 1; its keys "
                    "are sorted by round, and within one by that order of preference.",
                    "form_2": "The result maps each name to the number of the round (the first is 1), round after "
                    "round, with the names of one round in this order of preference.",
                    "hint": "dict[str, int]",
                    "names": "list(result)",
                },
                "flat": {
                    "done_code": "return [name for ready in rounds for name in ready]",
                    "form_1": "Return a single list of names: those of the first round in that order of preference, "
                    "then those of the second, and so on.",
                    "form_2": "The result is one list with the names of all rounds, one round after the other, each "
                    "in this order of preference.",
                    "hint": "list[str]",
                    "names": "result",
                },
            },
        },
        surface={
            "what": {
                "tasks": {"xs": "tasks", "thing": "task", "things": "tasks", "Things": "Tasks"},
                "steps": {"xs": "steps", "thing": "step", "things": "steps", "Things": "Steps"},
                "chores": {"xs": "chores", "thing": "chore", "things": "chores", "Things": "Chores"},
                "jobs": {"xs": "jobs", "thing": "job", "things": "jobs", "Things": "Jobs"},
            },
            "name": ("plan", "plan_rounds", "schedule", "work_plan", "arrange"),
        },
        derive=lambda values: {"ordered": "$xs"} if (values["first"], values["stuck"]) == ("given", "stop") else {},
        signature="($xs: dict[str, list[str]]) -> $hint",
        wordings=(
            "`$xs` maps the name of each $thing to a list of the $things that it has to wait for. The work goes on "
            "in rounds, with at most $most_word $things in each, and as many as possible. A $thing can be done in a "
            "round if all that it waits for was done in earlier rounds.",
            "Plan the $things in `$xs`. Under the name of each there is a list of other names, and the $thing can "
            "only be done when all of those have been done in previous rounds. Each round takes up to $most_word "
            "$things for which that is so, and never fewer than it could.",
            "There are people for $most_word $things at a time, so the $things are done in rounds of no more than "
            "that. `$xs[name]` lists what must be finished, in an earlier round, before the $thing `name` can be "
            "done. Put as many into each round as is possible.",
            "Divide work into rounds with no more than $most_word $things in each. The keys of `$xs` are the "
            "$things, the values are lists of what each one depends on. As soon as everything it depends on was done "
            "in the rounds before, a $thing is ready, and is done if the round still has a place for it.",
        ),
        details={
            "missing": ("$missing_1", "$missing_2"),
            "first": (
                "If more could be done in a round than fit, preference is given to $first_1.",
                "Which ones are done first, if there are too many for a round, is decided by $first_2.",
            ),
            "stuck": ("$stuck_1", "$stuck_2"),
            "form": ("$form_1", "$form_2"),
        },
        reference="""
            def $name($xs):
                done = set()
                rounds = []
                left = $ordered
                while left:
                    ready = [name for name in left if all($known for other in $xs[name])][:$most]$or_first
                    $if_stuck
                    rounds.append(ready)
                    done.update(ready)
                    left = [name for name in left if name not in done]
                $done_code
        """,
        second="""
            from heapq import heapify, heappop, heappush

            def $name($xs):
                names = list($xs)
                votes = {name: 0 for name in names}
                users = {name: [] for name in names}
                open_count = {}
                for name in names:
                    waits = list(dict.fromkeys($xs[name]))
                    for other in waits:
                        if other in users:
                            votes[other] += 1
                            users[other].append(name)
                    open_count[name] = sum(other in users or "$missing" == "never" for other in waits)
                rank = {}
                for place, name in enumerate(names):
                    ranks = {"name": name, "given": place, "latest": -place, "wanted": (-votes[name], name)}
                    ranks["reverse"] = -sorted(names).index(name)
                    rank[name] = ranks["$first"]
                heap = [(rank[name], name) for name in names if open_count[name] == 0]
                heapify(heap)
                rest, rounds = set(names), []
                while rest:
                    now = []
                    while heap and len(now) < $most:
                        now.append(heappop(heap)[1])
                    if not now and "$stuck" == "stop":
                        break
                    if not now:
                        now = [min(rest, key=rank.get)]
                    rest -= set(now)
                    rounds.append(now)
                    for name in now:
                        for user in users[name]:
                            open_count[user] -= 1
                            if open_count[user] == 0 and user in rest:
                                heappush(heap, (rank[user], user))
                if "$result" == "rounds":
                    return rounds
                if "$result" == "flat":
                    return sum(rounds, [])
                return {name: number + 1 for number, now in enumerate(rounds) for name in now}
        """,
        misreadings=(
            Misreading(kind="ties", says="first", choose="first"),
            Misreading(kind="scope", says="missing", choose="missing"),
            Misreading(kind="empty", says="stuck", choose="stuck"),
            Misreading(kind="types", says="form", choose="result"),
            Misreading(kind="bounds", says="$most_word $things", swap=("[:$most]", "")),
        ),
        inputs=(_plans(),),
        properties=("len(set($names)) == len($names)", "set($names) <= set($xs)"),
    ),
    Template(
        name="regions",
        idea="connected regions of a picture made of letters, with joined borders",
        space={
            "least": {
                "2": {"least_word": "two"},
                "3": {"least_word": "three"},
                "4": {"least_word": "four"},
                "5": {"least_word": "five"},
                "6": {"least_word": "six"},
            },
            "near": {
                "side": {
                    "steps": "{(-1, 0), (1, 0), (0, -1), (0, 1)}",
                    "near_1": "share a side",
                    "near_2": "directly above or beside each other",
                },
                "corner_only": {
                    "steps": "product({-1, 1}, repeat=2)",
                    "near_1": "share a corner but no side",
                    "near_2": "diagonally next to each other",
                },
                "corner": {
                    "steps": "product({-1, 0, 1}, repeat=2)",
                    "near_1": "share a side or a corner",
                    "near_2": "directly above, beside or diagonally next to each other",
                },
            },
            "wrap": {
                "none": {
                    "spot": "row + down, col + right",
                    "wrap_1": "Nothing goes on beyond the borders.",
                    "wrap_2": "At its borders the $picture ends.",
                },
                "sides": {
                    "spot": "row + down, (col + right) % len($xs[0])",
                    "wrap_1": "The left and the right border are joined, as if the $picture were rolled up: after "
                    "the last $cell of a line comes the first one of that line. Top and bottom are not joined.",
                    "wrap_2": "The $picture is closed like a tube: its left border meets its right border, line by "
                    "line, while it ends at the top and at the bottom.",
                },
                "both": {
                    "spot": "(row + down) % len($xs), (col + right) % len($xs[0])",
                    "wrap_1": "The left border is joined to the right border and the top to the bottom, so that one "
                    "who leaves the $picture comes in again on the opposite side.",
                    "wrap_2": "Each border is joined to the opposite one: after the last line comes the first again, "
                    "and after the last $cell of a line its first.",
                },
            },
            "alike": {
                "letter": {
                    "alike_1": "$cells with the same letter",
                    "start": "spot, letter = cells.popitem()",
                    "fits": "cells.get(spot) == letter",
                },
                "any": {
                    "alike_1": "$cells with letters, which may differ",
                    "start": "spot, _ = cells.popitem()",
                    "fits": "spot in cells",
                },
            },
            "result": {
                "count": {
                    "form_1": "Return how many $regions have at least $least_word $cells.",
                    "form_2": "The answer is the number of $regions with $least_word $cells or more.",
                    "hint": "int",
                },
                "sizes": {
                    "form_1": "Return the sizes of all $regions of at least $least_word $cells, from the largest to "
                    "the smallest.",
                    "form_2": "The answer is a list of how many $cells each $region has, largest number first; those "
                    "with fewer than $least_word are left out.",
                    "hint": "list[int]",
                },
                "cells": {
                    "form_1": "Return how many $cells all $regions of at least $least_word $cells have together.",
                    "form_2": "The answer is the total number of $cells in $regions, where $regions of fewer than "
                    "$least_word $cells do not count.",
                    "hint": "int",
                },
                "cleared": {
                    "form_1": "Return the $picture with a dot in every $cell that is part of a $region of fewer than "
                    "$least_word $cells; the rest stays as it is.",
                    "form_2": "The answer is the $picture in the same form, but with the $cells of all $regions that "
                    "have fewer than $least_word of them turned into dots.",
                    "hint": "list[str]",
                },
            },
        },
        surface={
            "what": {
                "picture": {
                    "xs": "lines",
                    "picture": "picture",
                    "cell": "cell",
                    "cells": "cells",
                    "region": "patch",
                    "regions": "patches",
                },
                "map": {
                    "xs": "rows",
                    "picture": "map",
                    "cell": "square",
                    "cells": "squares",
                    "region": "region",
                    "regions": "regions",
                },
                "board": {
                    "xs": "board",
                    "picture": "board",
                    "cell": "field",
                    "cells": "fields",
                    "region": "group",
                    "regions": "groups",
                },
                "mosaic": {
                    "xs": "mosaic",
                    "picture": "mosaic",
                    "cell": "tile",
                    "cells": "tiles",
                    "region": "block",
                    "regions": "blocks",
                },
            },
            "name": ("find_regions", "connected", "survey", "examine", "clusters"),
        },
        derive=_surveyed,
        signature="($xs: list[str]) -> $hint",
        wordings=(
            "`$xs` is a $picture: a list of lines, which are strings of the same length, with one character for each "
            "$cell, a small letter or, where the $cell is empty, a dot. A $region is made of $alike_1. Two $cells of "
            "this kind that $near_1 are in the same $region, and so is everything that is linked to them in this way "
            "through others.",
            "A $picture is given as the list `$xs` of strings of equal length. Each character is a $cell: `.` for an "
            "empty one, else a small letter. A $region consists of $alike_1: two such $cells belong to the same one if "
            "they are $near_2, or if a chain of such pairs leads from one to the other; a $cell without such neighbours is a $region "
            "by itself. Empty $cells belong to none.",
            "Find the $regions of a $picture. Its lines are the strings in `$xs`, all equally long; a dot is an "
            "empty $cell, and every other $cell has a letter from a to z. The $regions consist of "
            "$alike_1. Those that are $near_2 are linked, and all that is linked, directly or through others, makes "
            "one $region. So each $cell with a letter is in exactly one $region, perhaps alone.",
            "The strings in `$xs`, which have the same length, draw a $picture with a character per $cell: small "
            "letters, and dots for nothing. It falls into $regions of $alike_1: a $region is all that can be reached "
            "from any one of its $cells without leaving it, by steps between $cells that $near_1. It may even be a "
            "single $cell.",
        ),
        details={
            "wrap": ("$wrap_1", "$wrap_2"),
            "form": ("$form_1", "$form_2"),
            "empty": ("`$xs` may be empty, but no line is.", "There may be no lines at all; a line is never empty."),
        },
        reference="""
            $imports
            def $name($xs):
                cells = {
                    (row, col): letter
                    for row, line in enumerate($xs)
                    for col, letter in enumerate(line)
                    $full
                }
                $found = $nothing
                while cells:
                    $start
                    $region = [spot]
                    for row, col in $region:
                        for down, right in $steps:
                            spot = $spot
                            if $fits:
                                del cells[spot]
                                $region.append(spot)
                    $collect
                $done
        """,
        second="""
            def $name($xs):
                height, width = len($xs), len($xs[0]) if $xs else 0
                boss = {(r, c): (r, c) for r in range(height) for c in range(width) if $xs[r][c].isalpha()}

                def top(spot):
                    while boss[spot] != spot:
                        spot = boss[spot]
                    return spot

                for r, c in list(boss):
                    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
                        if "$near" == ("side" if dr and dc else "corner_only"):
                            continue
                        other = r + dr, c + dc
                        if "$wrap" != "none":
                            other = other[0], other[1] % width
                        if "$wrap" == "both":
                            other = other[0] % height, other[1]
                        if other in boss and ("$alike" == "any" or $xs[r][c] == $xs[other[0]][other[1]]):
                            boss[top((r, c))] = top(other)
                members = {}
                for spot in boss:
                    members.setdefault(top(spot), []).append(spot)
                large = [spots for spots in members.values() if len(spots) >= $least]
                if "$result" == "count":
                    return len(large)
                if "$result" == "cells":
                    return sum(map(len, large))
                if "$result" == "sizes":
                    return sorted(map(len, large))[::-1]
                kept = {spot for spots in large for spot in spots}
                drawn = []
                for r in range(height):
                    drawn.append("".join($xs[r][c] if (r, c) in kept else "." for c in range(width)))
                return drawn
        """,
        misreadings=(
            Misreading(kind="scope", says="$alike_1", choose="alike"),
            Misreading(kind="bounds", says="wrap", choose="wrap"),
            Misreading(kind="scope", says="form", choose="result"),
            Misreading(kind="bounds", says="$least_word", choose="least"),
        ),
        inputs=(_grids(),),
        equivalents=(
            Equivalent("(row, col) -> (col, row)", "with no borders joined, rows and columns play the same part"),
            Equivalent("down, right -> right, down", "for each step there is one with the two parts exchanged"),
            Equivalent("row + down -> row - down", "for each step there is one to the opposite side"),
            Equivalent("col + right -> col - right", "for each step there is one to the opposite side"),
        ),
        properties=("$sound",),
        held_out=True,
    ),
)
