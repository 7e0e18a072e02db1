"""Edge cases: functions whose difficulty lies at the borders."""

from __future__ import annotations

from typing import Any

from lift_sys.testing.inputs import integers, lists, mixed, one_of, words
from lift_sys.testing.template import Misreading, Template, Values


def _some(count: int, thing: str, things: str, word: str) -> str:
    """`the lowest mark`, `the 2 lowest marks`."""
    return f"the {word} {thing}" if count == 1 else f"the {count} {word} {things}"


def _trimmed(values: Values) -> dict[str, Any] | None:
    """The pieces of `trimmed_marks`."""
    low, high, answer = values["low"], values["high"], values["answer"]
    gone = low + high
    if not gone or (values["short"] == "zero" and answer in ("total", "spread")):
        return None  # what is asked of a slice is 0 there anyway
    if (answer, values["short"], gone) == ("spread", "all", 1):
        return None  # of one mark as of none the spread is 0
    parts = [
        _some(count, values["thing"], values["things"], word)
        for count, word in ((low, "lowest"), (high, "highest"))
        if count
    ]
    cut = f"[{low or ''}:{-high or ''}]"
    if values["short"] == "all":
        kept = f"kept = sorted($xs)\nif len(kept) > {gone}:\n    kept = kept{cut}"
        back = "$found" if answer == "total" else "$found if kept else 0"
    else:
        kept = f"if len($xs) <= {gone}:\n    return $none\nkept = sorted($xs){cut}"
        back = "$found"
    return {
        "dropped": " and ".join(parts),
        "are": "is" if gone == 1 else "are",
        "gone": gone,
        "kept": kept,
        "back": back,
    }


def _pager(values: Values) -> dict[str, Any] | None:
    """The pieces of `page_row`."""
    before, after = values["before"], values["after"]
    if not before + after:
        return None
    sides = [f"{count} more {side} it" for count, side in ((before, "before"), (after, "after")) if count]
    none = "" if before and after else f", but none {'after' if before else 'before'} it"
    first = f"current - {before}" if before else "current"
    last = f"current + {after}" if after else "current"
    if values["edge"] == "cut":
        row = "\n".join(
            f"{name} = {text}"
            for name, text in (
                ("first", f"max({first}, 1)" if before else first),
                ("last", f"min({last}, $total)" if after else last),
            )
        )
    else:
        # The current one is never beyond the last, if that is checked.
        least = f"min({first}, $total - {before + after})" if after or values["outside"] == "clamp" else first
        row = f"first = max({least}, 1)\n"
        row += f"last = min(first + {before + after}, $total)"
    clamp = "current = min(max(current, 1), $total)" if before else "current = max(min(current, $total), 1)"
    check = "not 1 <= current <= $total"
    if values["edge"] == "cut" and values["ends"] == "none":  # the row is empty anyway
        check = "current > $total" if not after else "current < 1" if not before else check
    return {
        "check": f"if {check}:\n    return []" if values["outside"] == "empty" else "$clamp",
        "width": before + after + 1,
        "around": " and ".join(sides) + none,
        "row": row,
        "clamp": clamp if values["edge"] == "cut" else "",  # a row that is shifted stays inside anyway
    }


def _ring(values: Values) -> dict[str, Any]:
    """The pieces of `ring_way`."""
    size, ends, shut = values["size"], values["ends"], values["shut"]
    up = f"[(start + step - 1) % {size} + 1 for step in range((goal - start) % {size} + 1)]"
    down = f"[(start - step - 1) % {size} + 1 for step in range((start - goal) % {size} + 1)]"
    both = f"up = {up}\ndown = {down}\n"
    cut = {"both": "", "goal": "[1:]", "start": "[:-1]", "neither": "[1:-1]"}[ends]
    if shut == "turn":
        tried = {
            "up": "(up, down)",
            "down": "(down, up)",
            "short_up": "sorted((up, down), key=len)",
            "short_down": "sorted((down, up), key=len)",
        }[values["way"]]
        walk = f"{both}for way in {tried}:\n"
        walk += f"    if not any(place in closed for place in way[1:-1]):\n        return way{cut}\nreturn []"
    else:
        walk = {
            "up": f"way = {up}\n",
            "down": f"way = {down}\n",
            "short_up": f"{both}way = min(up, down, key=len)\n",
            "short_down": f"{both}way = min(down, up, key=len)\n",
        }[values["way"]]
        if shut == "skip":
            walk += f"return [place for place in way{cut} if place not in closed]"
        else:
            first = "[start]" if ends in ("both", "start") else "[]"
            rest = "[1:]" if ends in ("both", "goal") else "[1:-1]"
            walk += f"found = {first}\nfor place in way{rest}:\n    if place in closed:\n        break\n"
            walk += "    found.append(place)\nreturn found"
    needed = ends == "both" or (ends, shut) == ("start", "stop")
    return {"same": "if start == goal:\n    return []" if needed else "", "walk": walk}


def _bins(values: Values) -> dict[str, Any] | None:
    """The pieces of `bin_counts`."""
    low, width, bins = values["low"], values["width"], values["bins"]
    left, far = values["border"] == "upper", values["far"] == "in"
    if values["outside"] == "nearest" and far:
        return None  # it goes there anyway
    top = low + width * bins
    shift = low if left else low + 1
    offset = "value" if not shift else f"(value {'-' if shift > 0 else '+'} {abs(shift)})"
    ends = f"exactly {low} belongs to the first bin and exactly {top} to the last"
    if values["outside"] != "nearest" and not far:
        inner, outer = (f"{low} still belongs to the first bin", top) if left else (f"{top} to the last bin", low)
        ends = f"exactly {inner}, exactly {outer} is outside"
        if not left:
            ends = f"exactly {top} still belongs to the last bin, exactly {low} is outside"
    return {
        "top": top,
        "place": f"place = {offset} // {width}",
        "mend": ("if value == $top:\n    place = $last" if left else "if value == $low:\n    place = 0")
        if far
        else "",
        "last": bins - 1,
        "ends": ends,
        "Ends": ends[0].upper() + ends[1:],
        "more": bins + 2,
        "above": bins + 1,
    }


def _context(values: Values) -> dict[str, Any] | None:
    """The pieces of `context_stretches`."""
    before, after = values["before"], values["after"]
    if not before + after:
        return None
    parts = [
        f"the {values['thing'] if count == 1 else f'{count} ' + values['things']} {side} it"
        for count, side in ((before, "before"), (after, "after"))
        if count
    ]
    guarded = values["outside"] == "nearest" and values["answer"] != "lines"  # there, [1, 0] is an empty range
    return {
        "around": " and ".join(parts),
        "begin": "if $total == 0:\n    return []" if guarded else "",
        "from": f"max(hit - {before}, 1)" if before else "max(hit, 1)",
        "to": f"min(hit + {after}, $total)" if after else "min(hit, $total)",
    }


def _peaks(values: Values) -> dict[str, Any]:
    """The body of `find_peaks`."""
    rise = values["rise"]

    def beyond(at: str, other: str) -> str:
        one, two = (at, other) if values["kind"] == "peak" else (other, at)
        return f"$xs[{one}] - $xs[{two}] >= {rise}"

    ends, flat = values["ends"], values["flat"]
    if flat == "none":
        if ends == "count":
            body = f"""found = []
for at in range(len($xs)):
    left = at == 0 or {beyond("at", "at - 1")}
    right = at == len($xs) - 1 or {beyond("at", "at + 1")}
    if left and right and len($xs) > 1:
        found.append(at)
return found"""
        else:
            after, span = ("at + 1", "1, len($xs) - 1") if ends == "never" else ("(at + 1) % len($xs)", "len($xs)")
            body = f"""found = []
for at in range({span}):
    if {beyond("at", "at - 1")} and {beyond("at", after)}:
        found.append(at)
return found"""
    elif ends == "ring":
        place = {"first": "start", "last": "stop % size", "middle": "(start + stop) // 2 % size"}[flat]
        body = f"""found = []
size = len($xs)
for start in range(size):
    if {beyond("start", "start - 1")}:
        stop = start
        while $xs[(stop + 1) % size] == $xs[start]:
            stop += 1
        if {beyond("start", "(stop + 1) % size")}:
            found.append({place})
return {"found" if flat == "first" else "sorted(found)"}"""
    else:
        if flat == "last":
            name, on, off, held = "rising", "True", "False", "rising"
        else:
            name, on, off, held = "start", "at", "None", "start is not None"
        place = {"first": "start", "last": "at - 1", "middle": "(start + at - 1) // 2"}[flat]
        last = {"first": "start", "last": "len($xs) - 1", "middle": "(start + len($xs) - 1) // 2"}[flat]
        opened = "True" if flat == "last" else "0"
        guard = "if len(set($xs)) < 2:\n    return []\n" if ends == "count" else ""
        finish = f"if {held}:\n    found.append({last})\n" if ends == "count" else ""
        body = f"""{guard}found = []
{name} = {opened if ends == "count" else off}
for at in range(1, len($xs)):
    if {beyond("at", "at - 1")}:
        {name} = {on}
    elif $xs[at] != $xs[at - 1]:
        if {held} and {beyond("at - 1", "at")}:
            found.append({place})
        {name} = {off}
{finish}return found"""
    return {"body": body}


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="numbered_pick",
        idea="the member of a list with a number, with a rule for numbers beyond the ends",
        space={
            "first": range(1, 15),
            "end": {
                "front": {"index": "place", "edge": "first", "next_to": "after"},
                "back": {"index": "-1 - place", "edge": "last", "next_to": "before"},
            },
            "beyond": {
                "nearest": {
                    "settle": "if not $xs:\n    return $none\nplace = min(max(number - $first, 0), len($xs) - 1)",
                    "then": "A number that is too small stands for the $thing with the smallest number, one that is "
                    "too large for the $thing with the largest.",
                    "also": "Too small a number means the $thing with the smallest number, too large a number the "
                    "$thing with the largest.",
                },
                "wrap": {
                    "settle": "if not $xs:\n    return $none\nplace = (number - $first) % len($xs)",
                    "then": "Other numbers go on round the list: the one after the largest stands for the $thing with "
                    "the smallest number, the one before the smallest for the $thing with the largest, and so on.",
                    "also": "The numbering is circular. After the largest number the next one means the $thing with "
                    "the smallest again; in the same way, the number below the smallest means the $thing with the "
                    "largest, and so on in both directions.",
                },
                "missing": {
                    "settle": "place = number - $first\nif not 0 <= place < len($xs):\n    return $none",
                    "then": "A number that no $thing has gives $none_words.",
                    "also": "Return $none_words for a number that belongs to no $thing.",
                },
                "low": {
                    "settle": "place = max(number - $first, 0)\nif place >= len($xs):\n    return $none",
                    "then": "A number that is too small stands for the $thing with the smallest number, but one that "
                    "is too large gives $none_words.",
                    "also": "Too large a number gives $none_words, too small a one the $thing with the smallest "
                    "number.",
                },
                "high": {
                    "settle": "place = min(number - $first, len($xs) - 1)\nif place < 0:\n    return $none",
                    "then": "A number that is too large stands for the $thing with the largest number, but one that "
                    "is too small gives $none_words.",
                    "also": "Too small a number gives $none_words, too large a one the $thing with the largest "
                    "number.",
                },
            },
            "gives": {
                "None": {"none": "None", "none_words": "`None`", "returns": "str | None"},
                "empty": {"none": '""', "none_words": "the empty string", "returns": "str"},
                "dash": {"none": '"-"', "none_words": 'the string `"-"`', "returns": "str"},
            },
        },
        surface={
            "what": {
                "stops": {"xs": "stops", "thing": "stop", "things": "stops"},
                "chapters": {"xs": "chapters", "thing": "chapter", "things": "chapters"},
                "teams": {"xs": "teams", "thing": "team", "things": "teams"},
                "songs": {"xs": "songs", "thing": "song", "things": "songs"},
                "guests": {"xs": "guests", "thing": "guest", "things": "guests"},
            },
            "name": ("by_number", "numbered", "pick_numbered", "with_number", "look_up_number"),
        },
        derive=lambda values: {"second": values["first"] + 1},
        signature="($xs: list[str], number: int) -> $returns",
        wordings=(
            "Return the $thing that has the given number in the list `$xs`.",
            "Every $thing in `$xs` carries a number. Find out which $thing `number` stands for, and return it.",
            "The $things in `$xs` are numbered one by one. Look up the one whose number is asked for.",
            "Somebody asks for a $thing by number: return the member of `$xs` that is meant.",
            "Given a list of $things and a `number`, give back the $thing with this number.",
        ),
        details={
            "numbering": (
                "The $edge $thing has number $first, the one $next_to it $second, and so on.",
                "Numbering begins with $first at the $edge $thing; the one $next_to that has $second, and so forth.",
                "The $edge one is number $first, the one $next_to it number $second, and so on.",
            ),
            "beyond": ("$then", "$also"),
            "empty": (
                "If there are no $things at all, the result is $none_words, whatever the number.",
                "With an empty list, any number gives $none_words.",
                "An empty list always gives $none_words.",
            ),
        },
        reference="""
            def $name($xs, number):
                $settle
                return $xs[$index]
        """,
        second="""
            def $name($xs, number):
                line = $xs if "$end" == "front" else list(reversed($xs))
                table = dict(enumerate(line, $first))
                if table and "$beyond" == "wrap":
                    while number < min(table):
                        number += len(table)
                    while number > max(table):
                        number -= len(table)
                elif table and number < min(table) and "$beyond" in ("nearest", "low"):
                    number = min(table)
                elif table and number > max(table) and "$beyond" in ("nearest", "high"):
                    number = max(table)
                return table.get(number, $none)
        """,
        misreadings=(
            Misreading(kind="order", says="numbering", choose="end"),
            Misreading(kind="bounds", says="beyond", choose="beyond"),
            Misreading(kind="bounds", says="numbering", swap=("number - $first", "number - $first - 1")),
            Misreading(kind="empty", says="empty", choose="gives"),
        ),
        inputs=lambda values: (
            lists(words(), 0, 6),
            integers(values["first"] - 9, values["first"] + 14, values["first"], values["first"] + 4),
        ),
        properties=("result in $xs or result == $none",),
    ),
    Template(
        name="trimmed_marks",
        idea="what is left when so many of the lowest and highest are dropped",
        space={
            "low": range(5),
            "high": range(5),
            "short": {
                "zero": {"none": "0", "then": "return 0", "also": "the answer is 0"},
                "minus": {"none": "-1", "then": "return -1", "also": "the answer is -1"},
                "None": {"none": "None", "then": "return `None`", "also": "the answer is `None`"},
                "all": {
                    "none": "0",
                    "then": "leave out none of them; an empty list gives 0",
                    "also": "all of them stay, and for an empty list the answer is 0",
                },
            },
            "answer": {
                "total": {"asked": "the sum", "found": "sum(kept)"},
                "down": {
                    "asked": "the mean (rounded down to a whole number)",
                    "found": "sum(kept) // len(kept)",
                },
                "up": {
                    "asked": "the mean (rounded up to a whole number)",
                    "found": "-(-sum(kept) // len(kept))",
                },
                "spread": {
                    "asked": "the difference between the largest and the smallest",
                    "found": "kept[-1] - kept[0]",
                },
            },
        },
        surface={
            "what": {
                "marks": {"xs": "marks", "thing": "mark", "things": "marks"},
                "scores": {"xs": "scores", "thing": "score", "things": "scores"},
                "bids": {"xs": "bids", "thing": "bid", "things": "bids"},
                "prices": {"xs": "prices", "thing": "price", "things": "prices"},
                "times": {"xs": "times", "thing": "time", "things": "times"},
            },
            "name": ("trimmed", "without_extremes", "fair_result", "settle_marks", "judge_result"),
        },
        derive=lambda values: (
            None
            if (more := _trimmed(values)) is None
            else more | {"returns": "int | None" if values["short"] == "None" else "int"}
        ),
        signature="($xs: list[int]) -> $returns",
        wordings=(
            "Leave out $dropped and return $asked of the remaining $things.",
            "In `$xs`, $dropped $are not counted. Return $asked of the others.",
            "Return $asked of the $things in `$xs` that remain once $dropped $are taken away.",
            "What is $asked of the $things in `$xs`, not counting $dropped? Return the answer.",
            "Take $dropped out of the list `$xs`. Of what is left, give back $asked.",
        ),
        details={
            "ties": (
                "Leave out no more than that: other $things of the same value stay.",
                "Every repeated value is a $thing of its own, so leaving out one leaves the others in.",
                "Of equal $things, only as many go as it takes to make up that number.",
            ),
            "short": (
                "If this would leave no $thing, $then.",
                "Where nothing would be left over, $also.",
                "If there are too few $things for any to remain, $also.",
            ),
            "sign": ("No $thing is negative.", "All $things are 0 or more."),
        },
        reference="""
            def $name($xs):
                $kept
                return $back
        """,
        second="""
            def $name($xs):
                kept = list($xs)
                if len(kept) > $gone:
                    for _ in range($low):
                        kept.remove(min(kept))
                    for _ in range($high):
                        kept.remove(max(kept))
                elif "$short" != "all" or not kept:
                    return $none
                if "$answer" == "spread":
                    return max(kept) - min(kept)
                total = 0
                for value in kept:
                    total += value
                whole, rest = divmod(total, len(kept))
                return {"total": total, "down": whole, "up": whole + (rest > 0)}["$answer"]
        """,
        misreadings=(
            Misreading(kind="order", says="$dropped", swap=("sorted($xs)", "list($xs)")),
            Misreading(kind="ties", says="ties", swap=("sorted($xs)", "sorted(set($xs))")),
            Misreading(kind="empty", says="short", choose="short"),
            Misreading(kind="bounds", says="$dropped", choose="low"),
        ),
        inputs=lambda values: (lists(integers(0, 12, 5), 0, values["gone"] + 4),),
        properties=("result is None or result >= -1", "result is None or result <= sum($xs)"),
    ),
    Template(
        name="page_row",
        idea="the page numbers that a pager shows round the current page",
        space={
            "before": range(5),
            "after": range(5),
            "edge": {
                "cut": {
                    "narrow": "Where there are fewer $things on a side, the row is shorter on that side.",
                    "narrow_2": "Near the first and the last $thing the row is cut short.",
                },
                "shift": {
                    "narrow": "Where there are too few $things on one side, the row takes in as many more on the "
                    "other, so that it has $width numbers as long as there are $width $things.",
                    "narrow_2": "The row always has $width numbers, or all of them if there are fewer: what is "
                    "missing on one side is added on the other.",
                },
            },
            "ends": {
                "none": {
                    "add": "",
                    "fixed": "Nothing else is in the list.",
                    "fixed_2": "The list holds no other numbers.",
                },
                "added": {
                    "add": "if first > 1:\n    shown.insert(0, 1)\nif last < $total:\n    shown.append($total)",
                    "fixed": "The first and the last $thing are always listed as well, each just once.",
                    "fixed_2": "The list always begins with 1 and ends with the last $thing, even if the row does "
                    "not reach so far; no number is there twice.",
                },
                "gap": {
                    "add": "shown[:0] = [1, 0] if first > 2 else range(1, first)\n"
                    "shown += [0, $total] if last < $total - 1 else range(last + 1, $total + 1)",
                    "fixed": "The first and the last $thing are always listed as well, each just once, and a single 0 "
                    "stands between them and the row wherever numbers are left out there.",
                    "fixed_2": "The list always begins with 1 and ends with the last $thing, without repeats; where "
                    "one or more numbers are missing between these and the row, there is one 0 instead.",
                },
                "filled": {
                    "add": "shown[:0] = [1, 0] if first > 3 else range(1, first)\n"
                    "shown += [0, $total] if last < $total - 2 else range(last + 1, $total + 1)",
                    "fixed": "The first and the last $thing are always listed as well, each just once. If two or more "
                    "numbers are left out between one of them and the row, a single 0 stands for these; if it would "
                    "be just one number, that number itself is listed.",
                    "fixed_2": "The list always begins with 1 and ends with the last $thing, without repeats. One 0 "
                    "takes the place of the numbers between these and the row, unless it is a single number, which "
                    "is then listed itself.",
                },
            },
            "outside": {
                "clamp": {
                    "odd": "A `current` below 1 counts as 1, and one beyond the last $thing as the last.",
                    "odd_2": "If `current` is too small or too large, the first or the last $thing is taken instead.",
                },
                "empty": {
                    "odd": "If there is no $thing with the number `current`, the list is empty.",
                    "odd_2": "For a `current` that no $thing has, return an empty list.",
                },
            },
        },
        surface={
            "what": {
                "pages": {"total": "pages", "thing": "page", "things": "pages"},
                "slides": {"total": "slides", "thing": "slide", "things": "slides"},
                "rounds": {"total": "rounds", "thing": "round", "things": "rounds"},
                "weeks": {"total": "weeks", "thing": "week", "things": "weeks"},
            },
            "name": ("page_row", "pager", "shown_numbers", "nearby_numbers", "number_bar"),
        },
        derive=_pager,
        signature="($total: int, current: int) -> list[int]",
        wordings=(
            "There are `$total` $things, numbered from 1. While the $thing `current` is open, a row of numbers is shown: "
            "its own, with $around. Return the list of these numbers in ascending order.",
            "List in ascending order the numbers that a navigation bar shows when the $thing `current` of `$total` "
            "is open. Its heart is a row with the current number and $around; numbering starts at 1.",
            "A bar of links for `$total` $things, which are numbered 1, 2, 3 and so on, is built around the number "
            "`current`, with $around. Which numbers are in it? Return an ascending list.",
            "Given how many $things there are (they count from 1) and which one is current, return the ascending "
            "list of numbers to offer: a row made of the current one and $around.",
        ),
        details={
            "edge": ("$narrow", "$narrow_2"),
            "ends": ("$fixed", "$fixed_2"),
            "outside": ("$odd", "$odd_2"),
            "none": (
                "With 0 $things the list is empty; a negative number of $things raises a `ValueError`.",
                "If there are no $things, return an empty list, and if `$total` is negative, raise `ValueError`.",
            ),
        },
        raises={"ValueError": "none"},
        reference="""
            def $name($total, current):
                if $total < 0:
                    raise ValueError("less than no $things")
                $check
                $row
                shown = list(range(first, last + 1))
                $add
                return shown
        """,
        second="""
            from itertools import groupby

            def $name($total, current):
                numbers = list(range(1, $total + 1))
                if len(numbers) != $total:
                    raise ValueError($total)
                if current not in numbers:
                    if "$outside" == "empty" or not numbers:
                        return []
                    current = numbers[0] if current < 1 else numbers[-1]
                row = {number for number in numbers if -$before <= number - current <= $after}
                while "$edge" == "shift" and len(row) < min($width, $total):
                    row.add(min(row) - 1 if min(row) > 1 else max(row) + 1)
                    if max(row) < $total and len(row) < $width and current + $after > $total:
                        row.add(max(row) + 1)
                if "$ends" == "none":
                    return sorted(row)
                shown = []
                for seen, group in groupby(numbers, key=lambda number: number in row | {1, $total}):
                    members = list(group)
                    if seen or ("$ends" == "filled" and len(members) == 1):
                        shown += members
                    elif "$ends" != "added":
                        shown.append(0)
                return shown
        """,
        misreadings=(
            Misreading(kind="bounds", says="edge", choose="edge"),
            Misreading(kind="scope", says="ends", choose="ends"),
            Misreading(kind="bounds", says="outside", choose="outside"),
            Misreading(kind="bounds", says="$around", swap=("range(first, last + 1)", "range(first, last)")),
        ),
        inputs=lambda values: (
            integers(-2, 24, 1, 3, values["width"]),
            integers(-2, 26, 1, values["before"] + 2, 14 - values["after"]),
        ),
        examples=("0, 0", "0, 1", "1, 1", "$width, 1", "12, 1", "12, 12", "12, 13", "12, 0"),
        properties=(
            "0 <= len(result) <= $width + 4",
            "all(0 <= number <= $total for number in result)",
            "0 in result or result == sorted(set(result))",
        ),
    ),
    Template(
        name="ring_way",
        idea="the places passed on the way from one place of a ring to another, some of them closed",
        space={
            "size": range(6, 28, 2),
            "way": {
                "up": {
                    "leads": "The way always leads upwards, and from $size on to 1.",
                    "leads_2": "One always walks towards higher numbers, with 1 coming after $size.",
                },
                "down": {
                    "leads": "The way always leads downwards, and from 1 on to $size.",
                    "leads_2": "One always walks towards lower numbers, with $size coming after 1.",
                },
                "short_up": {
                    "leads": "Of the two directions the shorter is taken; if both are equally long, the way leads "
                    "upwards (and from $size on to 1).",
                    "leads_2": "One takes the shorter way round, or the one that goes up (and to 1 after $size) where "
                    "both are equally long.",
                },
                "short_down": {
                    "leads": "Of the two directions the shorter is taken; if both are equally long, the way leads "
                    "downwards (and from 1 on to $size).",
                    "leads_2": "One takes the shorter way round, or the one that goes down (and to $size after 1) "
                    "where both are equally long.",
                },
            },
            "ends": {
                "both": {"held": "Both `start` and `goal` belong to the list", "held_2": "`start` and `goal` count"},
                "goal": {
                    "held": "`goal` belongs to the list, `start` does not",
                    "held_2": "`goal` counts, `start` not",
                },
                "start": {
                    "held": "`start` belongs to the list, `goal` does not",
                    "held_2": "`start` counts, `goal` not",
                },
                "neither": {
                    "held": "Neither `start` nor `goal` belongs to the list",
                    "held_2": "`start` and `goal` do not count",
                },
            },
            "shut": {
                "skip": {
                    "then": "are passed, but left out of the list, even if they are `start` or `goal`",
                    "then_2": "one goes past them, but they are never listed, not even as `start` or `goal`",
                },
                "stop": {
                    "then": "end the way: the first of them after `start` is left out of the list, and so is all that "
                    "follows it",
                    "then_2": "the list ends in front of the first of them on the way; whether `start` itself is closed "
                    "makes no difference",
                },
                "turn": {
                    "then": "may not be passed: if one lies between `start` and `goal`, the opposite direction is taken "
                    "instead, and if that is blocked as well, the list is empty. Whether `start` or `goal` itself is "
                    "closed makes no difference",
                    "then_2": "if one of them lies between `start` and `goal` on that way, one goes in the other "
                    "direction instead, and if one lies there as well, the list is empty; that `start` or `goal` "
                    "itself is closed does not matter",
                },
            },
        },
        surface={
            "what": {
                "stations": {"thing": "station", "things": "stations", "ring": "circular line"},
                "seats": {"thing": "seat", "things": "seats", "ring": "round table"},
                "gates": {"thing": "gate", "things": "gates", "ring": "ring road"},
                "fields": {"thing": "field", "things": "fields", "ring": "circular board"},
                "cabins": {"thing": "cabin", "things": "cabins", "ring": "big wheel"},
            },
            "name": ("way_round", "ring_way", "passed", "walk_round", "round_trip"),
        },
        derive=_ring,
        signature="(start: int, goal: int, closed: list[int]) -> list[int]",
        wordings=(
            "A $ring has $size $things, numbered from 1 to $size. Return the $things on the way from `start` to "
            "`goal`, in the order in which they come.",
            "The $things of a $ring are numbered 1 to $size. List those that one passes from `start` to `goal`, in "
            "the order of the way.",
            "On a $ring with the $things 1 to $size, someone goes from `start` to `goal`. Which $things lie on the "
            "way? Return their numbers in that order.",
            "Return the list of $thing numbers that lead from `start` to `goal` on a $ring whose $size $things have "
            "the numbers 1 to $size.",
        ),
        details={
            "way": ("$leads", "$leads_2"),
            "ends": ("$held.", "As for the ends of the way, $held_2."),
            "shut": ("The $things in `closed` $then.", "Some $things are `closed`: $then_2."),
            "same": (
                "If `start` and `goal` are the same, the list is empty.",
                "Where `goal` is `start` itself, there is nothing to walk and the list is empty.",
            ),
            "range": (
                "A `start` or `goal` that is no $thing's number raises a `ValueError`; `closed` may be empty and holds "
                "only numbers that exist.",
                "Raise `ValueError` if there is no $thing with the number `start` or none with the number `goal`. The "
                "numbers in `closed`, if any, all exist.",
            ),
        },
        raises={"ValueError": "range"},
        reference="""
            def $name(start, goal, closed):
                if not (1 <= start <= $size and 1 <= goal <= $size):
                    raise ValueError("there is no such $thing")
                $same
                $walk
        """,
        second="""
            def $name(start, goal, closed):
                ring = list(range(1, $size + 1))
                if {start, goal} - set(ring):
                    raise ValueError((start, goal))
                if start == goal:
                    return []
                turned = ring[start - 1 :] + ring[: start - 1]
                up = turned[: turned.index(goal) + 1]
                back = turned[:1] + turned[:0:-1]
                down = back[: back.index(goal) + 1]
                if "$way" in ("up", "down"):
                    first, other = (up, down) if "$way" == "up" else (down, up)
                elif len(up) == len(down):
                    first, other = (up, down) if "$way" == "short_up" else (down, up)
                else:
                    first, other = min(up, down, key=len), max(up, down, key=len)
                blocked = set(closed)
                if "$shut" == "turn":
                    if blocked.intersection(first[1:-1]):
                        first, other = other, first
                        if blocked.intersection(first[1:-1]):
                            return []
                elif "$shut" == "stop":
                    while blocked.intersection(first[1:]):
                        first = first[:-1]
                else:
                    first = [place if place not in blocked else 0 for place in first]
                if "$ends" in ("goal", "neither"):
                    first = first[1:]
                if "$ends" in ("start", "neither") and (first[-1:] == [goal] or "$shut" == "skip"):
                    first = first[:-1]
                return [place for place in first if place]
        """,
        misreadings=(
            Misreading(kind="order", says="way", choose="way"),
            Misreading(kind="bounds", says="ends", choose="ends"),
            Misreading(kind="scope", says="shut", choose="shut"),
            Misreading(kind="bounds", says="range", swap=("1 <= start <= $size", "1 <= start < $size")),
        ),
        inputs=lambda values: (
            integers(0, values["size"] + 1, 1, values["size"] // 2, values["size"]),
            integers(0, values["size"] + 1, 1, values["size"] // 2, values["size"]),
            lists(integers(1, values["size"], values["size"]), 0, 3),
        ),
        examples=("1, $size, []", "$size, 1, []", "1, 1, []", "2, 2, [2]", "0, 1, []", "1, 3, [2]", "3, 1, [1, 3]"),
        properties=("len(result) <= $size", "len(set(result)) == len(result)"),
        held_out=True,
    ),
    Template(
        name="bin_counts",
        idea="how many values fall into each of some bins, with rules for borders and ends",
        space={
            "low": range(-6, 12, 3),
            "width": range(2, 7),
            "bins": range(2, 6),
            "border": {"upper": {"side": "upper"}, "lower": {"side": "lower"}},
            "outside": {
                "drop": {
                    "slots": "$bins",
                    "count": "if 0 <= place < $bins:\n    counts[place] += 1",
                    "odd": "What lies outside the bins is not counted.",
                    "odd_2": "Ignore every $thing outside all of the bins.",
                },
                "nearest": {
                    "slots": "$bins",
                    "count": "counts[min(max(place, 0), $last)] += 1",
                    "odd": "A smaller $thing is counted in the first bin, a larger one in the last.",
                    "odd_2": "What lies outside the bins is counted in the nearest of them.",
                },
                "extra": {
                    "slots": "$more",
                    "count": "if place < 0:\n    counts[$bins] += 1\nelif place >= $bins:\n    counts[$above] += 1\n"
                    "else:\n    counts[place] += 1",
                    "odd": "The list ends with two more counts: how many $things are too small for the first bin, and "
                    "then how many are too large for the last.",
                    "odd_2": "Behind the counts of the bins there are two more: of the $things below all bins, and of "
                    "those above them, in this order.",
                },
            },
            "far": {"in": {}, "out": {}},
        },
        surface={
            "what": {
                "readings": {"xs": "readings", "thing": "reading", "things": "readings"},
                "delays": {"xs": "delays", "thing": "delay", "things": "delays"},
                "changes": {"xs": "changes", "thing": "change", "things": "changes"},
                "temps": {"xs": "temps", "thing": "temperature", "things": "temperatures"},
                "balances": {"xs": "balances", "thing": "balance", "things": "balances"},
            },
            "name": ("bin_counts", "histogram", "count_in_bins", "fill_bins", "spread_out"),
        },
        derive=_bins,
        signature="($xs: list[int | None]) -> list[int]",
        wordings=(
            "The range from $low to $top is divided into $bins bins, each $width wide. Return how many $things fall "
            "into each of them, from the lowest bin to the highest.",
            "Make a histogram of the $things in `$xs`: $bins bins of width $width, one after the other from $low to $top. "
            "Return the counts, lowest bin first.",
            "Count the $things of `$xs` by bins. There are $bins bins next to one another, each covers $width units, "
            "and together they reach from $low to $top. The result lists their counts in ascending order of the bins.",
            "From $low to $top, every $width units make up one bin, so that there are $bins bins. For each of them, "
            "lowest first, tell how many $things belong to it.",
        ),
        details={
            "border": (
                "A $thing on the border between two bins belongs to the $side one.",
                "If a $thing is exactly where two bins meet, it belongs to the $side of them.",
            ),
            "far": ("$Ends.", "At the ends, $ends."),
            "outside": ("$odd", "$odd_2"),
            "missing": (
                "`None` stands for a missing $thing and is skipped.",
                "Where a $thing is missing there is a `None`, which is not counted anywhere.",
            ),
        },
        reference="""
            def $name($xs):
                counts = [0] * $slots
                for value in $xs:
                    if value is None:
                        continue
                    $place
                    $mend
                    $count
                return counts
        """,
        second="""
            from bisect import bisect_left, bisect_right

            def $name($xs):
                line = sorted(value for value in $xs if value is not None)
                edges = range($low, $top + 1, $width)
                cut = bisect_left if "$border" == "upper" else bisect_right
                marks = [cut(line, edge) for edge in edges]
                if "$far" == "in" and "$border" == "upper":
                    marks[-1] = bisect_right(line, $top)
                elif "$far" == "in":
                    marks[0] = bisect_left(line, $low)
                if "$outside" == "nearest":
                    marks[0], marks[-1] = 0, len(line)
                counts = [after - before for before, after in zip(marks, marks[1:])]
                return [*counts, marks[0], len(line) - marks[-1]] if "$outside" == "extra" else counts
        """,
        misreadings=(
            Misreading(kind="bounds", says="border", choose="border"),
            Misreading(kind="bounds", says="far", choose="far"),
            Misreading(kind="scope", says="outside", choose="outside"),
            Misreading(
                kind="sign",
                says="from $low to $top",
                code="""
                    def $name($xs):
                        counts = [0] * $slots
                        for value in $xs:
                            if value and abs(value) == value and 0 <= value - $low < $top - $low:
                                counts[(value - $low) // $width] += 1
                        return counts
                """,
            ),
        ),
        inputs=lambda values: (
            lists(
                mixed(
                    integers(values["low"] - 9, values["top"] + 9, values["low"], values["top"]),
                    integers(values["low"] - 2, values["top"] + 2, values["low"], values["top"]),
                    one_of(*range(values["low"], values["top"] + 1, values["width"]), None),
                ),
                0,
                9,
            ),
        ),
        properties=("sum(result) <= len($xs)", "min(result) >= 0", "len(result) >= $bins"),
        held_out=True,
    ),
    Template(
        name="context_stretches",
        idea="hits with what is around them, joined where they meet",
        space={
            "before": range(4),
            "after": range(4),
            "join": {
                "overlap": {
                    "near": "spans[-1][1]",
                    "meet": "Stretches that have a $thing in common are one stretch; those that only lie side by side "
                    "stay apart.",
                    "meet_2": "Where two stretches share a $thing they become one, but not where one just ends right "
                    "before the other.",
                },
                "touch": {
                    "near": "spans[-1][1] + 1",
                    "meet": "Stretches that overlap or lie side by side are one stretch.",
                    "meet_2": "Where two stretches share a $thing, or one begins right after the other, they become "
                    "one.",
                },
                "gap": {
                    "near": "spans[-1][1] + 2",
                    "meet": "Stretches that overlap, lie side by side or have just one $thing between them are one "
                    "stretch, and that $thing belongs to it.",
                    "meet_2": "Two stretches become one where they overlap, where one begins right after the other, "
                    "and also where a single $thing lies between them, which is then part of it.",
                },
            },
            "outside": {
                "ignore": {
                    "check": "if not 1 <= hit <= $total:\n    continue",
                    "skip": "",
                    "odd": "A hit below 1 or above `$total` is ignored.",
                    "odd_2": "Hits that are no $thing's number are left out of account.",
                },
                "nearest": {
                    "check": "hit = min(max(hit, 1), $total)",
                    "skip": "",
                    "odd": "A hit below 1 counts as a hit at 1, one above `$total` as a hit at the last $thing.",
                    "odd_2": "Where a hit is too low or too high for any $thing, it counts for the first or the last "
                    "$thing instead.",
                },
                "around": {
                    "check": "",
                    "skip": "if first > last:\n    continue",
                    "odd": "A hit below 1 or above `$total` is not shown itself, but those $things around it are that "
                    "exist.",
                    "odd_2": "Hits may lie below 1 or above `$total`; of what would be shown for them, only the "
                    "$things that exist count.",
                },
            },
            "answer": {
                "pairs": {
                    "returns": "list[list[int]]",
                    "asked": "the stretches of $things that are shown, in ascending order, each as `[first, last]`",
                    "back": "return spans",
                },
                "sizes": {
                    "returns": "list[int]",
                    "asked": "the number of $things in each stretch that is shown, from the first stretch to the last",
                    "back": "return [last - first + 1 for first, last in spans]",
                },
                "lines": {
                    "returns": "list[int]",
                    "asked": "the numbers of all $things that are shown, ascending, with a 0 between one stretch and "
                    "the next",
                    "back": "shown = []\nfor first, last in spans:\n    if shown:\n        shown.append(0)\n"
                    "    shown.extend(range(first, last + 1))\nreturn shown",
                },
            },
        },
        surface={
            "what": {
                "lines": {"total": "lines", "thing": "line", "things": "lines", "whole": "file"},
                "frames": {"total": "frames", "thing": "frame", "things": "frames", "whole": "film"},
                "pages": {"total": "pages", "thing": "page", "things": "pages", "whole": "book"},
                "rows": {"total": "rows", "thing": "row", "things": "rows", "whole": "table"},
            },
            "name": ("with_context", "show_hits", "context_of", "stretches", "around_hits"),
        },
        derive=_context,
        signature="($total: int, hits: list[int]) -> $returns",
        wordings=(
            "A $whole has `$total` $things, numbered from 1, and `hits` names some of them. Every hit is shown "
            "together with $around. Return $asked.",
            "For every number in `hits`, that $thing is shown, and $around with it. Return $asked. The $things of the "
            "$whole are numbered 1 to `$total`.",
            "A search in a $whole of `$total` $things, which count from 1, found the $things in `hits`. Each is shown "
            "with $around, as far as they exist; give back $asked.",
            "For each of the `hits` in a $whole with the $things 1 to `$total`, a stretch is shown: that $thing "
            "with $around. Find $asked.",
        ),
        details={
            "join": ("$meet", "$meet_2"),
            "outside": ("$odd", "$odd_2"),
            "order": (
                "`hits` is in any order and may repeat a number.",
                "The hits come in no particular order, and some may be there twice.",
            ),
            "none": (
                "If nothing is shown, return an empty list.",
                "Where nothing can be shown, the list is empty.",
            ),
            "negative": (
                "`$total` may be 0, but a negative one raises a `ValueError`.",
                "For a negative `$total` raise `ValueError`; 0 is allowed.",
            ),
        },
        raises={"ValueError": "negative"},
        reference="""
            def $name($total, hits):
                if $total < 0:
                    raise ValueError("less than no $things")
                $begin
                spans = []
                for hit in sorted(hits):
                    $check
                    first, last = $from, $to
                    $skip
                    if spans and first <= $near:
                        spans[-1][1] = last
                    else:
                        spans.append([first, last])
                $back
        """,
        second="""
            def $name($total, hits):
                covers = []
                if $total != abs($total):
                    raise ValueError($total)
                for hit in hits:
                    if "$outside" == "nearest" and $total:
                        hit = sorted([1, hit, $total])[1]
                    if "$outside" == "around" or 1 <= hit <= $total:
                        covers.append({n for n in range(hit - $before, hit + $after + 1) if 1 <= n <= $total})
                shown = set().union(*covers)
                if "$join" == "gap":
                    shown |= {number + 1 for number in shown if number + 2 in shown}
                groups = []
                for number in sorted(shown):
                    if "$join" == "overlap":
                        linked = any(number - 1 in cover and number in cover for cover in covers)
                    else:
                        linked = number - 1 in shown
                    if linked:
                        groups[-1].append(number)
                    else:
                        groups.append([number])
                if "$answer" == "pairs":
                    return [[group[0], group[-1]] for group in groups]
                if "$answer" == "sizes":
                    return [len(group) for group in groups]
                return [number for group in groups for number in [0, *group]][1:]
        """,
        misreadings=(
            Misreading(kind="bounds", says="join", choose="join"),
            Misreading(kind="scope", says="outside", choose="outside"),
            Misreading(kind="order", says="order", swap=("sorted(hits)", "hits")),
            Misreading(kind="bounds", says="$around", choose="before"),
        ),
        inputs=lambda values: (
            integers(-2, 14, 1, 12),
            lists(integers(-5, 17, 1, 12, 6), 0, 5),
        ),
        examples=("0, [1]", "0, []", "5, []", "1, [1, 1]", "12, [0, 13]"),
        properties=(
            "bool(result) <= bool(hits)",
            "len(result) <= $total + len(hits)",
            "not result or not isinstance(result[0], list) or (result[0][0] >= 1 and result[-1][1] <= $total)",
        ),
    ),
    Template(
        name="local_extremes",
        idea="where a series has peaks or dips, with rules for its ends and for equal neighbours",
        space={
            "rise": range(1, 18),
            "kind": {
                "peak": {"peak": "peak", "higher": "higher", "lower": "lower"},
                "dip": {"peak": "dip", "higher": "lower", "lower": "higher"},
            },
            "ends": {
                "never": {
                    "border": "The first and the last $thing$or_row have a neighbour on one side only and are never $article $peak",
                    "border_2": "At the very beginning and end of the list there is no $peak, since a neighbour is missing there",
                },
                "count": {
                    "border": "The first and the last $thing$or_row have a neighbour on one side only, and that alone decides",
                    "border_2": "At either end of the list, only the one neighbour that there is has to be so much $lower",
                },
                "ring": {
                    "border": "The list is a ring: its last $thing and its first are neighbours",
                    "border_2": "The series is circular, so that after the last $thing the first one follows again",
                },
            },
            "flat": {
                "first": {"which": "the first of them", "row_place": "where it begins"},
                "last": {"which": "the last of them", "row_place": "where it ends"},
                "middle": {
                    "which": "the one in the middle (the earlier of the two, if there are two)",
                    "row_place": "that of its middle, or of the earlier of the two in the middle",
                },
                "none": {"which": "", "row_place": ""},
            },
        },
        surface={
            "what": {
                "heights": {"xs": "heights", "thing": "height", "things": "heights"},
                "prices": {"xs": "prices", "thing": "price", "things": "prices"},
                "levels": {"xs": "levels", "thing": "level", "things": "levels"},
                "sales": {"xs": "counts", "thing": "count", "things": "counts"},
                "speeds": {"xs": "speeds", "thing": "speed", "things": "speeds"},
            },
            "enough": ("at least $rise", "no less than $rise", "$rise or more"),
            "name": ("find_turns", "extremes", "turning_points", "stand_outs", "local_extremes"),
        },
        derive=lambda values: {
            **_peaks(values),
            "or_row": "" if values["flat"] == "none" else " (or row of equal ones)",
            "article": "a",
            "row": "A row of equal $things next to each other is never $article $peak."
            if values["flat"] == "none"
            else "Equal $things next to each other are judged as one, by the $things before and after all of them, and "
            "the position is that of $which"
            + (", reading on from the end of the list to its beginning." if values["ends"] == "ring" else "."),
            "row_2": "Where neighbours are equal, none of them is $article $peak."
            if values["flat"] == "none"
            else "A row of equal neighbours can be a single $peak, if it is so much $higher than what comes before and "
            "after the row; its position is $row_place"
            + (" (it may run on from the end of the list to its beginning)." if values["ends"] == "ring" else "."),
        },
        signature="($xs: list[int]) -> list[int]",
        wordings=(
            "A $thing is $article $peak if it is $enough $higher than both of its neighbours. Return the "
            "positions (from 0) of all ${peak}s in `$xs`, in ascending order.",
            "Find every $peak in `$xs`, that is, every $thing which the $things right before and right after it are "
            "$lower than by $enough. The result lists their positions in ascending order, counted from 0.",
            "At which positions of `$xs`, counted from 0, is there $article $peak? One is where the $thing is $higher "
            "than its two neighbours, by $enough in both cases. Return the positions in ascending order.",
            "Return an ascending list of the indices at which `$xs` has $article $peak. There, the $thing is $higher "
            "than the one before by $enough and also $higher than the one after by $enough.",
        ),
        details={
            "flat": ("$row", "$row_2"),
            "ends": ("$border.", "$border_2."),
            "alone": (
                "A list with a single $thing, or with equal $things only, has no $peak.",
                "There is no $peak in a list whose $things are all equal, nor in one with a single $thing or none.",
            ),
        },
        reference="""
            def $name($xs):
                $body
        """,
        second="""
            from itertools import groupby

            def $name($xs):
                sign = 1 if "$kind" == "peak" else -1
                rows = [list(row) for _, row in groupby(range(len($xs)), key=lambda at: $xs[at])]
                if "$ends" == "ring" and len(rows) > 2 and $xs[0] == $xs[-1]:
                    rows = [rows[-1] + rows[0], *rows[1:-1]]
                if len(rows) < 2:
                    return []
                tops = [sign * $xs[row[0]] for row in rows]
                if "$ends" == "ring":
                    tops = [tops[-1], *tops, tops[0]]
                elif "$ends" == "count":
                    tops = [tops[0] - $rise, *tops, tops[-1] - $rise]
                else:
                    tops = [tops[0], *tops, tops[-1]]
                found = []
                for row, before, top, after in zip(rows, tops, tops[1:], tops[2:]):
                    if max(before, after) + $rise <= top and ("$flat" != "none" or len(row) == 1):
                        place = {"last": len(row) - 1, "middle": (len(row) - 1) // 2}.get("$flat", 0)
                        found.append(row[place])
                return sorted(found)
        """,
        misreadings=(
            Misreading(kind="bounds", says="ends", choose="ends"),
            Misreading(kind="ties", says="flat", choose="flat"),
            Misreading(kind="bounds", says="$enough", swap=(">= $rise", "> $rise")),
            Misreading(kind="scope", says="$peak", choose="kind"),
        ),
        inputs=lambda values: (
            mixed(
                lists(
                    mixed(
                        one_of(0, values["rise"], 2 * values["rise"]),
                        one_of(0, values["rise"] - 1, values["rise"], values["rise"] + 1),
                        integers(-values["rise"], 2 * values["rise"] + 1),
                    ),
                    0,
                    9,
                ),
                lists(one_of(0, values["rise"]), 0, 8),
                lists(one_of(0, values["rise"]), 1, 6).map(lambda xs: [*xs[:1] * 2, *xs, xs[0]]),
            ),
        ),
        properties=("result == sorted(set(result))", "all(0 <= at < len($xs) for at in result)"),
    ),
)
