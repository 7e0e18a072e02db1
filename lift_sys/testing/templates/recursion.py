"""Recursion: nested lists and dictionaries, trees, and rules that refer to themselves."""

from __future__ import annotations

from random import Random
from typing import Any

from lift_sys.testing.inputs import Inputs, distinct, integers, mixed, one_of, trees
from lift_sys.testing.template import Equivalent, Misreading, Template, Values


def _forest(value: Inputs, depth: int = 3, width: int = 3) -> Inputs:
    """Lists of `(value, forest)`."""

    def grow(rng: Random, left: int) -> list[Any]:
        size = rng.randint(0, width if left == depth else 2)
        return [(value.draw(rng), grow(rng, left - 1) if left else []) for _ in range(size)]

    one, *more = value.edges
    two = more[0] if more else one
    edges: Any = ([], [(one, [])], [(one, [(two, [])])], [(two, [(one, [(two, []), (one, [])]), (two, [])])])
    return Inputs(lambda rng: grow(rng, depth), edges)


def _stepped(step: int, depth: int = 3) -> Inputs:
    """Pairs `(value, list of pairs)`; most values are about a step away from that above them."""

    def grow(rng: Random, number: int, left: int) -> tuple[int, list[Any]]:
        below = []
        for _ in range(rng.randint(0, 3) if left else 0):
            change = rng.choice((step, step, -step, -step, 0, 3 * step)) + rng.choice((0, 0, 0, -1, 1, 2))
            below.append(grow(rng, max(1, number + change), left - 1))
        return number, below

    low, high = 1, 1 + 2 * step
    edges: Any = (
        (low, []),
        (low, [(low + step, [(high, [])]), (high, [(high + step, [])])]),
        (high, [(low, [(low, [])]), (low + step, [(low, [])]), (high, [])]),
        (high, [(low, [(low + step, [(high, [])]), (high, [(high + step, [])])])]),
        (7 * step, [(2 * step, [(step, [])]), (6 * step, [])]),
        (7 * step, [(5 * step, []), (4 * step, [(step, [])])]),
        (7 * step, [(4 * step, [(step, [])]), (5 * step, [])]),
        (5 * step, [(4 * step, []), (3 * step, [(2 * step, [])])]),
        (1, [(low + step, [(high, [])]), (1 + 5 * step, [])]),
        (1, [(low + step, [(high, [])]), (2 + 3 * step, [])]),
        (1, [(2 + 3 * step, []), (low + step, [(high, [])])]),
        (high, [(high, [(high + step, [])]), (high + step, [(high, [])])]),
        (high, [(high + step, [(high, [])]), (high, [(high + step, [])])]),
    )
    return Inputs(lambda rng: grow(rng, rng.randint(1, 7 * step), depth), edges)


def _nested(keys: str, leaf: Inputs, depth: int, least: int = 0) -> Inputs:
    """Dictionaries with one-letter keys in any order, whose values are leaves or such dictionaries."""

    def grow(rng: Random, left: int) -> dict[str, Any]:
        most = len(keys) if left == depth - 1 else 2
        names = rng.sample(keys, rng.randint(least, most))
        return {name: grow(rng, left - 1) if left and rng.random() < 0.5 else leaf.draw(rng) for name in names}

    first = leaf.edges[0]
    return Inputs(lambda rng: grow(rng, depth - 1), ({}, {keys[0]: first}, {keys[0]: {keys[-1]: first}}))


_PARTS = ("bike", "wheel", "frame", "tyre", "hub", "bolt", "tube")


def _recipes() -> Inputs:
    """What the first parts are made of; one in seven recipes may call for any part, even for itself."""

    def draw(rng: Random) -> dict[str, dict[str, int]]:
        made = [place for place in range(5) if rng.random() < 0.7]
        found = {}
        for place in rng.sample(made, len(made)):
            choice = _PARTS if rng.random() < 1 / 7 else _PARTS[place + 1 :]
            names = rng.sample(choice, rng.randint(1, min(3, len(choice))))
            found[_PARTS[place]] = {name: rng.choice((1, 1, 2, 3, 4, 6)) for name in names}
        return found

    edges: tuple[dict[str, dict[str, int]], ...] = (
        {},
        {"bike": {"wheel": 2}, "wheel": {"bolt": 3, "hub": 1}},
        {"bike": {"bike": 1}},
        {"frame": {"tube": 4, "frame": 1}, "bike": {"bolt": 2}},
        {"bike": {"wheel": 2, "frame": 1}, "frame": {"bolt": 5, "tube": 3}, "wheel": {"bolt": 4}},
    )
    return Inputs(draw, edges)


def _hidden(values: Values) -> Values:
    """The body of a reference that takes comments out."""
    if values["replies"] == "drop":
        return {"body": "return [($number, $name($inner)) for $number, $inner in $xs if $number $op$or_equal $limit]"}
    otherwise = {
        "lift": ["    else:", "        kept += left"],
        "gap": ["    elif left:", "        kept.append((None, left))"],
    }[values["replies"]]
    lines = [
        "kept = []",
        "for $number, $inner in $xs:",
        "    left = $name($inner)",
        "    if $number $op$or_equal $limit:",
        "        kept.append(($number, left))",
        *otherwise,
        "return kept",
    ]
    return {"body": "\n".join(lines)}


_CHAINS = {
    "top": "def $name($xs):\n"
    "    $number, below = $xs\n"
    "    tail = []\n"
    "    for child in below:\n"
    "        if $fits:\n"
    "            tail = $choose(tail, $name(child), key=lambda chain: ($sign$measure(chain), chain))\n"
    "    return [$number, *tail]",
    "any": "def $name($xs):\n"
    "    best = []\n\n"
    "    def rank(chain):\n"
    "        return $sign$measure(chain), chain\n\n"
    "    def longest(node):\n"
    "        nonlocal best\n"
    "        $number, below = node\n"
    "        tail = []\n"
    "        for child in below:\n"
    "            chain = longest(child)\n"
    "            if $fits:\n"
    "                tail = $choose(tail, chain, key=rank)\n"
    "        best = $choose(best, [$number, *tail], key=rank)\n"
    "        return [$number, *tail]\n\n"
    "    longest($xs)\n"
    "    return best",
}


def _needed(values: Values) -> Values:
    if values["include"] == "basic":
        visit = (
            "if part not in $recipes:\n"
            "    totals[part] = totals.get(part, 0) + amount\n"
            "    return\n"
            "for inner, each in $recipes[part].items():\n"
            "    need(inner, amount * each, {*path, part})"
        )
    else:
        visit = (
            "for inner, each in $recipes.get(part, {}).items():\n"
            "    totals[inner] = totals.get(inner, 0) + amount * each\n"
            "    need(inner, amount * each, {*path, part})"
        )
    return {"visit": visit, "piece": "part" if values["include"] == "basic" else "inner"}


def _overlaid(values: Values) -> Values | None:
    """The reference that merges settings, without branches that its rules don't need."""
    if (values["depth"], values["clash"], values["lists"]) == ("1", "new", "replace"):
        return None  # nothing is merged
    branches = [("key not in $base", {"add": "merged[key] = value", "ignore": "continue"}[values["unknown"]])]
    if values["none"] != "value":
        gone = "merged.pop(key, None)" if values["none"] == "delete" else "continue"
        branches.insert(0, ("value is None", gone))
    both = "isinstance($base[key], dict) and isinstance(value, dict)"
    if values["depth"] == "any":
        branches.append((both, "merged[key] = $name($base[key], value)"))
    elif values["depth"] == "3":
        branches.append((f"level < 3 and {both}", "merged[key] = merge($base[key], value, level + 1)"))
    elif values["depth"] == "2":
        branches.append((f"outermost and {both}", "merged[key] = merge($base[key], value, False)"))
    if values["clash"] == "old":
        branches.append(("isinstance($base[key], dict) != isinstance(value, dict)", "continue"))
    if values["joined"]:
        branches.append(("isinstance($base[key], list) and isinstance(value, list)", "merged[key] = $joined"))
    lines = ["merged = dict($base)", "for key, value in $extra.items():"]
    for number, (test, then) in enumerate(branches):
        lines += [f"    {'elif' if number else 'if'} {test}:", f"        {then}"]
    lines += ["    else:", "        merged[key] = value", "return merged"]
    if values["depth"] in ("1", "any"):
        return {"body": "\n".join(lines)}
    more, first = {"2": ("outermost", "True"), "3": ("level", "1")}[values["depth"]]
    inner = [f"def merge($base, $extra, {more}):", *(f"    {line}" for line in lines)]
    return {"body": "\n".join([*inner, "", f"return merge($base, $extra, {first})"])}


def _large(values: Values) -> Values | None:
    """How a large folder is noted: by itself, in place of those inside it, or unless there are any."""
    if (values["measure"], values["which"]) == ("total", "topmost"):
        return None  # a folder is as large as what is in it: only those at the top would ever be reported
    which, met = values["which"], values["order"] == "met"
    pair = "(path, size)"
    report = {
        "all": f"found.append({pair})",
        "lowest": f"found.append({pair})",
        "topmost": f"found[place:] = [{pair}]",
    }
    if which == "all" and met:
        report["all"] = f"found.insert(place, {pair})"
    return {
        "place": "place = len(found)" if which != "all" or met else "",
        "alone": " and len(found) == place" if which == "lowest" else "",
        "report": report[which],
    }


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="bundle_price",
        idea="the price of nested bundles, each reduced by its own rebate",
        space={
            "off": range(2, 36),
            "per": {
                "flat": {"less": "$off", "rebate": "$off"},
                "each": {"less": "$off * len(item)", "rebate": "$off for each item directly in it"},
                "pair": {
                    "less": "$off * (len(item) // 2)",
                    "rebate": "$off for every full pair of items directly in it",
                },
            },
            "outer": {
                "all": {
                    "total": "price($xs)",
                    "outer_1": "The reduction is made for every $thing, the outermost one included.",
                    "outer_2": "The reduction is made for `$xs` itself as well as for the $things inside it.",
                },
                "inner": {
                    "total": "sum(price(item) for item in $xs)",
                    "outer_1": "Only `$xs` itself, the outermost $thing, is not reduced: it costs the plain sum.",
                    "outer_2": "The outermost $thing, `$xs`, is the exception: it costs just what its items cost "
                    "together, without any reduction.",
                },
            },
            "floor": {
                "zero": {
                    "priced": "return max(0, sum(price(part) for part in item) - $less)",
                    "floor_1": "No $thing costs less than 0: where the reduction is greater than the sum, its price "
                    "is 0.",
                    "floor_2": "A reduction that is greater than the sum brings a $thing down to 0, not below.",
                    "bound": "result >= 0",
                },
                "free": {
                    "priced": "return sum(price(part) for part in item) - $less",
                    "floor_1": "The price of a $thing may well be negative.",
                    "floor_2": "Where the reduction is greater than the sum, the price of a $thing is negative, and "
                    "counts as such.",
                    "bound": "isinstance(result, int)",
                },
            },
        },
        surface={
            "what": {
                "bundle": {"xs": "bundle", "thing": "bundle", "things": "bundles"},
                "kit": {"xs": "kit", "thing": "kit", "things": "kits"},
                "hamper": {"xs": "hamper", "thing": "hamper", "things": "hampers"},
                "package": {"xs": "package", "thing": "package", "things": "packages"},
                "collection": {"xs": "collection", "thing": "collection", "things": "collections"},
            },
            "name": ("total_price", "price_of", "amount_due", "selling_price", "what_it_costs"),
        },
        signature="($xs: list) -> int",
        wordings=(
            "`$xs` is a list whose items are prices (whole numbers, never negative) and further lists of the same "
            "kind. Each of these lists is a $thing, and costs what its items cost together, minus $rebate. Return "
            "what `$xs` costs.",
            "Work out the price of a $thing. A $thing is a list, and every item in it is either a price, which is a "
            "whole number from 0 up, or another $thing. The prices of its items are added up, and the sum is reduced "
            "by $rebate.",
            "Goods are sold in nested $things: a $thing is a list of whole-number prices (0 or more) and of smaller "
            "$things, in any order. To price one, add up the prices of its items and subtract $rebate. What is the "
            "price of `$xs`?",
            "How much is `$xs`? It is a $thing, that is, a list in which each item is a price (an int that is not "
            "negative) or again a $thing. The price of a $thing is the sum of the prices of its items, less $rebate.",
        ),
        details={
            "outer": ("$outer_1", "$outer_2"),
            "floor": ("$floor_1", "$floor_2"),
            "empty": (
                "The items of an empty $thing cost 0 together.",
                "In an empty $thing the sum is 0.",
                "If a $thing is empty, its sum is 0.",
            ),
        },
        reference="""
            def $name($xs):
                def price(item):
                    if isinstance(item, int):
                        return item
                    $priced

                return $total
        """,
        second="""
            def $name($xs):
                walks, sums, sizes = [iter([$xs])], [0], [1]
                while True:
                    for item in walks[-1]:
                        if isinstance(item, list):
                            walks.append(iter(item))
                            sums.append(0)
                            sizes.append(len(item))
                            break
                        sums[-1] += item
                    else:
                        walks.pop()
                        cost, size = sums.pop(), sizes.pop()
                        if not walks:
                            return cost
                        if "$outer" == "all" or len(walks) > 1:
                            cost -= $off * {"flat": 1, "each": size, "pair": size // 2}["$per"]
                            if "$floor" == "zero" and cost < 0:
                                cost = 0
                        sums[-1] += cost
        """,
        misreadings=(
            Misreading(kind="scope", says="$rebate", choose="per"),
            Misreading(kind="scope", says="outer", choose="outer"),
            Misreading(kind="sign", says="floor", choose="floor"),
            Misreading(
                kind="empty",
                says="empty",
                code="""
                    def $name($xs):
                        def price(item):
                            if isinstance(item, int):
                                return item
                            if not item:
                                return 0
                            $priced

                        return $total
                """,
            ),
        ),
        inputs=lambda values: (trees(integers(0, max(12, 2 * values["off"]), values["off"]), 3, 4),),
        properties=(
            "$bound",
            "result <= sum(int(part) for part in str($xs).replace('[', ' ').replace(']', ' ').replace(',', ' "
            "').split())",
        ),
    ),
    Template(
        name="split_up",
        idea="split what is too large in two, by a rule that then goes for both parts",
        space={
            "limit": range(3, 38),
            "rule": {
                "first_more": {
                    "first": "($n + 1) // 2",
                    "how": "both parts get the same number, or the first part one more than the second",
                },
                "second_more": {
                    "first": "$n // 2",
                    "how": "both parts get the same number, or the second part one more than the first",
                },
                "first_third": {
                    "first": "$n // 3",
                    "how": "the first part gets a third of the $unit, rounded down, and the second part the rest",
                },
                "second_third": {
                    "first": "$n - $n // 3",
                    "how": "the second part gets a third of the $unit, rounded down, and the first part the rest",
                },
            },
            "result": {
                "sizes": {
                    "whole": "[$n]",
                    "both": "$name(first) + $name($n - first)",
                    "adds_up": "sum(result) == $n and max(result) <= $limit",
                    "result_1": "Return the list of the sizes that come out in the end, from first to last.",
                    "result_2": "The answer is a list: how many $unit each $thing has when all is done, those from a "
                    "first part before those from its second.",
                },
                "splits": {
                    "whole": "[]",
                    "both": "[$n, *$name(first), *$name($n - first)]",
                    "adds_up": "all(size > $limit for size in result) and result[:1] == [$n][: $n > $limit]",
                    "result_1": "Return a list of the sizes of all $things that are split: each is followed by those "
                    "that are split inside its first part, and then by those inside its second part.",
                    "result_2": "The answer is a list with the size of every $thing that gets split. After the size "
                    "of a $thing come all the sizes from within its first part, then all those from within its "
                    "second part.",
                },
                "nested": {
                    "whole": "$n",
                    "both": "[$name(first), $name($n - first)]",
                    "adds_up": "sum(int(part) for part in "
                    "str(result).replace('[', ' ').replace(']', ' ').replace(',', ' ').split()) == $n",
                    "result_1": "Return the outcome in nested form: a $thing that stays whole is just its size, a "
                    "$thing that is split is a list of its two parts, each in that same form.",
                    "result_2": "The answer shows how it was done: the size alone for a $thing that is not split, "
                    "and for one that is, a list with the answers for its first and for its second part.",
                },
            },
        },
        surface={
            "what": {
                "batch": {"n": "items", "thing": "batch", "things": "batches", "unit": "items"},
                "team": {"n": "people", "thing": "team", "things": "teams", "unit": "people"},
                "pile": {"n": "sheets", "thing": "pile", "things": "piles", "unit": "sheets"},
                "load": {"n": "boxes", "thing": "load", "things": "loads", "unit": "boxes"},
                "flock": {"n": "birds", "thing": "flock", "things": "flocks", "unit": "birds"},
            },
            "name": ("split_up", "break_down", "cut_down", "portions", "divide_up"),
        },
        signature="($n: int) -> $returns",
        derive=lambda values: {"returns": "int | list" if values["result"] == "nested" else "list[int]"},
        wordings=(
            "A $thing of more than $limit $unit is too large and is split in two: $how. A part that is still too "
            "large is split in the same way, and so on. `$n` tells how many $unit there are at the start, all in "
            "one $thing.",
            "Divide a $thing of `$n` $unit until none has more than $limit. Whatever has more is made into two "
            "parts, and these are treated by the same rule: $how.",
            "`$n` $unit arrive as a single $thing, but no $thing may hold more than $limit of them. One that holds "
            "more is cut into two smaller ones, again and again where necessary. With each cut, $how.",
            "The rule for a $thing with over $limit $unit is to make two of it: $how. The rule then goes for both of "
            "them, and for whatever they are split into. Apply it to a $thing of `$n` $unit.",
        ),
        details={
            "keep": (
                "A $thing of exactly $limit $unit or fewer stays whole.",
                "With $limit $unit or fewer, a $thing is not split.",
                "Nothing is split that has $limit $unit or fewer.",
            ),
            "result": ("$result_1", "$result_2"),
            "least": ("`$n` is at least 1.", "`$n` is never less than 1.", "`$n` is 1 or more."),
        },
        reference="""
            def $name($n):
                if $n <= $limit:
                    return $whole
                first = $first
                return $both
        """,
        second="""
            def $name($n):
                table = [None]
                for size in range(1, $n + 1):
                    if size < $limit + 1:
                        table.append({"sizes": [size], "splits": [], "nested": size}["$result"])
                        continue
                    small = size // (3 if "third" in "$rule" else 2)
                    parts = [table[small], table[size - small]]
                    if "$rule" in ("first_more", "second_third"):
                        parts.reverse()
                    if "$result" == "sizes":
                        parts = parts[0] + parts[1]
                    elif "$result" == "splits":
                        parts = [size] + parts[0] + parts[1]
                    table.append(parts)
                return table[$n]
        """,
        misreadings=(
            Misreading(kind="order", says="$how", choose="rule"),
            Misreading(kind="scope", says="result", choose="result"),
            Misreading(kind="bounds", says="keep", swap=("$n <= $limit", "$n < $limit")),
        ),
        inputs=lambda values: (integers(1, 650, values["limit"], 2 * values["limit"]),),
        properties=("$adds_up",),
        held_out=True,
    ),
    Template(
        name="hide_comments",
        idea="take members out of a forest, and deal with what hangs below them",
        space={
            "limit": range(2, 50),
            "side": {
                "low": {"op": ">", "side_word": "below"},
                "high": {"op": "<", "side_word": "above"},
            },
            "edge": {
                "in": {"or_equal": "=", "stays": "stays"},
                "out": {"or_equal": "", "stays": "is taken out as well"},
            },
            "replies": {
                "drop": {
                    "replies_1": "The $inners of a $thing that is taken out go with it, whatever their own $number.",
                    "replies_2": "Whatever hangs below a $thing that is taken out disappears along with it.",
                },
                "lift": {
                    "replies_1": "When a $thing is taken out, those of its $inners that stay move up and stand where "
                    "it stood.",
                    "replies_2": "What is left of the $inners of a $thing that is taken out takes its place, one "
                    "level higher.",
                },
                "gap": {
                    "replies_1": "If anything below a $thing that is taken out stays, the $thing itself remains as a "
                    "pair with `None` for its $number; otherwise it is gone.",
                    "replies_2": "A $thing that is taken out while something below it stays leaves a pair behind, "
                    "with `None` in place of its $number and what is left of its $inners; if nothing below it "
                    "stays, it leaves nothing.",
                },
            },
        },
        surface={
            "what": {
                "comments": {
                    "xs": "comments",
                    "thing": "comment",
                    "things": "comments",
                    "inner": "replies",
                    "inners": "replies",
                    "number": "score",
                },
                "messages": {
                    "xs": "messages",
                    "thing": "message",
                    "things": "messages",
                    "inner": "answers",
                    "inners": "answers",
                    "number": "rating",
                },
                "tasks": {
                    "xs": "tasks",
                    "thing": "task",
                    "things": "tasks",
                    "inner": "subtasks",
                    "inners": "subtasks",
                    "number": "priority",
                },
                "topics": {
                    "xs": "topics",
                    "thing": "topic",
                    "things": "topics",
                    "inner": "subtopics",
                    "inners": "subtopics",
                    "number": "weight",
                },
                "posts": {
                    "xs": "posts",
                    "thing": "post",
                    "things": "posts",
                    "inner": "responses",
                    "inners": "responses",
                    "number": "rank",
                },
            },
            "name": ("take_out", "filter_forest", "visible_part", "prune", "what_stays"),
        },
        derive=_hidden,
        signature="($xs: list[tuple[int, list]]) -> list[tuple]",
        wordings=(
            "Each $thing is a pair of its $number and the list of its $inners, which are pairs of the same kind. "
            "Take every $thing with a $number $side_word $limit out of the list `$xs`, on every level, and return "
            "what is left.",
            "`$xs` is a list of pairs, one for each $thing: first its $number, then a list with its $inners in the "
            "same form, however deep that goes. Return a list in that form without the $things, on every level, whose "
            "$number is $side_word $limit.",
            "Go through the $things in `$xs` on every level, and leave out each $thing whose "
            "$number lies $side_word $limit. A $thing is given as `($number, $inners)`, where `$inners` is a list of "
            "such pairs, and the result has the same form.",
            "Given are $things as nested pairs `($number, $inners)`; the second member is a list of pairs again, and "
            "may be empty. A $thing must go when its $number is $side_word $limit, on every level. "
            "Return the list that remains.",
        ),
        details={
            "edge": (
                "A $thing whose $number is exactly $limit $stays.",
                "With a $number of exactly $limit, a $thing $stays.",
                "If its $number equals $limit, a $thing $stays.",
            ),
            "replies": ("$replies_1", "$replies_2"),
            "order": (
                "What stays keeps its order.",
                "The order of the others does not change.",
                "The rest stays in the order that it had.",
            ),
        },
        reference="""
            def $name($xs):
                $body
        """,
        second="""
            def $name($xs):
                rows, stack = [], [(0, row) for row in reversed($xs)]
                while stack:
                    level, (number, below) = stack.pop()
                    rows.append((level, number))
                    stack += [(level + 1, row) for row in reversed(below)]
                built = {}
                for level, number in reversed(rows):
                    below = built.pop(level + 1, [])
                    here = built.setdefault(level, [])
                    if number $op$or_equal $limit:
                        here.insert(0, (number, below))
                    elif "$replies" == "lift":
                        here[:0] = below
                    elif "$replies" == "gap" and below:
                        here.insert(0, (None, below))
                return built.get(0, [])
        """,
        misreadings=(
            Misreading(kind="scope", says="replies", choose="replies"),
            Misreading(kind="bounds", says="edge", choose="edge"),
            Misreading(kind="sign", says="$side_word $limit", choose="side"),
            Misreading(
                kind="scope",
                says="on every level",
                code="""
                    def $name($xs):
                        return [row for row in $xs if row[0] $op$or_equal $limit]
                """,
            ),
        ),
        inputs=lambda values: (_forest(integers(-2, 54, values["limit"])),),
        properties=("all(row[0] is None or row[0] $op$or_equal $limit for row in result)",),
    ),
    Template(
        name="downward_chain",
        idea="the best chain of parents and children in a tree whose numbers keep a rule",
        space={
            "step": range(1, 18),
            "relation": {
                "rise": {
                    "fits": "child[0] - $number >= $step",
                    "rule": "rises by at least $step",
                    "change": "b - a >=",
                },
                "fall": {
                    "fits": "$number - child[0] >= $step",
                    "rule": "falls by at least $step",
                    "change": "a - b >=",
                },
                "near": {
                    "fits": "abs(child[0] - $number) <= $step",
                    "rule": "changes by at most $step",
                    "change": "abs(a - b) <=",
                },
            },
            "start": {
                "top": {
                    "start_1": "The chain has to begin with `$xs` itself.",
                    "start_2": "Only chains that start with the topmost $node count.",
                    "begins": "result[0] == $xs[0]",
                },
                "any": {
                    "start_1": "The chain may begin with any $node.",
                    "start_2": "A chain can start anywhere, not only with the topmost $node.",
                    "begins": "$measure(result) >= $measure([$xs[0]])",
                },
            },
            "aim": {
                "length": {
                    "measure": "len",
                    "best": "with the most $nodes",
                    "tied": "equally long",
                    "tie_is": "are equally long",
                },
                "total": {
                    "measure": "sum",
                    "best": "with the largest sum of $numbers",
                    "tied": "with the same sum",
                    "tie_is": "have the same sum",
                },
            },
            "tie": {
                "greater": {"choose": "max", "sign": "", "wins": "greater"},
                "smaller": {"choose": "min", "sign": "-", "wins": "smaller"},
            },
        },
        surface={
            "what": {
                "tree": {"xs": "tree", "node": "node", "nodes": "nodes", "number": "value", "numbers": "values"},
                "cave": {
                    "xs": "cave",
                    "node": "chamber",
                    "nodes": "chambers",
                    "number": "depth",
                    "numbers": "depths",
                },
                "trail": {
                    "xs": "trail",
                    "node": "junction",
                    "nodes": "junctions",
                    "number": "height",
                    "numbers": "heights",
                },
                "pipes": {"xs": "source", "node": "pipe", "nodes": "pipes", "number": "width", "numbers": "widths"},
                "family": {"xs": "root", "node": "member", "nodes": "members", "number": "age", "numbers": "ages"},
            },
            "name": ("best_chain", "best_branch", "down_the_tree", "best_descent", "pick_chain"),
        },
        derive=lambda values: {
            "body": _CHAINS[values["start"]],
        },
        signature="($xs: tuple[int, list]) -> list[int]",
        wordings=(
            "A $node is a pair: its $number, which is 1 or more, and the list of the $nodes directly below it, which "
            "are pairs of the same kind. `$xs` is the topmost one. A chain leads from a $node to one directly below "
            "it, from there to one directly below that, and so on, and the $number $rule with each step. Return the "
            "$numbers along the chain $best.",
            "`$xs` is a tree made of nested pairs `($number, below)`, where the $number is a positive whole number "
            "and `below` lists the $nodes right under this $node. Walking down from a $node to one right under it, "
            "and on in the same way, makes a chain if at every step the $number $rule. Find the chain $best, and "
            "return the list of its $numbers.",
            "In a tree of $nodes, look for the chain $best. A chain goes straight down, from each $node to one of "
            "those directly below it, and the $number $rule every time. A $node is written as a tuple of its $number "
            "(an int greater than 0) and a list of the $nodes directly below it; you get the one at the top, `$xs`. "
            "The result is the list of the $numbers, top to bottom.",
            "Which chain of $nodes is the one $best? Each $node, `$xs` at the top included, is a tuple `($number, "
            "lower)`: a whole number from 1 up, and the list of the $nodes one level lower that hang from it. The "
            "next $node in a chain is always one that hangs from the last one, and it must be such that the $number "
            "$rule. Give back the $numbers of that chain in order.",
        ),
        details={
            "start": ("$start_1", "$start_2"),
            "stop": (
                "It may end anywhere, and a single $node is a chain, too.",
                "A chain can be as short as one $node, and need not reach the bottom.",
                "A chain may stop at any $node, even at its first.",
            ),
            "tie": (
                "Of several chains $tied, take the one with the $wins $number at the first place where they differ.",
                "If chains $tie_is, the $wins $number at the first place where they differ decides.",
            ),
        },
        reference="$body",
        second="""
            def $name($xs):
                chains, best = [[$xs]], None
                if "$start" == "any":
                    for (node,) in chains:
                        chains += [[child] for child in node[1]]
                while chains:
                    chain = chains.pop()
                    plain = [node[0] for node in chain]
                    sign = 1 if "$tie" == "greater" else -1
                    rank = ($measure(plain), [sign * number for number in plain])
                    if best is None or rank > best[0]:
                        best = rank, plain
                    for child in chain[-1][1]:
                        change = child[0] - plain[-1]
                        if {"rise": change, "fall": -change, "near": $step * 2 - abs(change)}["$relation"] >= $step:
                            chains.append([*chain, child])
                return best[1]
        """,
        misreadings=(
            Misreading(kind="sign", says="$rule", choose="relation"),
            Misreading(kind="scope", says="start", choose="start"),
            Misreading(kind="scope", says="$best", choose="aim"),
            Misreading(kind="ties", says="tie", choose="tie"),
        ),
        inputs=lambda values: (_stepped(values["step"]),),
        equivalents=(
            Equivalent("len(chain) -> len(chain) - 1", "ranks are only compared with one another"),
            Equivalent("len(chain) -> (len(chain) - 1)", "ranks are only compared with one another"),
        ),
        properties=("$begins", "all($change $step for a, b in zip(result, result[1:]))"),
    ),
    Template(
        name="parts_needed",
        idea="how many pieces of each part a product takes, parts of parts included, with spares",
        space={
            "spare": range(3, 37),
            "rounding": {
                "full": {"spares": "total // $spare", "part": "", "often": "every full $spare"},
                "begun": {"spares": "-(-total // $spare)", "part": " or part thereof", "often": "every $spare"},
            },
            "include": {
                "basic": {
                    "which": "each basic part (one that has no $doc)",
                    "alone_1": "A product without a $doc is a basic part itself, and the only one needed.",
                    "alone_2": "Where `$product` has no $doc, it is a basic part: that is all that is needed, "
                    "`count` pieces of it and their spares.",
                },
                "all": {
                    "which": "each part (with a $doc of its own or without)",
                    "alone_1": "`$product` itself is not one of the parts, so without a $doc it needs none.",
                    "alone_2": "The product does not count as a part of itself: where it has no $doc, nothing is "
                    "needed.",
                },
            },
            "result": {
                "dict": {
                    "form_1": "Return a dictionary from parts to these numbers, with its keys in alphabetical order.",
                    "form_2": "The result is a dictionary that maps the name of each part needed to its number, in "
                    "alphabetical order.",
                    "done": "return {part: total + $spares for part, total in sorted(totals.items())}",
                    "hint": "dict[str, int]",
                    "sound": "list(result) == sorted(result)",
                },
                "pairs": {
                    "form_1": "Return a list of pairs `(part, number)`: the largest numbers first, and among equal "
                    "numbers the parts in alphabetical order.",
                    "form_2": "The result is a list of `(part, number)` tuples in falling order of the numbers; "
                    "parts with equal numbers are in alphabetical order.",
                    "done": "pairs = ((part, total + $spares) for part, total in totals.items())\n"
                    "return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))",
                    "hint": "list[tuple[str, int]]",
                    "sound": "result == [(part, -number) for number, part in "
                    "sorted((-number, part) for part, number in result)]",
                },
                "sum": {
                    "form_1": "Return just the sum of these numbers.",
                    "form_2": "The result is a single number: what they add up to.",
                    "done": "return sum(total + $spares for total in totals.values())",
                    "hint": "int",
                    "sound": "result > 0 or $product not in $recipes",
                },
            },
        },
        surface={
            "what": {
                "recipes": {"recipes": "recipes", "product": "product", "doc": "recipe", "docs": "recipes"},
                "plans": {"recipes": "plans", "product": "item", "doc": "plan", "docs": "plans"},
                "bills": {"recipes": "bills", "product": "wanted", "doc": "bill", "docs": "bills"},
                "formulas": {"recipes": "formulas", "product": "target", "doc": "formula", "docs": "formulas"},
            },
            "name": ("parts_needed", "pieces_to_order", "parts_list", "order_parts", "what_to_order"),
        },
        derive=_needed,
        signature="($recipes: dict[str, dict[str, int]], $product: str, count: int) -> $hint",
        wordings=(
            "`$recipes` tells what things are made of: under the name of a thing stands its $doc, a dictionary with "
            "the number of pieces of each part that go directly into one such thing. A part may have a $doc in turn. "
            "Find out how many pieces of $which go into `count` pieces of `$product`, on all levels together.",
            "We want to make `count` pieces of `$product`. The dictionary `$recipes` has a $doc for everything that "
            "is assembled: the names of the parts that one piece takes, each with how many of it, and these parts "
            "may be assembled from others again. Work out the total number of pieces of $which that this takes.",
            "How many pieces are needed of $which to make `count` pieces of `$product`? What a thing takes is its "
            "$doc: `$recipes[name]` maps the parts that go straight into one piece of `name` to their numbers. Parts "
            "can have a $doc as well, and the same part can turn up in several places, so add it all up.",
            "Break an order down into parts. The order is for `count` pieces of `$product`, and `$recipes` maps "
            "names to $docs; a $doc maps each part used directly to the number of pieces that one unit takes. Parts "
            "that have a $doc themselves are broken down further. Total the pieces of $which.",
        ),
        details={
            "spare": (
                "To each of the totals add spares, one for $often pieces$part; spares take no parts themselves.",
                "Each total is then raised by one spare for $often pieces$part. Nothing more is needed to make the "
                "spares.",
            ),
            "alone": ("$alone_1", "$alone_2"),
            "cycle": (
                "If `$product` or any part that it takes contains itself, directly or through other parts, raise a "
                "`ValueError`.",
                "A `ValueError` is raised when `$product`, or something that goes into it, would have to contain "
                "itself, even if only through other parts.",
            ),
            "form": ("$form_1", "$form_2"),
        },
        raises={"ValueError": "cycle"},
        reference="""
            def $name($recipes, $product, count):
                totals = {}

                def need(part, amount, path):
                    if part in path:
                        raise ValueError(f"{part} contains itself")
                    $visit

                need($product, count, set())
                $done
        """,
        second="""
            def $name($recipes, $product, count):
                parts = [$product]
                for part in parts:
                    parts += [inner for inner in $recipes.get(part, ()) if inner not in parts]
                waiting = {part: sum(part in $recipes.get(user, ()) for user in parts) for part in parts}
                need = {part: count if part == $product else 0 for part in parts}
                ready = [part for part in parts if not waiting[part]]
                for part in ready:
                    for inner, each in $recipes.get(part, {}).items():
                        need[inner] += need[part] * each
                        waiting[inner] -= 1
                        if waiting[inner] == 0:
                            ready.append(inner)
                if len(ready) < len(parts):
                    raise ValueError(sorted(set(parts) - set(ready)))
                rows = []
                for part in sorted(parts):
                    if part not in $recipes if "$include" == "basic" else part != $product:
                        more, rest = divmod(need[part], $spare)
                        if rest and "$rounding" == "begun":
                            more += 1
                        rows.append((part, need[part] + more))
                if "$result" == "dict":
                    return dict(rows)
                if "$result" == "sum":
                    return sum(row[1] for row in rows)
                return sorted(rows, key=lambda row: row[1], reverse=True)
        """,
        misreadings=(
            Misreading(kind="rounding", says="spare", choose="rounding"),
            Misreading(kind="scope", says="$which", choose="include"),
            Misreading(kind="types", says="form", choose="result"),
            Misreading(
                kind="repeats",
                says="$which",
                swap=("totals.get($piece, 0) + ", ""),
            ),
        ),
        inputs=(_recipes(), one_of(*_PARTS[:4], "bolt"), integers(1, 12)),
        properties=("$sound",),
        held_out=True,
    ),
    Template(
        name="overlay_settings",
        idea="lay nested settings over others, with rules for lists, None, unknown keys and clashes",
        space={
            "lists": {
                "replace": {
                    "joined": "",
                    "lists_1": "A list in `$extra` replaces a list in `$base`.",
                    "lists_2": "Lists are not combined: that of `$extra` counts.",
                },
                "append": {
                    "joined": "$base[key] + value",
                    "lists_1": "Of two lists, that in `$extra` is added at the end of that in `$base`.",
                    "lists_2": "Two lists are joined, with that of `$base` in front.",
                },
                "prepend": {
                    "joined": "value + $base[key]",
                    "lists_1": "Of two lists, that in `$extra` is put before that in `$base`.",
                    "lists_2": "Two lists are joined, with that of `$extra` in front.",
                },
                "missing": {
                    "joined": "$base[key] + [item for item in value if item not in $base[key]]",
                    "lists_1": "Of two lists, that in `$base` stays, and the members of the other that it lacks are "
                    "added at its end; no list has a member twice.",
                    "lists_2": "A list in `$base` is extended by those members of the list in `$extra` that it does "
                    "not have, in their order. Lists are free of repeats.",
                },
                "removed": {
                    "joined": "[item for item in $base[key] if item not in value]",
                    "lists_1": "Of two lists, that in `$base` stays, without the members that are in the other, too.",
                    "lists_2": "A list in `$extra` tells which members a list in `$base` loses.",
                },
                "longer": {
                    "joined": "max($base[key], value, key=len)",
                    "lists_1": "Of two lists, the longer is taken, and that in `$base` if they are equally long.",
                    "lists_2": "A list in `$extra` replaces a list in `$base` only if it has more members.",
                },
            },
            "none": {
                "value": {
                    "none_1": "`None` is a value like any other.",
                    "none_2": "There is nothing special about `None`; it counts as any number or text does.",
                },
                "delete": {
                    "none_1": "A `None` in `$extra` removes its key, whatever `$base` has there, and is never taken "
                    "over.",
                    "none_2": "Where `$extra` has `None`, the result does not have the key, whatever it led to.",
                },
                "keep": {
                    "none_1": "A `None` in `$extra` has no effect: the key is treated as if it were not there.",
                    "none_2": "Where `$extra` has `None`, everything is as if `$extra` did not have that key.",
                },
            },
            "clash": {
                "new": {
                    "clash_1": "Where one of the two values is a dictionary and the other is not, that of `$extra` "
                    "counts.",
                    "clash_2": "A dictionary and something else are never combined; the one in `$extra` is taken.",
                },
                "old": {
                    "clash_1": "Where one of the two values is a dictionary and the other is not, that of `$base` "
                    "stays.",
                    "clash_2": "A dictionary and something else are never combined; the one in `$base` stays.",
                },
            },
            "unknown": {
                "add": {
                    "bound": "all(key in result or $extra[key] is None for key in $extra)",
                    "unknown_1": "The keys of `$base` keep their order, and keys that only `$extra` has come after "
                    "them, in their order.",
                    "unknown_2": "Keys that `$base` lacks are added behind its own keys, in the order that they have "
                    "in `$extra`.",
                },
                "ignore": {
                    "bound": "set(result) <= set($base)",
                    "unknown_1": "The keys of `$base` keep their order, and keys that only `$extra` has are ignored.",
                    "unknown_2": "A key of `$extra` that `$base` lacks is not taken over; the others are in the "
                    "order of `$base`.",
                },
            },
            "depth": {
                "1": {
                    "depth_1": "Only the outermost level is merged: a dictionary inside `$extra` replaces one inside "
                    "`$base` as a whole.",
                    "depth_2": "Dictionaries inside `$base` and `$extra` are not merged; that of `$extra` is taken "
                    "as it stands.",
                },
                "2": {
                    "depth_1": "Two dictionaries under one key are merged by the same rules, but not those inside "
                    "them: there, one in `$extra` replaces one in `$base` as a whole.",
                    "depth_2": "This goes two levels deep: the dictionaries directly inside `$base` and `$extra` are "
                    "merged in the same way, while of two that lie deeper that of `$extra` is taken as it stands.",
                },
                "3": {
                    "depth_1": "Two dictionaries under one key are merged by the same rules, and so are those "
                    "directly inside them; but of two that lie deeper still, that of `$extra` is taken as it stands.",
                    "depth_2": "This goes three levels deep, with `$base` and `$extra` as the first: of two "
                    "dictionaries on the fourth level or below, the one in `$extra` replaces the other as a whole.",
                },
                "any": {
                    "depth_1": "Two dictionaries under one key are merged by the same rules, and so on to any depth.",
                    "depth_2": "Where both have a dictionary, the two are merged in this same way, however deep they "
                    "lie.",
                },
            },
        },
        surface={
            "what": {
                "defaults": {"base": "defaults", "extra": "overrides", "thing": "settings"},
                "config": {"base": "config", "extra": "patch", "thing": "parameters"},
                "profile": {"base": "profile", "extra": "changes", "thing": "preferences"},
                "options": {"base": "options", "extra": "updates", "thing": "options"},
            },
            "name": ("overlay", "merge_settings", "apply_changes", "combine", "lay_over"),
        },
        derive=_overlaid,
        signature="($base: dict, $extra: dict) -> dict",
        wordings=(
            "Lay the $thing in `$extra` over those in `$base`, and return the outcome as a new dictionary. A key "
            "that both have gets its value from `$extra`, apart from the following.",
            "Merge two nested dictionaries of $thing. `$base` is what there is, and `$extra` says what is to be "
            "different: in general, its value replaces that of `$base` under the same key.",
            "Return what `$base` becomes when `$extra` is applied to it. Both are dictionaries of $thing with text "
            "keys. Under a key that is in both of them, the value of `$extra` wins unless something else is said "
            "here.",
            "`$base` and `$extra` hold $thing, in dictionaries that may hold dictionaries and lists. Build one "
            "dictionary of the two in which, as a rule, `$extra` has its way where a key is in both.",
        ),
        details={
            "depth": ("$depth_1", "$depth_2"),
            "lists": ("$lists_1", "$lists_2"),
            "none": ("$none_1", "$none_2"),
            "clash": ("$clash_1", "$clash_2"),
            "unknown": ("$unknown_1", "$unknown_2"),
            "whole": (
                "What is taken over from `$extra` as a whole is not changed, nor searched for `None`.",
                "Whatever comes from `$extra` without being merged stays exactly as it is there, with every `None` in it.",
            ),
        },
        reference="""
            def $name($base, $extra):
                $body
        """,
        second="""
            from copy import deepcopy

            def $name($base, $extra):
                result = deepcopy($base)
                tasks = [(result, $extra, key, 1) for key in $extra]
                for target, source, key, level in tasks:
                    new = source[key]
                    if new is None and "$none" != "value":
                        if "$none" == "delete" and key in target:
                            del target[key]
                        continue
                    if key not in target:
                        if "$unknown" == "add":
                            target[key] = new
                        continue
                    old = target[key]
                    pair = [type(old) is dict, type(new) is dict]
                    if all(pair):
                        if "$depth" == "any" or level < int("$depth"):
                            tasks += [(old, new, inner, level + 1) for inner in new]
                            continue
                    elif any(pair):
                        if "$clash" == "old":
                            continue
                    elif type(old) is list and type(new) is list:
                        rule = "$lists"
                        if rule == "append":
                            new = [*old, *new]
                        elif rule == "prepend":
                            new = [*new, *old]
                        elif rule == "missing":
                            new = list(dict.fromkeys([*old, *new]))
                        elif rule == "removed":
                            new = list(filter(lambda item: new.count(item) == 0, old))
                        elif rule == "longer" and len(new) <= len(old):
                            new = old
                    target[key] = new
                return result
        """,
        misreadings=(
            Misreading(kind="scope", says="depth", choose="depth"),
            Misreading(kind="order", says="lists", choose="lists"),
            Misreading(kind="empty", says="none", choose="none"),
            Misreading(kind="types", says="clash", choose="clash"),
            Misreading(kind="scope", says="unknown", choose="unknown"),
        ),
        inputs=(
            _nested("abc", mixed(integers(0, 3), distinct(integers(1, 4), 0, 3), one_of("on", "off")), 4, 1),
            _nested("cdab", mixed(integers(4, 6), distinct(integers(1, 4), 0, 3), one_of(None)), 4),
        ),
        examples=(
            "{'a': {'a': {'a': {'a': 1, 'b': 2}}}}, {'a': {'a': {'a': {'b': 3}}}}",
            "{'a': {'b': {'a': {'a': {'c': 1}}, 'd': 5}}}, {'a': {'b': {'a': {'a': {'d': 3}}}}}",
            "{'a': {'b': {'c': 1, 'd': 5}}}, {'a': {'b': {'d': 3}}}",
            "{'a': {'b': 1, 'd': 5}}, {'a': {'b': 3}}",
        ),
        properties=("[key for key in result if key in $base] == [key for key in $base if key in result]", "$bound"),
    ),
    Template(
        name="big_folders",
        idea="which branches of a nested dictionary add up to a limit or more",
        space={
            "limit": range(10, 64, 2),
            "measure": {
                "total": {
                    "add": 'size += visit(item, f"{path}/{key}")',
                    "give": "return size",
                    "measure_1": "The $number of a $thing is the sum over the $leafs in it and in all $things inside "
                    "it, however deep.",
                    "measure_2": "Everything that lies below a $thing, on any level, counts towards its $number.",
                },
                "own": {
                    "add": 'visit(item, f"{path}/{key}")',
                    "give": "",
                    "measure_1": "The $number of a $thing is the sum over the $leafs directly in it; what is in "
                    "$things inside it does not count.",
                    "measure_2": "Only the $leafs that stand directly in a $thing count towards its $number, not "
                    "those in $things inside it.",
                },
            },
            "which": {
                "all": {
                    "which_1": "Each such $thing is reported, whether or not it lies inside another one that is.",
                    "which_2": "Whether another one inside it or around it is reported makes no difference.",
                },
                "lowest": {
                    "which_1": "A $thing is left out, though, if any $thing inside it, however deep, is reported.",
                    "which_2": "A $thing with another one inside it that is reported, on whatever level, is not "
                    "reported itself.",
                },
                "topmost": {
                    "which_1": "A $thing is left out, though, if it lies, however deep, inside one that is reported.",
                    "which_2": "Inside a $thing that is reported, no other one is, on any level.",
                },
            },
            "order": {
                "met": {
                    "done": "return found",
                    "order_1": "The pairs come in the order of the dictionaries: a $thing before those inside it, "
                    "and these before what follows it.",
                    "order_2": "The pairs are in the order in which the $things stand in the dictionaries, each one "
                    "ahead of those inside it.",
                },
                "path": {
                    "done": "return sorted(found)",
                    "order_1": "The pairs are sorted by path.",
                    "order_2": "Sort the result by the paths, in ascending order of the strings.",
                },
                "size": {
                    "done": "return sorted(found, key=lambda pair: (-pair[1], pair[0]))",
                    "order_1": "The pair with the largest $number comes first; where it is the same, the smaller "
                    "path does.",
                    "order_2": "Sort the pairs by falling $number, and those with the same $number by path.",
                },
            },
        },
        surface={
            "what": {
                "folders": {
                    "xs": "disk",
                    "thing": "folder",
                    "things": "folders",
                    "leaf": "file",
                    "leafs": "files",
                    "number": "size",
                },
                "regions": {
                    "xs": "country",
                    "thing": "region",
                    "things": "regions",
                    "leaf": "town",
                    "leafs": "towns",
                    "number": "population",
                },
                "projects": {
                    "xs": "plan",
                    "thing": "project",
                    "things": "projects",
                    "leaf": "task",
                    "leafs": "tasks",
                    "number": "workload",
                },
                "categories": {
                    "xs": "shop",
                    "thing": "category",
                    "things": "categories",
                    "leaf": "product",
                    "leafs": "products",
                    "number": "turnover",
                },
            },
            "name": ("big_branches", "find_large", "heavy_ones", "large_ones", "over_the_limit"),
        },
        derive=_large,
        signature="($xs: dict) -> list[tuple[str, int]]",
        wordings=(
            "`$xs` is a nested dictionary. A name in it leads to a $leaf, which is given by its $number, a whole "
            "number that is not negative, or to a $thing, which is a dictionary of the same form. Return the path "
            "and the $number, as a tuple, of each $thing whose $number is $limit or more.",
            "Find the $things with a $number of at least $limit. In `$xs`, each key is a name; its value is either "
            "an int from 0 up, the $number of a $leaf, or a dictionary of this same kind, which is a $thing. The "
            "answer is a list of tuples `(path, $number)`.",
            "Which $things reach a $number of $limit? They are dictionaries within the dictionary `$xs`, nested to "
            "any depth. Their keys are names, and a value that is no dictionary is the $number of a single $leaf, a "
            "whole number of 0 or more. List each of the $things as `(path, $number)`.",
            "Given `$xs`, a dictionary of $leafs (name and $number, an int that is never negative) and of $things "
            "(name and a dictionary of the same kind), list all $things whose $number comes to $limit or more. Each "
            "is listed as a pair of its path and its $number.",
        ),
        details={
            "measure": ("$measure_1", "$measure_2"),
            "which": ("$which_1", "$which_2"),
            "path": (
                "A path consists of the names on the way to the $thing, its own included, with a slash before each, "
                "such as `/a/b`.",
                "In a path, a slash stands before every name: `/a/b` is the $thing `b` inside the $thing `a`.",
            ),
            "limit": (
                "A $number of exactly $limit is enough.",
                "Exactly $limit is enough.",
            ),
            "root": (
                "`$xs` itself is not reported.",
                "`$xs` as a whole is no $thing.",
                "The outermost dictionary does not count as a $thing.",
            ),
            "order": ("$order_1", "$order_2"),
        },
        reference="""
            def $name($xs):
                found = []

                def visit(folder, path):
                    $place
                    size = 0
                    for key, item in folder.items():
                        if isinstance(item, dict):
                            $add
                        else:
                            size += item
                    if path and size >= $limit$alone:
                        $report
                    $give

                visit($xs, "")
                $done
        """,
        second="""
            def $name($xs):
                rows, stack = [], [((), $xs)]
                while stack:
                    path, item = stack.pop()
                    rows.append([path, item])
                    if isinstance(item, dict):
                        stack += [((*path, key), inner) for key, inner in reversed(item.items())]
                sums = {path: 0 for path, item in rows if isinstance(item, dict)}
                for path, item in rows:
                    if not isinstance(item, dict):
                        for cut in range(len(path)):
                            if "$measure" == "total" or cut == len(path) - 1:
                                sums[path[:cut]] += item
                del sums[()]
                large = {path: size for path, size in sums.items() if size > $limit - 1}
                if "$which" == "lowest":
                    above = {path[:cut] for path in large for cut in range(len(path))}
                    large = {path: size for path, size in large.items() if path not in above}
                if "$which" == "topmost":
                    large = {p: s for p, s in large.items() if not any(p[:cut] in large for cut in range(len(p)))}
                result = [("".join("/" + name for name in path), size) for path, size in large.items()]
                if "$order" != "met":
                    result.sort()
                if "$order" == "size":
                    result.sort(key=lambda pair: pair[1], reverse=True)
                return result
        """,
        misreadings=(
            Misreading(kind="scope", says="measure", choose="measure"),
            Misreading(kind="scope", says="which", choose="which"),
            Misreading(kind="order", says="order", choose="order"),
            Misreading(kind="bounds", says="limit", swap=("size >= $limit", "size > $limit")),
        ),
        inputs=lambda values: (
            _nested("dabc", integers(0, values["limit"] + 2, values["limit"] // 2, values["limit"]), 4),
        ),
        examples=("{'a': {'b': {'c': $limit}}, 'd': $limit}", "{'a': {'b': {'c': $limit}}, 'aa': {'d': $limit}}"),
        properties=("all(pair[1] >= $limit for pair in result)", "len({pair[0] for pair in result}) == len(result)"),
    ),
)
