"""List operations: what is kept, counted, moved and merged."""

from itertools import accumulate
from typing import Any

from lift_sys.testing.inputs import Inputs, distinct, integers, lists, mixed, one_of, optional, tuples
from lift_sys.testing.template import Equivalent, Misreading, Template, Values

_READINGS = {
    "temps": {"xs": "temps", "thing": "temperature", "things": "temperatures"},
    "scores": {"xs": "scores", "thing": "score", "things": "scores"},
    "prices": {"xs": "prices", "thing": "price", "things": "prices"},
    "depths": {"xs": "depths", "thing": "depth", "things": "depths"},
    "levels": {"xs": "levels", "thing": "level", "things": "levels"},
}


def _gappy(most: int) -> Inputs:
    """Numbers with runs of None between them, many of them about as long as `most`."""
    runs = mixed(integers(0, most + 2, most), one_of(0, 0, 1))
    return tuples(runs, lists(tuples(integers(-9, 9), runs), 0, 5)).map(
        lambda drawn: [None] * drawn[0] + [entry for value, gap in drawn[1] for entry in [value, *[None] * gap]]
    )


def _gap_filling(values: Values) -> Values:
    """How the reference of `fill_gaps` finds what a gap is filled with."""
    if values["outer"] != "nearest":
        choose = "end = len(filled) + size\nvalue = $inner if filled and end < len($xs) else $value"
    elif values["source"] == "before":
        choose = "if filled:\n    value = filled[-1]\nelse:\n    value = $xs[size] if size < len($xs) else None"
    elif values["source"] == "after":
        choose = (
            "end = len(filled) + size\n"
            "if end < len($xs):\n    value = $xs[end]\n"
            "else:\n    value = filled[-1] if filled else None"
        )
    else:
        choose = (
            "end = len(filled) + size\n"
            "if filled and end < len($xs):\n    value = $inner\n"
            "elif filled:\n    value = filled[-1]\n"
            "else:\n    value = $xs[end] if end < len($xs) else None"
        )
    return {"choose": choose}


def _hilly(step: int) -> Inputs:
    """Walks whose steps are often just as large as `step`, or 0."""
    moves = one_of(0, 0, 0, 1, -1, step - 1, 1 - step, step, step, -step, -step, step + 1, -step - 1)
    walks = tuples(integers(-5, 20), lists(moves, 0, 13)).map(lambda drawn: list(accumulate([drawn[0], *drawn[1]])))
    return walks.plus([], [step * (place % 2) for place in range(7)])


def _dealing(values: Values) -> Values:
    """The pieces of the reference of `deal_out`."""
    piles, rest, way = values["piles"], values["rest"], values["way"]
    left = {
        "turn": "the last round ends as soon as there are no more $things",
        "snake": "the last round ends as soon as there are no more $things",
        "blocks": "the blocks that are dealt first are longer than the others, by one",
    }
    even = rest != "on"
    deal = {
        "turn": "piles = [$xs[number : rounds * $piles : $piles] for number in range($piles)]"
        if even
        else "piles = [$xs[number::$piles] for number in range($piles)]",
        "snake": "piles = [[] for _ in range($piles)]\norder = list(range($piles))\n"
        + ("for lap in range(rounds):\n" if even else "for start in range(0, len($xs), $piles):\n")
        + f"    for number, value in zip(order, $xs[{'lap * $piles' if even else 'start'} :]):\n"
        + "        piles[number].append(value)\n    order.reverse()",
        "blocks": "piles = [$xs[number * rounds : (number + 1) * rounds] for number in range($piles)]"
        if even
        else "piles = []\n"
        "size, longer = divmod(len($xs), $piles)\n"
        "start = 0\n"
        "for number in range($piles):\n"
        "    end = start + size + (number < longer)\n"
        "    piles.append($xs[start:end])\n"
        "    start = end",
    }
    shown = "piles[::-1]" if values["begin"] == "last" else "piles"
    return {
        "more": piles + 1,
        "left": left[way] if rest == "on" else values["left"],
        "cut": "rounds = len($xs) // $piles" if even else "",
        "deal": deal[way],
        "turn": "piles = [pile[::-1] for pile in piles]" if values["inside"] == "turned" else "",
        "back": f"return [*{shown}, $xs[rounds * $piles :]]" if rest == "extra" else f"return {shown}",
    }


def _moved(values: Values) -> dict[str, Any] | None:
    """The pieces of `move_block`."""
    if values["short"] == "wrap" and values["turn"] != "kept":
        return None  # moving all members changes their order, moving none of them does not
    if (values["short"], values["turn"]) == ("all", "kept"):
        return None  # moving all members in their order moves none
    front = values["end"] == "front"
    return {
        "block": "$xs[:cut]" if front else "$xs[cut:]",
        "joined": "$xs[cut:] + $moved" if front else "$moved + $xs[:cut]",
        "more": values["count"] + 1,
        "less": values["count"] - 1,
    }


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="longest_run_beyond",
        idea="length of the longest stretch of neighbours on one side of a limit",
        space={
            "limit": range(2, 110),
            "side": {
                "above": {"op": ">", "side_word": "above", "other_word": "below"},
                "below": {"op": "<", "side_word": "below", "other_word": "above"},
            },
            "edge": {
                "in": {"or_equal": "=", "counts": "still counts"},
                "out": {"or_equal": "", "counts": "does not count"},
            },
        },
        surface={
            "what": _READINGS,
            "name": ("longest_stretch", "longest_run", "max_streak", "best_streak", "longest_spell"),
        },
        signature="($xs: list[int]) -> int",
        wordings=(
            "Return the length of the longest stretch of consecutive $things that are $side_word $limit.",
            "`$xs` holds $things in the order they were taken. How long is the longest row of neighbours that lie "
            "$side_word $limit? Return that number.",
            "Look for runs of adjacent $things $side_word $limit and give back the size of the longest one.",
            "Given the list `$xs`, find the length of the longest series of $things that all stay $side_word $limit.",
            "A spell is an unbroken series of $things $side_word $limit. How long is the longest spell?",
        ),
        details={
            "edge": (
                "A $thing of exactly $limit $counts.",
                "Where a $thing equals $limit, it $counts.",
                "Exactly $limit $counts.",
            ),
            "none": (
                "When there is no such stretch, or the list is empty, the answer is 0.",
                "Return 0 if no $thing qualifies or there are none at all.",
            ),
        },
        reference="""
            def $name($xs):
                best = current = 0
                for value in $xs:
                    current = current + 1 if value $op$or_equal $limit else 0
                    best = max(best, current)
                return best
        """,
        second="""
            from itertools import groupby

            def $name($xs):
                groups = groupby($xs, key=lambda value: value $op$or_equal $limit)
                return max((len(list(members)) for fits, members in groups if fits), default=0)
        """,
        misreadings=(
            Misreading(kind="bounds", says="edge", choose="edge"),
            Misreading(kind="scope", says="$side_word $limit", choose="side"),
            Misreading(kind="order", says="the longest", swap=("return best", "return current")),
            Misreading(
                kind="empty",
                says="none",
                code="""
                    def $name($xs):
                        best = current = 0
                        for value in $xs:
                            current = current + 1 if value $op$or_equal $limit else 0
                            best = max(best, current)
                        return best or -1
                """,
            ),
        ),
        inputs=lambda values: (lists(integers(values["limit"] - 50, values["limit"] + 20, values["limit"]), 0, 10),),
        properties=("result >= 0", "result <= len($xs)"),
    ),
    Template(
        name="move_block",
        idea="move the first or last members to the other end",
        space={
            "count": range(4, 18),
            "end": {
                "front": {"cut": "shift", "from_end": "front", "to_end": "back"},
                "back": {"cut": "len($xs) - shift", "from_end": "back", "to_end": "front"},
            },
            "short": {
                "wrap": {
                    "shift": "$count % len($xs)",
                    "then": "the moves go on round the list, one $thing at a time",
                },
                "keep": {"shift": "$count if len($xs) >= $count else 0", "then": "nothing moves"},
                "all": {"shift": "min($count, len($xs))", "then": "all of them move"},
                "half": {
                    "shift": "$count if len($xs) >= $count else len($xs) // 2",
                    "then": "only half of its $things (rounded down) move",
                },
            },
            "turn": {
                "kept": {"moved": "$block", "how": "keep their order"},
                "turned": {"moved": "$block[::-1]", "how": "end up in reverse order"},
                "rising": {"moved": "sorted($block)", "how": "end up in ascending order"},
                "falling": {"moved": "sorted($block, reverse=True)", "how": "end up in descending order"},
            },
        },
        surface={
            "what": {
                "tasks": {"xs": "tasks", "thing": "task", "things": "tasks"},
                "cards": {"xs": "deck", "thing": "card", "things": "cards"},
                "cars": {"xs": "train", "thing": "car", "things": "cars"},
                "guests": {"xs": "queue", "thing": "guest", "things": "guests"},
            },
            "name": ("move_over", "shift_round", "carry_over", "move_block", "send_round"),
        },
        derive=_moved,
        signature="($xs: list[int]) -> list[int]",
        wordings=(
            "Move $count $things from the $from_end of the list to its $to_end.",
            "Take the $count $things at the $from_end of `$xs` and put them at the $to_end.",
            "Return a new list in which the $count $things from the $from_end of `$xs` stand at the $to_end; the "
            "others stay as they were.",
            "Rearrange `$xs` so that the $count $things now at the $from_end end up at the $to_end.",
        ),
        details={
            "how": ("The moved $things $how.", "Those that are moved $how."),
            "short": (
                "If the list has fewer than $count $things, $then.",
                "For a list with fewer than $count $things, $then.",
                "Where there are fewer than $count $things, $then.",
            ),
            "empty": (
                "An empty list gives an empty list.",
                "For an empty list return an empty one.",
            ),
        },
        reference="""
            def $name($xs):
                if not $xs:
                    return []
                shift = $shift
                cut = $cut
                return $joined
        """,
        second="""
            from collections import deque

            def $name($xs):
                line, moved = deque($xs), deque()
                size, moves = len(line), $count if $xs else 0
                if "$short" == "wrap":
                    while moves >= size > 0:
                        moves -= size
                elif size < moves:
                    moves = {"keep": 0, "half": size // 2, "all": size}["$short"]
                for _ in range(moves):
                    if "$end" == "front":
                        moved.append(line.popleft())
                    else:
                        moved.appendleft(line.pop())
                if "$turn" == "turned":
                    moved.reverse()
                elif "$turn" != "kept":
                    moved = sorted(moved, key=lambda value: value if "$turn" == "rising" else -value)
                return [*line, *moved] if "$end" == "front" else [*moved, *line]
        """,
        misreadings=(
            Misreading(kind="order", says="$from_end", choose="end"),
            Misreading(kind="scope", says="short", choose="short"),
            Misreading(kind="order", says="how", choose="turn"),
        ),
        inputs=lambda values: (
            mixed(
                lists(integers(-9, 9), 0, 13),
                distinct(integers(-9, 9), 1, values["count"] + 1),
                lists(integers(-9, 9), values["count"] - 1, values["count"] + 3),
            ),
        ),
        properties=("len(result) == len($xs)", "sorted(result) == sorted($xs)"),
        equivalents=(
            Equivalent("if not $xs: return [] -> if False: return []", "an empty list is cut into two empty lists"),
            Equivalent(
                "len($xs) >= $count -> len($xs) > $count", "moving all members in their order changes nothing"
            ),
            Equivalent(
                "$count % len($xs) -> $count",
                "a slice that starts before the front counts from the end, and so far on",
            ),
            Equivalent("len($xs) -> len($xs) - 1", "moving all members in their order changes nothing"),
            Equivalent(
                "$count if len($xs) >= $count else 0 -> $count", "moving all members in their order changes nothing"
            ),
            Equivalent("$count -> $more", "moving all members in their order changes nothing"),
            Equivalent("$count -> $less", "moving all members in their order changes nothing"),
            Equivalent("4 -> 3", "of three members, the slice from -1 on is the half that moves"),
        ),
    ),
    Template(
        name="fill_gaps",
        idea="fill runs of None from their neighbours, within a limit",
        space={
            "most": range(2, 16),
            "source": {
                "before": {"inner": "filled[-1]", "becomes": "the last number before it"},
                "after": {"inner": "$xs[end]", "becomes": "the first number after it"},
                "smaller": {
                    "inner": "min(filled[-1], $xs[end])",
                    "becomes": "the smaller of the nearest numbers on its two sides",
                },
                "greater": {
                    "inner": "max(filled[-1], $xs[end])",
                    "becomes": "the greater of the nearest numbers on its two sides",
                },
                "mean": {
                    "inner": "(filled[-1] + $xs[end]) // 2",
                    "becomes": "the mean of the nearest numbers on its two sides, rounded down",
                },
            },
            "outer": {
                "stay": {
                    "value": "None",
                    "edge": "stays a gap",
                    "alone": "A list without any number is returned as it is.",
                },
                "nearest": {
                    "edge": "is filled with that number",
                    "alone": "A list without any number is returned as it is.",
                },
                "zero": {
                    "value": "0",
                    "edge": "is filled with 0",
                    "alone": "A list without any number is one gap of that kind.",
                },
            },
            "long": {
                "whole": {
                    "write": "if size <= $most:\n    entries = [value] * size",
                    "then": "is left as it is",
                    "bound": "size <= $most",
                    "other_bound": "size < $most",
                },
                "part": {
                    "write": "entries = [value] * min(size, $most) + [None] * (size - $most)",
                    "then": "is filled in its first $most places at most",
                    "bound": "[value] * min(size, $most) + [None] * (size - $most)",
                    "other_bound": "[None] * (size - $most) + [value] * min(size, $most)",
                },
            },
        },
        surface={
            "what": {
                "temps": {"xs": "temps", "things": "temperatures"},
                "counts": {"xs": "counts", "things": "counts"},
                "prices": {"xs": "prices", "things": "prices"},
                "levels": {"xs": "levels", "things": "water levels"},
                "weights": {"xs": "weights", "things": "weights"},
            },
            "name": ("fill_gaps", "without_gaps", "complete", "patch_series", "fill_in"),
        },
        derive=_gap_filling,
        signature="($xs: list[int | None]) -> list[int | None]",
        wordings=(
            "`$xs` is a series of $things in which None marks what is missing. Return a copy with its gaps filled: a "
            "None that has numbers somewhere on both sides becomes $becomes.",
            "Fill the gaps in a series of $things, `$xs`, where None stands for a missing number, and return the new "
            "series. Each None with numbers both before and after it in the list becomes $becomes.",
            "In the list `$xs` of $things some entries are None. Give back a list of the same length in which such "
            "an entry, if there are numbers on both sides of it, near or far, is replaced by $becomes.",
            "Some $things in `$xs` were not recorded and are None. Make a new list that has a number in their place: "
            "between two numbers, each None is turned into $becomes.",
        ),
        details={
            "long": (
                "A gap is a whole run of None; one of more than $most places $then, wherever in the list it is.",
                "But any run of more than $most None in a row $then; this goes for all gaps.",
            ),
            "outer": (
                "A gap at the start or the end of the list, with a number on one side only, $edge.",
                "Where a gap reaches the start or the end of the list, so that it has just one neighbour, it $edge.",
            ),
            "alone": ("$alone",),
        },
        reference="""
            from itertools import groupby

            def $name($xs):
                filled = []
                for missing, run in groupby($xs, key=lambda entry: entry is None):
                    entries = list(run)
                    if missing:
                        size = len(entries)
                        $choose
                        $write
                    filled += entries
                return filled
        """,
        second="""
            def $name($xs):
                known = [-1, *(place for place, value in enumerate($xs) if value is not None), len($xs)]

                def filled(place):
                    left = max(other for other in known if other < place)
                    right = min(other for other in known if other > place)
                    allowed = place - left if "$long" == "part" else right - left - 1
                    if allowed > $most:
                        return None
                    sides = [$xs[other] for other in (left, right) if 0 <= other < len($xs)]
                    if len(sides) < 2:
                        return {"stay": None, "nearest": sides[0] if sides else None, "zero": 0}["$outer"]
                    low, high = sorted(sides)
                    choices = {"before": sides[0], "after": sides[1], "smaller": low, "greater": high}
                    return choices.get("$source", (low + high) // 2)

                return [filled(place) if value is None else value for place, value in enumerate($xs)]
        """,
        misreadings=(
            Misreading(kind="scope", says="$becomes", choose="source"),
            Misreading(kind="empty", says="outer", choose="outer"),
            Misreading(kind="bounds", says="long", choose="long"),
            Misreading(kind="bounds", says="long", swap=("$bound", "$other_bound")),
        ),
        inputs=lambda values: (_gappy(values["most"]),),
        properties=(
            "len(result) == len($xs)",
            "all(then == now for then, now in zip($xs, result) if then is not None)",
        ),
        held_out=True,
    ),
    Template(
        name="split_sections",
        idea="cut a list into sections at some of its numbers",
        space={
            "key": range(3, 13),
            "test": {
                "equal": {
                    "marks": "value == $key",
                    "is_mark": "that equals $key",
                    "note": "No other number is a $mark, not even -$key.",
                },
                "above": {
                    "marks": "value > $key",
                    "is_mark": "greater than $key",
                    "note": "$key itself is no $mark.",
                },
                "multiple": {
                    "marks": "value % $key == 0",
                    "is_mark": "that is divisible by $key",
                    "note": "0 is a $mark too, and so are negative multiples of $key.",
                },
            },
            "place": {
                "drop": {
                    "belongs": "itself belongs to no section",
                    "put": "if $marks:\n    sections.append([])\nelse:\n    sections[-1].append(value)",
                    "hollow": "Where two $marks are neighbours, or one is at the start or the end of the list, there "
                    "is an empty section",
                },
                "first": {
                    "belongs": "is the first number of the section after the cut",
                    "put": "if $marks:\n    sections.append([])\nsections[-1].append(value)",
                    "hollow": "Where the list starts with a $mark, there is an empty section before it",
                },
                "last": {
                    "belongs": "is the last number of the section before the cut",
                    "put": "sections[-1].append(value)\nif $marks:\n    sections.append([])",
                    "hollow": "Where the list ends with a $mark, there is an empty section after it",
                },
            },
            "small": {
                "all": {"keep": "", "zero": " (0 for an empty one)", "then": "; that one counts as well"},
                "filled": {"keep": " if section", "zero": "", "then": ", but empty sections are left out"},
                "long": {
                    "keep": " if len(section) > 1",
                    "zero": "",
                    "then": ", but all sections with fewer than two numbers are left out",
                },
            },
            "give": {
                "lists": {
                    "returns": "list[list[int]]",
                    "asked": "the sections, each as a list",
                    "shown": "section",
                    "nothing": "[[]]",
                },
                "sums": {
                    "returns": "list[int]",
                    "asked": "the sum of each section$zero",
                    "shown": "sum(section)",
                    "nothing": "[0]",
                },
            },
        },
        surface={
            "xs": ("numbers", "values", "items", "entries", "data"),
            "mark": {
                "marker": {"marks_word": "markers"},
                "divider": {"marks_word": "dividers"},
                "separator": {"marks_word": "separators"},
                "border": {"marks_word": "borders"},
            },
            "name": ("sections", "split_at", "cut_up", "break_up", "parts_of"),
        },
        derive=lambda values: {
            "hollow": values["hollow"].replace("$marks", "$marks_word"),
            "back": "return sections"
            if values["give"] == "lists" and values["small"] == "all"
            else "return [$shown for section in sections$keep]",
            "empty": values["nothing"] if values["small"] == "all" else "[]",
        },
        signature="($xs: list[int]) -> $returns",
        wordings=(
            "Cut `$xs` into sections. Every number $is_mark is a $mark at which the list is cut; it $belongs. Return "
            "$asked, in order.",
            "Each number in `$xs` $is_mark is a $mark: one section ends there, and the next one starts. The $mark "
            "$belongs. Return a list with $asked, from front to back.",
            "The list `$xs` falls into sections, with a cut at each $mark, that is, at each number $is_mark. Such a "
            "$mark $belongs. Give back $asked, in the order of the list.",
            "Go through `$xs` and start a new section at every $mark, which is what any number $is_mark is called "
            "here. A $mark $belongs. The result lists $asked, in their order.",
        ),
        details={
            "note": ("$note",),
            "small": ("$hollow$then.",),
            "empty": ("An empty list gives `$empty`.", "For an empty list the result is `$empty`."),
        },
        reference="""
            def $name($xs):
                sections = [[]]
                for value in $xs:
                    $put
                $back
        """,
        second="""
            def $name($xs):
                cuts = [place for place, value in enumerate($xs) if $marks]
                before, after = {"drop": (0, 1), "first": (0, 0), "last": (1, 1)}["$place"]
                starts = [0, *(cut + after for cut in cuts)]
                ends = [*(cut + before for cut in cuts), len($xs)]
                parts = [$xs[start:end] for start, end in zip(starts, ends)]
                least = {"all": 0, "filled": 1, "long": 2}["$small"]
                return [sum(part) if "$give" == "sums" else part for part in parts if len(part) >= least]
        """,
        misreadings=(
            Misreading(kind="scope", says="$belongs", choose="place"),
            Misreading(kind="empty", says="small", choose="small"),
            Misreading(kind="bounds", says="$is_mark", choose="test"),
        ),
        inputs=lambda values: (
            lists(
                mixed(
                    integers(-2 * values["key"], 2 * values["key"] + 2, values["key"], 0),
                    one_of(values["key"], values["key"], -values["key"], 2 * values["key"], 1, 2),
                ),
                0,
                9,
            ),
        ),
        properties=("len(result) <= len($xs) + 1",),
    ),
    Template(
        name="standings",
        idea="the rank of each score, with ties, absentees and a last rank",
        space={
            "last": range(2, 13),
            "best": {
                "high": {"beats": ">", "better": "higher"},
                "low": {"beats": "<", "better": "lower"},
            },
            "ties": {
                "best": {
                    "rank": "1 + sum(other $beats score for other in known)",
                    "shared": "share the best of the ranks that they take up together, as in 1, 2, 2, 4",
                },
                "worst": {
                    "rank": "sum(other $beats= score for other in known)",
                    "shared": "share the worst of the ranks that they take up together, as in 1, 3, 3, 4",
                },
                "dense": {
                    "rank": "1 + len({other for other in known if other $beats score})",
                    "shared": "share a rank, and the next rank after it is not skipped, as in 1, 2, 2, 3",
                },
                "order": {
                    "rank": "1 + sum(other $beats score for other in known) + $xs[:place].count(score)",
                    "shared": "are ranked in the order in which they stand in the list, as in 1, 2, 3, 4",
                },
            },
            "beyond": {
                "zero": {"none": "0", "shown": "rank if rank <= $last else 0"},
                "minus": {"none": "-1", "shown": "rank if rank <= $last else -1"},
                "next": {"none": "$next", "shown": "min(rank, $next)"},
            },
            "absent": {
                "none": {"missing": "None", "gets": "None in the result as well"},
                "beyond": {"missing": "$none", "gets": "$none in the result"},
            },
        },
        surface={
            "what": {
                "points": {
                    "xs": "points",
                    "score": "number of points",
                    "scores": "numbers of points",
                    "player": "player",
                },
                "times": {"xs": "times", "score": "time", "scores": "times", "player": "runner"},
                "marks": {"xs": "marks", "score": "mark", "scores": "marks", "player": "pupil"},
                "strokes": {"xs": "scores", "score": "score", "scores": "scores", "player": "golfer"},
                "bids": {"xs": "bids", "score": "bid", "scores": "bids", "player": "bidder"},
            },
            "name": ("standings", "ranks", "rank_all", "places", "ranking"),
        },
        derive=lambda values: {
            "next": values["last"] + 1,
            "each": "place, score in enumerate($xs)" if values["ties"] == "order" else "score in $xs",
            "returned": "list[int | None]" if values["absent"] == "none" else "list[int]",
        },
        signature="($xs: list[int | None]) -> $returned",
        wordings=(
            "`$xs` holds the $score of each $player. Return a list with the rank of each $player, in the same order: "
            "the $better the $score, the better the rank, and rank 1 is the best.",
            "Rank the $scores in `$xs`, of which $better ones are better, and return their ranks as a list in the "
            "order of `$xs`. The best rank is 1.",
            "For each $player, `$xs` has the $score. Work out who comes first, second and so on ($better is better) "
            "and return the list of the ranks 1, 2 and so on, one for each entry of `$xs` and in its order.",
            "Given a list `$xs` with one $score for each $player, replace every $score by its rank and return the "
            "new list. Rank 1 goes to the $better end: a $better $score has a better rank.",
        ),
        details={
            "ties": ("Equal $scores $shared.", "Where $scores are equal, they $shared."),
            "beyond": (
                "There are no ranks beyond $last: whoever would get one gets $none instead.",
                "A rank greater than $last is not given; $none stands in its place.",
            ),
            "absent": (
                "None means that a $player did not take part; it has no influence on the ranks of the others, and it "
                "gives $gets.",
                "An entry may be None, for a $player who was not there: that gives $gets, and the others are ranked "
                "as if the entry did not exist.",
            ),
        },
        reference="""
            def $name($xs):
                known = [score for score in $xs if score is not None]
                ranks = []
                for $each:
                    if score is None:
                        ranks.append($missing)
                    else:
                        rank = $rank
                        ranks.append($shown)
                return ranks
        """,
        second="""
            from bisect import bisect_left, bisect_right

            def $name($xs):
                sign = -1 if "$best" == "high" else 1
                places = sorted((sign * score, at) for at, score in enumerate($xs) if score is not None)
                line = [key for key, _ in places]
                steps = sorted(set(line))
                result = [$missing] * len($xs)
                for key, at in places:
                    rank = {
                        "best": bisect_left(line, key) + 1,
                        "worst": bisect_right(line, key),
                        "dense": bisect_left(steps, key) + 1,
                        "order": places.index((key, at)) + 1,
                    }["$ties"]
                    result[at] = $none if rank > $last else rank
                return result
        """,
        misreadings=(
            Misreading(kind="order", says="$better", choose="best"),
            Misreading(kind="ties", says="ties", choose="ties"),
            Misreading(kind="bounds", says="beyond", choose="beyond"),
            Misreading(kind="empty", says="absent", choose="absent"),
        ),
        inputs=lambda values: (
            mixed(
                lists(optional(integers(-2, values["last"] + 4)), 0, values["last"] + 4),
                lists(mixed(integers(0, 4), one_of(0, 1, 2, None)), 0, values["last"] + 3),
                distinct(integers(-3, 20), 0, values["last"] + 4),
                # Ranks that are shared and not skipped seldom come to a late last one.
                *(
                    [distinct(integers(-3, 40), values["last"], values["last"] + 4)]
                    if values["ties"] == "dense" and values["last"] > 10
                    else []
                ),
            ),
        ),
        properties=("len(result) == len($xs)", "all(rank is None or rank <= $next for rank in result)"),
    ),
    Template(
        name="deal_out",
        idea="deal a list out to piles: in turn, there and back, or in blocks",
        space={
            "piles": range(2, 14),
            "way": {
                "turn": {
                    "dealt": "one at a time to each pile in turn, and again in the same order as often as needed",
                },
                "snake": {
                    "dealt": "one at a time, round after round: in every round each pile gets one, and every second "
                    "round goes through the piles in the opposite order",
                },
                "blocks": {
                    "dealt": "in blocks of neighbours: the pile that comes first gets the first block of the list, "
                    "the next pile the block after it, and so on, and all blocks are equally long",
                },
            },
            "rest": {
                "on": {"count": "$piles"},
                "out": {
                    "count": "$piles",
                    "left": "the $things left over, which are those at the end of the list, are left out",
                },
                "extra": {
                    "count": "$more",
                    "left": "the $things left over, which are those at the end of the list, form one more pile after "
                    "all the others, in the order of the list; where none are left over, that pile is there too, and empty",
                },
            },
            "begin": {
                "first": {
                    "starts": "The first pile is the first to get something",
                    "shown_first": "; it is the first of the result, too",
                },
                "last": {
                    "starts": "The last pile is the first to get something, then the one before it, and so on",
                    "shown_first": "; the result has the first pile first, all the same",
                },
            },
            "inside": {
                "kept": {"lies": "in the order of the list"},
                "turned": {"lies": "in the reverse order of the list"},
            },
        },
        surface={
            "what": {
                "cards": {"xs": "cards", "things": "cards"},
                "tasks": {"xs": "tasks", "things": "tasks"},
                "stones": {"xs": "stones", "things": "stones"},
                "stamps": {"xs": "stamps", "things": "stamps"},
            },
            "name": ("deal_out", "make_piles", "share_out", "into_piles", "hand_round"),
        },
        derive=_dealing,
        signature="($xs: list[int]) -> list[list[int]]",
        wordings=(
            "Deal the $things in `$xs`, from the first to the last, to $piles piles and return the list of the "
            "piles. They are dealt $dealt.",
            "Return a list of $piles piles, each a list, to which the $things in `$xs` are dealt from front to back. "
            "This is done $dealt.",
            "Split `$xs` up into $piles piles, given as a list of lists. Beginning at the front of `$xs`, the "
            "$things are handed out $dealt.",
            "There are $piles piles, all of them empty at first. Hand out the $things in `$xs` to them, beginning at "
            "the front of the list and going $dealt. Return all the piles as a list of lists.",
        ),
        details={
            "begin": ("$starts.", "$starts$shown_first."),
            "rest": (
                "If the number of $things is not a multiple of $piles, $left.",
                "Where $piles does not divide the number of $things, $left.",
            ),
            "inside": (
                "In each of the $piles piles the $things lie $lies.",
                "Each of the $piles piles has its $things $lies.",
            ),
        },
        reference="""
            def $name($xs):
                $cut
                $deal
                $turn
                $back
        """,
        second="""
            def $name($xs):
                rounds, over = divmod(len($xs), $piles)
                piles = {number: [] for number in range($piles)}
                for place, value in enumerate($xs):
                    lap, number = divmod(place, $piles)
                    if lap == rounds and "$rest" != "on":
                        break
                    if "$way" == "snake" and lap % 2:
                        number = $piles - 1 - number
                    if "$way" == "blocks":
                        sizes = [rounds + ("$rest" == "on" and other < over) for other in range($piles)]
                        number = next(n for n in range($piles) if place < sum(sizes[: n + 1]))
                    if "$begin" == "last":
                        number = $piles - 1 - number
                    piles[number].insert(0 if "$inside" == "turned" else len(piles[number]), value)
                extra = [$xs[rounds * $piles :]] if "$rest" == "extra" else []
                return [*piles.values(), *extra]
        """,
        misreadings=(
            Misreading(kind="scope", says="$dealt", choose="way"),
            Misreading(kind="bounds", says="rest", choose="rest"),
            Misreading(kind="order", says="begin", choose="begin"),
            Misreading(kind="order", says="inside", choose="inside"),
        ),
        inputs=lambda values: (lists(integers(1, 30), 0, 3 * values["piles"] + 2),),
        properties=("len(result) == $count",),
        equivalents=(
            Equivalent("len($xs) -> len($xs) + 1", "a round in which there is nothing left to deal changes nothing"),
        ),
        held_out=True,
    ),
    Template(
        name="find_peaks",
        idea="positions that stand out from their neighbours by a step, flat tops included",
        space={
            "step": range(1, 9),
            "apart": (3, 4, 5, 6),
            "kind": {
                "high": {"beyond": "$xs[start] - other", "peak": "peak", "peaks": "peaks", "higher": "higher"},
                "low": {"beyond": "other - $xs[start]", "peak": "dip", "peaks": "dips", "higher": "lower"},
            },
            "flat": {
                "none": {"only": "end - start == 1 and ", "at": "start"},
                "first": {
                    "only": "",
                    "at": "start",
                    "listed": "the first of these positions is listed",
                },
                "last": {
                    "only": "",
                    "at": "end - 1",
                    "listed": "the last of these positions is listed",
                },
                "middle": {
                    "only": "",
                    "at": "(start + end - 1) // 2",
                    "listed": "the one in the middle of these positions is listed, or the earlier of the two in the "
                    "middle",
                },
            },
            "ends": {
                "count": {
                    "both": "near",
                    "outer": "has only one neighbour, and is a $peak if it is $step or more $higher than that",
                },
                "never": {"both": "len(near) == 2", "outer": "is never a $peak"},
            },
        },
        surface={
            "what": {
                "heights": {"xs": "heights", "thing": "height", "things": "heights"},
                "temps": {"xs": "temps", "thing": "temperature", "things": "temperatures"},
                "prices": {"xs": "prices", "thing": "price", "things": "prices"},
                "volumes": {"xs": "volumes", "thing": "volume", "things": "volumes"},
                "depths": {"xs": "depths", "thing": "depth", "things": "depths"},
            },
            "enough": ("at least $step", "no less than $step", "$step or more"),
            "name": ("find_$peaks", "${peak}_positions", "where_$peaks", "list_$peaks"),
        },
        derive=lambda values: {
            "flatly": "Equal $things next to each other are never a $peak"
            if values["flat"] == "none"
            else "Equal $things next to each other count as one, whose neighbours are those before and after all of "
            "them; if they are a $peak, $listed",
        },
        signature="($xs: list[int]) -> list[int]",
        wordings=(
            "Return the positions of all $peaks in `$xs`, in ascending order and counted from 0. A $peak is a $thing "
            "that is $enough $higher than each of its two neighbours.",
            "A $thing is called a $peak by comparison with the ones before and after it: it has to be $enough "
            "$higher than either. List the positions (from 0, ascending) of the $peaks in `$xs`.",
            "Find the $peaks among the $things in `$xs` and return where they are, as a list of indices in ascending "
            "order. For a $peak, the $thing must be $higher than both of its neighbours, by $enough.",
            "Which $things in `$xs` are $higher than the one on the left and the one on the right, by $enough "
            "each? Those are $peaks. Give back their indices, smallest first.",
        ),
        details={
            "flat": ("$flatly.",),
            "ends": (
                "What is at the start or the end of the list $outer.",
                "At either end of the list, a $thing $outer.",
            ),
            "apart": (
                "From left to right, a $peak is skipped if its position is less than $apart after the last one "
                "returned.",
                "Positions in the result are at least $apart apart: going from left to right, a $peak that is closer "
                "to the last one taken is passed over.",
            ),
            "alone": (
                "If all $things are equal, or there is just one or none, the result is empty.",
                "A list whose $things are all equal, which includes one of length 1, has no $peaks, nor has an empty "
                "one.",
            ),
        },
        reference="""
            def $name($xs):
                found = []
                start = 0
                while start < len($xs):
                    end = start
                    while end < len($xs) and $xs[end] == $xs[start]:
                        end += 1
                    near = [$xs[place] for place in (start - 1, end) if 0 <= place < len($xs)]
                    if $only$both and all($beyond >= $step for other in near):
                        if not found or $at - found[-1] >= $apart:
                            found.append($at)
                    start = end
                return found
        """,
        second="""
            from itertools import groupby

            def $name($xs):
                blocks = []
                for value, members in groupby(enumerate($xs), key=lambda pair: pair[1]):
                    blocks.append((value if "$kind" == "high" else -value, [place for place, _ in members]))
                result = []
                for number, (value, places) in enumerate(blocks):
                    sides = blocks[max(0, number - 1) : number] + blocks[number + 1 : number + 2]
                    if len(sides) < (1 if "$ends" == "count" else 2) or max(sides)[0] > value - $step:
                        continue
                    if "$flat" == "none" and len(places) > 1:
                        continue
                    middle = places[(len(places) - 1) // 2]
                    place = {"last": places[-1], "middle": middle}.get("$flat", places[0])
                    if not set(result) & set(range(place - $apart + 1, place)):
                        result.append(place)
                return result
        """,
        misreadings=(
            Misreading(kind="sign", says="$higher", choose="kind"),
            Misreading(kind="ties", says="flat", choose="flat"),
            Misreading(kind="bounds", says="ends", choose="ends"),
            Misreading(kind="bounds", says="apart", choose="apart"),
            Misreading(kind="scope", says="apart", swap=("$at - found[-1] >= $apart", "True")),
            Misreading(kind="bounds", says="$enough", swap=(">= $step", "> $step")),
        ),
        inputs=lambda values: (_hilly(values["step"]),),
        properties=(
            "result == sorted(set(result))",
            "all(second - first >= $apart for first, second in zip(result, result[1:]))",
        ),
        equivalents=(
            Equivalent(
                "(start - 1, end) -> (end, start - 1)", "it does not matter which of the two neighbours comes first"
            ),
            Equivalent("len($xs) -> len($xs) - 1", "what reaches the end of the list is never a $peak here"),
            Equivalent(
                "0 -> 1",
                "nothing at the start of the list is a $peak here, and what equals the $thing before it is none "
                "either",
            ),
        ),
    ),
)
