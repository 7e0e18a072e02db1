"""Arithmetic and number theory: rounding, sharing out, charging, remainders and divisors."""

from math import gcd, lcm
from typing import Any

from lift_sys.testing.inputs import Inputs, integers, lists, mixed, one_of, text
from lift_sys.testing.template import Equivalent, Misreading, Template, Values

_NEAREST = "Take the nearest multiple"
_SNAP = Template(
    name="snap_to_multiple",
    idea="round a number to a multiple of a step, in one of nine ways",
    space={
        "mode": {
            "down": {
                "index": "$n // $step",
                "rule": "Round down, also below zero: the multiple is the greatest one that is not above the $thing.",
                "rule_again": "It always goes down, to the largest multiple that does not exceed the $thing, for "
                "negative numbers too.",
            },
            "up": {
                "index": "-(-$n // $step)",
                "rule": "Round up, also below zero: the multiple is the smallest one that is not below the $thing.",
                "rule_again": "It always goes up, to the smallest multiple that is at least the $thing, for negative "
                "numbers too.",
            },
            "zero": {
                "index": "min($n // $step, -(-$n // $step), key=abs)",
                "rule": "Round towards zero, whatever the sign.",
                "rule_again": "Of the two multiples around it, the one closer to zero is taken, so that negative "
                "numbers go up.",
            },
            "away": {
                "index": "max($n // $step, -(-$n // $step), key=abs)",
                "rule": "Round away from zero, whatever the sign.",
                "rule_again": "Of the two multiples around it, the one farther from zero is taken, so that negative "
                "numbers go down.",
            },
            "half_up": {
                "index": "($n + $half) // $step",
                "rule": f"{_NEAREST}; halfway between two, take the greater one, for negative numbers too.",
                "rule_again": "It goes to the closest multiple, and from the exact middle between two of them "
                "upwards, also below zero.",
            },
            "half_down": {
                "index": "-(($half - $n) // $step)",
                "rule": f"{_NEAREST}; halfway between two, take the smaller one, for negative numbers too.",
                "rule_again": "It goes to the closest multiple, and from the exact middle between two of them "
                "downwards, also below zero.",
            },
            "half_zero": {
                "index": "min(($n + $half) // $step, -(($half - $n) // $step), key=abs)",
                "rule": f"{_NEAREST}; halfway between two, take the one closer to zero.",
                "rule_again": "It goes to the closest multiple, and from the exact middle between two of them "
                "towards zero.",
            },
            "half_away": {
                "index": "max(($n + $half) // $step, -(($half - $n) // $step), key=abs)",
                "rule": f"{_NEAREST}; halfway between two, take the one farther from zero.",
                "rule_again": "It goes to the closest multiple, and from the exact middle between two of them away "
                "from zero.",
            },
            "half_even": {
                "index": "round(Fraction($n, $step))",
                "imports": "from fractions import Fraction\n\n",
                "rule": f"{_NEAREST}; halfway between two, take the one that is an even number times $step.",
                "rule_again": "It goes to the closest multiple; in the exact middle between two of them, the one "
                "that is $step times an even number wins.",
            },
        },
        "answer": {
            "value": {
                "result": "index * $step",
                "gives": "the rounded $thing",
                "already": "If `$n` is a multiple of $step already, it stays as it is.",
                "already_again": "What is a multiple of $step already does not change.",
                "holds": "result % $step == 0 and abs(result - $n) < $step",
                "flipped": "-index * $step",
            },
            "change": {
                "result": "index * $step - $n",
                "gives": "the rounded $thing minus the original one",
                "already": "For a multiple of $step this is 0, and it is negative where rounding makes the number "
                "smaller.",
                "already_again": "That is 0 if `$n` is a multiple of $step already, and negative where the rounded "
                "$thing is smaller.",
                "holds": "($n + result) % $step == 0 and abs(result) < $step",
                "flipped": "$n - index * $step",
            },
            "index": {
                "result": "index",
                "gives": "the rounded $thing divided by $step, which is a whole number",
                "already": "So $twice gives 2, and 0 gives 0.",
                "already_again": "For example, $twice leads to 2 and 0 leads to 0.",
                "holds": "abs(result * $step - $n) < $step",
                "flipped": "-index",
            },
        },
        "step": (*range(4, 34, 2), 36, 40),
    },
    surface={
        "what": {
            "offset": {"n": "offset", "thing": "offset", "noun": "an offset in millimetres", "things": "offsets"},
            "balance": {"n": "balance", "thing": "balance", "noun": "a balance in cents", "things": "balances"},
            "height": {"n": "height", "thing": "height", "noun": "a height above sea level", "things": "heights"},
            "shift": {"n": "shift", "thing": "shift", "noun": "a shift in seconds", "things": "shifts"},
            "angle": {"n": "angle", "thing": "angle", "noun": "an angle in degrees", "things": "angles"},
        },
        "name": ("snap", "round_to_step", "to_grid", "align", "fit_to_step"),
    },
    derive=lambda values: {
        "half": values["step"] // 2,
        "twice": values["step"] * 2,
        "imports": values.get("imports", ""),
    },
    signature="($n: int) -> int",
    wordings=(
        "`$n` is $noun, a whole number that may be negative. Round it to a multiple of $step and return $gives.",
        "Only multiples of $step are allowed as $things, 0 and negative ones among them. Find out which of them the "
        "whole number `$n` is rounded to; return $gives.",
        "Put $noun on a grid that has a line at every multiple of $step, on both sides of 0. `$n` is a whole number "
        "of either sign. Give back $gives.",
        "Return $gives, where rounding means that the integer `$n`, $noun of either sign, is replaced by a multiple "
        "of $step.",
        "The device at hand takes $things in steps of $step only: ..., -$step, 0, $step, $twice, ... Given any whole "
        "number `$n`, round it to such a step, and answer with $gives.",
    ),
    details={"mode": ("$rule", "$rule_again"), "already": ("$already", "$already_again")},
    reference="""
        ${imports}def $name($n):
            index = $index
            return $result
    """,
    second="""
        def $name($n):
            low = $n
            while low % $step:
                low -= 1
            high = $n if low == $n else low + $step
            near, mode = $n - low, "$mode"
            if mode in ("down", "up"):
                rounded = low if mode == "down" else high
            elif mode in ("zero", "away"):
                outward = high if $n > 0 else low
                rounded = outward if mode == "away" else low + high - outward
            elif near != $half:
                rounded = low if near < $half else high
            elif mode == "half_even":
                rounded = low if low % $twice == 0 else high
            elif mode in ("half_up", "half_down"):
                rounded = high if mode == "half_up" else low
            else:
                rounded = high if ($n > 0) == (mode == "half_away") else low
            return {"value": rounded, "change": rounded - $n, "index": rounded // $step}["$answer"]
    """,
    misreadings=(
        Misreading(kind="rounding", says="mode", choose="mode"),
        Misreading(kind="scope", says="$gives", choose="answer"),
        Misreading(kind="sign", says="already", swap=("return $result", "return $flipped")),
    ),
    inputs=lambda values: (
        mixed(
            integers(
                -5 * values["step"],
                5 * values["step"],
                *range(-values["step"] * 2, values["step"] * 3, values["step"]),
            ),
            one_of(*range(-7 * values["half"], 8 * values["half"], values["half"])),
            integers(-330, 330),
        ),
    ),
    properties=("$holds",),
)

_GROUPS = {
    "divisors": {"n": "number", "things": "divisors", "all_things": "positive divisors of `$n`"},
    "factors": {"n": "value", "things": "factors", "all_things": "positive factors of `$n`"},
    "sizes": {
        "n": "people",
        "things": "group sizes",
        "all_things": "sizes of equal groups that `$n` people can form with nobody left over",
    },
    "rows": {
        "n": "chairs",
        "things": "row lengths",
        "all_things": "lengths that equal rows of `$n` chairs can have with no chair left over",
    },
    "packs": {
        "n": "eggs",
        "things": "box sizes",
        "all_things": "sizes of boxes that `$n` eggs fill exactly, all boxes being of the same size",
    },
}


def _divisors(values: Values) -> dict[str, Any] | None:
    k, kind, own, measure = (values[name] for name in ("k", "kind", "own", "measure"))
    if kind == "below" and k < 4:
        return None  # only 1 is left
    if measure == "largest" and own == "with" and kind in ("above", "multiple"):
        return None  # the number itself, or nothing
    last = "$n + 1" if own == "with" else "$n"
    spans = {"multiple": f"$k, {last}, $k", "other": f"1, {last}", "above": f"{k + 1}, {last}"}
    always = own == "with" and kind in ("other", "below")
    return {
        "span": spans.get(kind, f"1, min($k, {last})"),
        "filter": " and d % $k" if kind == "other" else "",
        "result": "max(found)" if measure == "largest" and always else values["result"],
        "empty": "There always is one, as 1 is among them" if always else "If there are none, return $none",
        "empty_again": "That 1 is among them goes without saying"
        if always
        else "Where nothing is left, return $none",
        "near": {
            "multiple": "$k % d == 0",
            "other": "$k % d != 0",
            "above": "d >= $k",
            "below": "d <= $k",
        }[kind],
    }


_DIVISORS = Template(
    name="some_divisors",
    idea="count, add up, list or pick the divisors of a number that meet a condition",
    space={
        "own": {
            "with": {"itself": "`$n` itself is one of the $things, too", "itself_again": "`$n` itself is included"},
            "without": {
                "itself": "`$n` itself is never one of the $things here, not even if it is 1",
                "itself_again": "leave `$n` itself out in every case",
            },
        },
        "kind": {
            "multiple": {"fits": "d % $k == 0", "cond": "are divisible by $k"},
            "other": {"fits": "d % $k != 0", "cond": "are not divisible by $k"},
            "above": {"fits": "d > $k", "cond": "are greater than $k"},
            "below": {"fits": "d < $k", "cond": "are less than $k"},
        },
        "measure": {
            "count": {
                "result": "len(found)",
                "gives": "how many there are",
                "none": "0",
                "type": "int",
                "holds": "0 <= result <= $n",
            },
            "sum": {
                "result": "sum(found)",
                "gives": "their sum",
                "none": "0",
                "type": "int",
                "holds": "result >= 0",
            },
            "largest": {
                "result": "max(found, default=0)",
                "gives": "the greatest of them",
                "none": "0",
                "type": "int",
                "holds": "result == 0 or $n % result == 0",
            },
            "list": {
                "result": "found",
                "gives": "a list of them, smallest first",
                "none": "an empty list",
                "type": "list[int]",
                "holds": "result == sorted(set(result)) and all($n % d == 0 for d in result)",
            },
        },
        "k": range(2, 15),
    },
    surface={
        "what": _GROUPS,
        "name": ("pick_divisors", "exact_sizes", "fitting_sizes", "even_splits", "divisors_left", "no_remainder"),
    },
    derive=_divisors,
    signature="($n: int) -> $type",
    wordings=(
        "Take the $all_things. Keep only those that $cond and return $gives.",
        "Look at all $all_things; those that $cond count, the others don't. Return $gives.",
        "Which $all_things $cond? Return $gives.",
        "Of the $all_things, we need the ones that $cond. Give back $gives.",
        "Find all $things that $cond, where the $things are the $all_things. The answer is $gives.",
    ),
    details={
        "itself": (
            "`$n` is at least 1; $itself.",
            "The argument is a whole number of 1 or more, and $itself.",
            "Note that $itself. `$n` is never below 1.",
        ),
        "none": (
            "$empty.",
            "$empty_again.",
        ),
    },
    reference="""
        def $name($n):
            found = [d for d in range($span) if $n % d == 0$filter]
            return $result
    """,
    second="""
        def $name($n):
            found, d = set(), 1
            while d * d <= $n:
                if $n % d == 0:
                    found |= {d, $n // d}
                d += 1
            if "$own" == "without":
                found.remove($n)
            kept = sorted(filter(lambda d: $fits, found))
            if "$measure" == "list":
                return kept
            return {"count": len(kept), "sum": sum(kept), "largest": [0, *kept][-1]}["$measure"]
    """,
    misreadings=(
        Misreading(kind="scope", says="itself", choose="own"),
        Misreading(kind="scope", says="$cond", choose="kind"),
        Misreading(
            kind="bounds",
            says="$cond",
            code="""
                def $name($n):
                    found = [d for d in range(1, $n + ("$own" == "with")) if $n % d == 0 and $near]
                    return $result
            """,
        ),
        Misreading(kind="order", says="$gives", choose="measure"),
    ),
    inputs=lambda values: (
        mixed(
            integers(1, 60, values["k"], 2 * values["k"], values["k"] ** 2),
            integers(1, 40).map(lambda count: count * values["k"]),
            one_of(48, 60, 72, 84, 90, 96, 120, 144, 180),
            integers(1, 650),
        ),
    ),
    examples=("1", "2", "$k"),
    properties=("$holds",),
    equivalents=(
        Equivalent("1 -> 2", "the range ends one later, and $n + 1 does not divide $n"),
        Equivalent("$n -> $n - 1", "$n - 1 divides $n only if $n is 2, and 1 is not wanted here"),
    ),
)

_WEIGHTS = {
    " ".join(map(str, weights)): {
        "weights": str(weights),
        "length": len(weights),
        "cycle": ", ".join(map(str, weights * 2)),
    }
    for weights in ((2, 1), (3, 1), (7, 3), (4, 2, 1), (7, 3, 1), (2, 3, 4), (9, 8, 7, 6))
}
_CHECK = Template(
    name="check_number",
    idea="the weighted check number of a code",
    held_out=True,
    space={
        "final": {
            "rest": {
                "check": "total % $modulus",
                "is": "the remainder of the sum when it is divided by $modulus",
                "other": "-total % $modulus",
            },
            "gap": {
                "check": "-total % $modulus",
                "is": "the smallest number from 0 on that makes the sum a multiple of $modulus when it is added",
                "other": "$modulus - total % $modulus",
            },
        },
        "modulus": (7, 8, 9, 10, 11, 12, 13, 17),
        "products": {
            "whole": {
                "term": "product",
                "how": "Products that have two digits are added as they are.",
                "how_again": "A product is added as it is, also where it has two digits.",
            },
            "folded": {
                "term": "product // 10 + product % 10",
                "how": "A product that has two digits counts as the sum of these digits, so 14 counts as 5.",
                "how_again": "Where a product has two digits, these are added to one another first: 27 becomes 9.",
            },
        },
        "side": {
            "right": {"order": "reversed(digits)", "from_side": "rightmost", "other_side": "left"},
            "left": {"order": "digits", "from_side": "leftmost", "other_side": "right"},
        },
        "weighting": _WEIGHTS,
    },
    surface={
        "what": {
            "article": {"code": "article", "thing": "article number"},
            "ticket": {"code": "ticket", "thing": "ticket number"},
            "account": {"code": "account", "thing": "account number"},
            "parcel": {"code": "parcel", "thing": "parcel code"},
            "member": {"code": "member", "thing": "membership number"},
        },
        "name": ("check_number", "control_number", "check_value", "checksum_of", "guard_number"),
    },
    signature="($code: str) -> int | None",
    wordings=(
        "Compute the check number of the $thing `$code`: every digit is multiplied by its weight, the products "
        "are added up, and the check number is $is.",
        "Every $thing is protected by a check number. Multiply each digit by a weight and add the products; "
        "return $is.",
        "Each digit of the $thing `$code` has a weight. Form the sum of digit times weight over all digits. The "
        "result is $is.",
        "Return the check number that goes with the $thing `$code`. It is found from the sum of all digits, each "
        "multiplied by its weight: it is $is.",
    ),
    details={
        "weights": (
            "The weights are $cycle and so on in this cycle, beginning with the $from_side digit.",
            "Starting at the $from_side digit and going to the $other_side, the weights are $cycle and so on in "
            "this cycle.",
            "From the $from_side digit on, the weights $cycle repeat in this order.",
        ),
        "products": ("$how", "$how_again"),
        "hyphens": (
            "Hyphens may stand anywhere; they are skipped and use up no weight.",
            "Skip hyphens, wherever they are, as if they were not there.",
        ),
        "wrong": (
            "If the text has any character other than hyphens and the digits 0 to 9, return None.",
            "The result is None if anything but hyphens and the digits 0 to 9 occurs in it.",
        ),
        "empty": (
            "Without any digits the sum is 0.",
            "If there is no digit, the sum is 0.",
        ),
    },
    reference="""
        def $name($code):
            digits = $code.replace("-", "")
            total = 0
            for place, digit in enumerate($order):
                if digit not in "0123456789":
                    return None
                product = int(digit) * $weights[place % $length]
                total += $term
            return $check
    """,
    second="""
        from itertools import cycle

        def $name($code):
            values = []
            for char in $code:
                value = "0123456789".find(char)
                if value < 0 and char != "-":
                    return None
                values += [value] if value >= 0 else []
            if "$side" == "right":
                values.reverse()
            products = [value * weight for value, weight in zip(values, cycle($weights))]
            if "$products" == "folded":
                products = [sum(map(int, str(product))) for product in products]
            rest = sum(products)
            while rest >= $modulus:
                rest -= $modulus
            return rest if "$final" == "rest" or rest == 0 else $modulus - rest
    """,
    misreadings=(
        Misreading(kind="order", says="weights", choose="side"),
        Misreading(kind="scope", says="products", choose="products"),
        Misreading(kind="bounds", says="$is", swap=("return $check", "return $other")),
        Misreading(kind="spaces", says="hyphens", swap=('.replace("-", "")', '.strip("-")')),
        Misreading(
            kind="types",
            says="wrong",
            swap=("return None", "continue"),
        ),
    ),
    inputs=(mixed(text("0123456789", 0, 7), text("9876543210-7893-", 0, 10), text("4567890123-89-7x ", 0, 7)),),
    examples=("''", "'-'", "'9-87'", "'12a'", "'0'"),
    properties=("result is None or 0 <= result < $modulus", "result is None or not $code.strip('-0123456789')"),
)

_PAIRS = (
    *((6, 9), (9, 12), (12, 15), (9, 15), (8, 12), (10, 15), (12, 16)),
    *((15, 20), (6, 15), (12, 20), (8, 20), (15, 18), (10, 25)),
)
"""No two are coprime, so that some departures never fit; none has 2 as its divisor, so that signs matter."""
_LINES = {
    "buses": ("red", "blue", "the red bus", "the blue bus", "leaves", "a bus", "departure"),
    "ferries": (
        "north",
        "south",
        "the ferry to the north",
        "the ferry to the south",
        "leaves",
        "a ferry",
        "departure",
    ),
    "lamps": ("west", "east", "the western lamp", "the eastern lamp", "flashes", "a lamp", "flash"),
    "bells": ("small", "big", "the small bell", "the big bell", "rings", "a bell", "ring"),
    "pumps": ("left", "right", "the left pump", "the right pump", "starts", "a pump", "start"),
}


def _meeting(values: Values) -> dict[str, Any]:
    a, b = values["a"], values["b"]
    first_a, first_b, one, two, does, any_one, event = _LINES[values["what"]]
    gap = values["gap"]
    minutes = "1 minute" if gap == 1 else f"{gap} minutes"
    return {
        "first_a": f"first_{first_a}",
        "first_b": f"first_{first_b}",
        "gcd": gcd(a, b),
        "cycle": lcm(a, b),
        "before": lcm(a, b) - 1,
        "one": one,
        "two": two,
        "does": does,
        "any_one": any_one,
        "event": event,
        "One": one[0].upper() + one[1:],
        "meets": f"{two} {does} in the same minute" if gap == 0 else f"{two} {does} exactly {minutes} later",
        "shifted": f"$first_b - {gap}" if gap else "$first_b",
        "wrongly": f"$first_b + {gap}" if gap else "$first_b + 1",
    }


def _a_meeting(values: Values) -> tuple[Inputs, ...]:
    a, b, gap = values["a"], values["b"], values["gap"]
    cycle = values["cycle"]
    first = mixed(integers(0, 2 * b, a, gap), integers(0, 3 * cycle // 2, cycle))
    return (first, first, integers(0, 3 * cycle // 2, a, b, a + b))


_MEETING = Template(
    name="next_connection",
    idea="the next minute in which two regular departures fit together",
    held_out=True,
    space={
        "bound": {
            "at": {"begin": "$now", "when": "at or after", "edge": "Minute `$now` itself can be the one."},
            "after": {"begin": "$now + 1", "when": "after", "edge": "Minute `$now` itself is too early."},
        },
        "answer": {
            "minute": {"result": "minute", "gives": "Return that minute", "holds": "result >= $now"},
            "wait": {
                "result": "minute - $now",
                "gives": "Return how many minutes after `$now` that is",
                "holds": "result >= 0",
            },
        },
        "pair": {f"{a} and {b}": {"a": a, "b": b} for a, b in _PAIRS},
        "gap": range(8),
    },
    surface={
        "what": {name: {} for name in _LINES},
        "now": ("now", "earliest", "arrival", "clock"),
        "name": ("next_connection", "first_match", "next_meeting", "fitting_minute", "next_pair"),
    },
    derive=_meeting,
    signature="($first_a: int, $first_b: int, $now: int) -> int | None",
    wordings=(
        "$One $does every $a minutes, for the first time in minute `$first_a`; $two $does every $b minutes, for the "
        "first time in minute `$first_b`. Find the first minute $when `$now` in which $one $does and $meets. $gives.",
        "There are two timetables: $one $does in minute `$first_a` and every $a minutes from then on, $two in minute "
        "`$first_b` and every $b minutes from then on. Look for the earliest minute $when minute `$now` such that "
        "$one $does in it and $meets. $gives.",
        "We wait for a minute in which $one $does and $meets, and want the first one $when `$now`. The former $does "
        "every $a minutes beginning with minute `$first_a`, the latter every $b minutes beginning with minute "
        "`$first_b`. $gives.",
        "Every $a minutes, starting with minute `$first_a`, $one $does. Every $b minutes, starting with minute "
        "`$first_b`, $two $does. What is the first minute $when `$now` in which $one $does so that $meets? $gives.",
    ),
    details={
        "bound": ("$edge",),
        "first": (
            "Before its first time, neither $does.",
            "Neither of them $does any earlier than its first time, even if `$now` is earlier.",
        ),
        "never": (
            "If that never happens, return None.",
            "Where there is no such minute at all, return None.",
        ),
        "numbers": (
            "All three arguments are whole numbers of 0 or more.",
            "No argument is negative.",
            "Minutes are counted from 0 without end; no argument is negative.",
        ),
    },
    reference="""
        def $name($first_a, $first_b, $now):
            start = $shifted
            if (start - $first_a) % $gcd:
                return None
            minute = max($begin, $first_a, start)
            while (minute - $first_a) % $a or (minute - start) % $b:
                minute += 1
            return $result
    """,
    second="""
        def $name($first_a, $first_b, $now):
            turns, odd = divmod($shifted - $first_a, $gcd)
            if odd:
                return None
            step = $b // $gcd
            minute = $first_a + $a * (turns * pow($a // $gcd, -1, step) % step)
            for bound in ($first_a, $shifted, $begin):
                minute += max(0, -((minute - bound) // $cycle)) * $cycle
            return $result
    """,
    misreadings=(
        Misreading(kind="bounds", says="bound", choose="bound"),
        Misreading(kind="scope", says="$gives", choose="answer"),
        Misreading(kind="sign", says="$meets", swap=("start = $shifted", "start = $wrongly")),
        Misreading(kind="bounds", says="first", swap=("minute = max($begin, $first_a, start)", "minute = $begin")),
        Misreading(kind="empty", says="never", swap=("return None", "return -1")),
    ),
    inputs=_a_meeting,
    examples=("0, $gap, $before", "0, $gap, $cycle"),
    properties=("result is None or $holds",),
)

_RATES = {"rising": (12, 17, 23), "falling": (27, 18, 13)}
_METERED = {
    "power": {"n": "kwh", "units": "kilowatt-hours", "using": "using `kwh` kilowatt-hours of power"},
    "pages": {"n": "pages", "units": "pages", "using": "printing `pages` pages"},
    "minutes": {"n": "minutes", "units": "minutes", "using": "a call of `minutes` minutes"},
    "miles": {"n": "miles", "units": "miles", "using": "driving `miles` miles in a hire car"},
    "photos": {"n": "photos", "units": "photos", "using": "storing `photos` photos"},
}


def _tariff(values: Values) -> dict[str, Any]:
    low, rates = values["low"], _RATES[values["rates"]]
    high = 2 * low + 10
    found: dict[str, Any] = dict(zip(("r1", "r2", "r3"), rates, strict=True))
    if values["basis"] == "parts":
        found["tenths"] = (
            f"first = min($n, {low})\nsecond = min(max($n - {low}, 0), {high - low})\nthird = max($n - {high}, 0)\n"
            "tenths = first * $r1 + second * $r2 + third * $r3"
        )
        found["tariff"] = (
            f"The first {low} $units cost $r1 cents per 10, the next {high - low} cost $r2 cents per 10, and all "
            "further ones $r3 cents per 10"
        )
        found["tariff_again"] = (
            f"10 $units cost $r1 cents as far as the first {low} are concerned, $r2 cents in the part from there up "
            f"to {high}, and $r3 cents in the part beyond {high}"
        )
    elif values["basis"] == "lower":
        found["tenths"] = f"rate = $r1 if $n <= {low} else $r2 if $n <= {high} else $r3\ntenths = $n * rate"
        found["tariff"] = (
            f"The total decides on one rate for all $units: $r1 cents per 10 for a total up to and including {low}, "
            f"$r2 cents per 10 for a larger one up to and including {high}, and $r3 cents per 10 for anything larger"
        )
        found["tariff_again"] = (
            f"All $units are charged at one rate, which depends on their number: $r1 cents per 10 for up to {low}, "
            f"$r2 cents per 10 for {low + 1} to {high}, and $r3 cents per 10 for more"
        )
    else:
        found["tenths"] = f"rate = $r1 if $n < {low} else $r2 if $n < {high} else $r3\ntenths = $n * rate"
        found["tariff"] = (
            f"The total decides on one rate for all $units: $r1 cents per 10 for a total below {low}, $r2 cents per "
            f"10 for a total from {low} on but below {high}, and $r3 cents per 10 from {high} on"
        )
        found["tariff_again"] = (
            f"All $units are charged at one rate, which depends on their number: $r1 cents per 10 for fewer than "
            f"{low}, $r2 cents per 10 for {low} to {high - 1}, and $r3 cents per 10 for {high} or more"
        )
    return found | {"high": high}


def _usage(values: Values) -> tuple[Inputs, ...]:
    low, high = values["low"], values["high"]
    around = mixed(
        integers(-3, 2 * high, low, high, 5, 10),
        integers(0, 40),
        integers(0, high + 20, low, high),
        integers(0, 650),
    )
    return (around.plus(low - 1, low, low + 1, high - 1, high, high + 1),)


_CHARGE = Template(
    name="metered_charge",
    idea="what a metered use costs under a tariff with three rates",
    space={
        "low": range(20, 100, 10),
        "rates": {name: {} for name in _RATES},
        "basis": {"parts": {}, "lower": {}, "upper": {}},
        "rounding": {
            "down": {
                "cents": "tenths // 10",
                "how": "rounded down to a whole cent",
                "how_again": "drop any part of a cent",
            },
            "up": {
                "cents": "-(-tenths // 10)",
                "how": "rounded up to a whole cent",
                "how_again": "take a part of a cent as a whole one",
            },
            "half": {
                "cents": "(tenths + 5) // 10",
                "how": "rounded to the nearest cent, half a cent up",
                "how_again": "round to whole cents, half a cent upwards",
            },
        },
        "extra": {
            "none": {
                "result": "$cents",
                "also": "There is no basic fee: 0 $units cost 0 cents.",
                "also_again": "Nothing else is charged, so 0 $units cost nothing.",
                "least": 0,
            },
            "least": {
                "result": "max($cents, 15)",
                "also": "After rounding, a charge below 15 cents is raised to 15, even for 0 $units.",
                "also_again": "The least that is ever charged is 15 cents, also for 0 $units.",
                "least": 15,
            },
            "fee": {
                "result": "$cents + 30",
                "also": "A fee of 30 cents is added in every case, even for 0 $units.",
                "also_again": "On top of that, everyone pays a basic fee of 30 cents, even for 0 $units.",
                "least": 30,
            },
        },
    },
    surface={
        "what": _METERED,
        "name": ("charge", "bill_cents", "price_of_use", "total_cost", "amount_due"),
    },
    derive=_tariff,
    signature="($n: int) -> int",
    wordings=(
        "Work out in cents what $using costs.",
        "Return the price of $using, in cents.",
        "How many cents does $using cost? Return that number.",
        "Compute the charge in cents for $using.",
        "Given a number of $units, return what they cost in cents.",
    ),
    details={
        "tariff": ("$tariff.", "$tariff_again."),
        "share": (
            "Fewer than 10 $units cost their exact share of that, so one costs a tenth.",
            "These rates apply to single $units in proportion: one costs a tenth of the rate.",
        ),
        "rounding": (
            "Only the total is rounded, once: it is $how.",
            "Do not round before the whole sum is known, then $how_again.",
        ),
        "extra": ("$also", "$also_again"),
        "negative": (
            "A negative `$n` raises a `ValueError`.",
            "Raise `ValueError` if `$n` is negative.",
        ),
    },
    raises={"ValueError": "negative"},
    reference="""
        def $name($n):
            if $n < 0:
                raise ValueError("$n must not be negative")
            $tenths
            return $result
    """,
    second="""
        from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

        def $name($n):
            if $n != abs($n):
                raise ValueError($n)
            if "$basis" == "parts":
                bands = (range($low), range($low, $high), range($high, max($n, $high)))
                exact = sum(Decimal(rate) / 10 * len(band[: max(0, $n - band.start)])
                            for band, rate in zip(bands, ($r1, $r2, $r3)))
            else:
                from bisect import bisect_left, bisect_right
                find = bisect_left if "$basis" == "lower" else bisect_right
                exact = Decimal(($r1, $r2, $r3)[find([$low, $high], $n)]) * $n / 10
            modes = {"down": ROUND_FLOOR, "up": ROUND_CEILING, "half": ROUND_HALF_UP}
            cents = int(Decimal(exact).quantize(Decimal(1), rounding=modes["$rounding"]))
            if "$extra" == "fee":
                return 30 + cents
            return 15 if "$extra" == "least" and cents < 15 else cents
    """,
    misreadings=(
        Misreading(kind="rounding", says="rounding", choose="rounding"),
        Misreading(kind="scope", says="tariff", choose="basis"),
        Misreading(kind="empty", says="extra", choose="extra"),
        Misreading(kind="sign", says="negative", swap=('raise ValueError("$n must not be negative")', "return 0")),
    ),
    inputs=_usage,
    properties=("result >= $least",),
)

_SHARED = {
    "vans": {"seats": "vans", "goods": "orders", "place": "depot", "places": "depots"},
    "seats": {"seats": "seats", "goods": "votes", "place": "party", "places": "parties"},
    "teachers": {"seats": "teachers", "goods": "pupils", "place": "school", "places": "schools"},
    "nurses": {"seats": "nurses", "goods": "patients", "place": "ward", "places": "wards"},
    "trams": {"seats": "trams", "goods": "riders", "place": "line", "places": "lines"},
}
_ONE_BY_ONE = """\
if not kept:
    return shares
for _ in range($seats):
    best = max($kept_order, key=lambda i: Fraction($goods[i], $divisor))
    shares[best] += 1"""
_BY_REMAINDER = """\
for i in kept:
    shares[i] = $seats * $goods[i] // pool
left = $seats - sum(shares)
for i in sorted($kept_order, key=lambda i: $seats * $goods[i] % pool, reverse=True)[:left]:
    shares[i] += 1"""


def _share_out(values: Values) -> dict[str, Any]:
    later = values["tie"] == "later"
    if values["method"] == "remainder":
        # Sorting in reverse keeps the order of equals, so it must begin with the ones that win.
        return {
            "give": "pool = sum($goods[i] for i in kept)\n" + _BY_REMAINDER,
            "imports": "",
            "kept_order": "kept[::-1]" if later else "kept",
        }
    return {
        "give": _ONE_BY_ONE,
        "imports": "from fractions import Fraction\n\n\n",
        "kept_order": "reversed(kept)" if later else "kept",
    }


def _crowds(values: Values) -> tuple[Inputs, ...]:
    limit = values["limit"]
    # Of 100 in all, the first has exactly the limit; the last makes up what is missing.
    hundred = lists(integers(0, 34, limit), 1, 4).map(lambda found: [limit, *found])
    hundred = hundred.map(lambda found: [*found, max(0, 100 - sum(found))])
    return (
        mixed(integers(3, 16), integers(0, 9), integers(10, 40), integers(-1, 5)),
        mixed(
            lists(integers(0, 12), 0, 6),
            lists(integers(0, 40, 20), 2, 6),
            lists(integers(24, 48), 3, 3),
            hundred,
            hundred.map(lambda found: found[::-1]),
            hundred.map(lambda found: [2 * found[0] + 1, *(2 * count for count in found[1:-1]), 2 * found[-1] - 1]),
            hundred.map(lambda found: [2 * found[0] - 1, *(2 * count for count in found[1:-1]), 2 * found[-1] + 1]),
            lists(one_of(10, 20, 30), 1, 5),
            lists(integers(-2, 6), 1, 3),
        ),
    )


_APPORTION = Template(
    name="proportional_shares",
    idea="hand out whole things in proportion to counts, with a threshold",
    space={
        "limit": range(4, 38),
        "bound": {
            "in": {
                "op": ">=",
                "few": "less than $limit %",
                "edge": "exactly $limit % is enough",
                "fits": "count and count * 100 >= $limit * total",
            },
            "out": {
                "op": ">",
                "few": "$limit % or less",
                "edge": "exactly $limit % is not enough",
                "fits": "count * 100 > $limit * total",
            },
        },
        "method": {
            "remainder": {
                "rule": "Every $place first gets its exact proportional share of the $seats, rounded down; the "
                "$seats then left go one each to the $places whose shares lost most by that rounding",
                "rule_again": "What a $place would get in exact proportion is rounded down to a whole number at first. "
                "The $seats that remain are handed out one to a $place, in the order of the fractions that were cut off, "
                "largest first",
            },
            "plain": {
                "divisor": "shares[i] + 1",
                "rule": "The $seats are given out one after another, each to the $place with the highest quotient, "
                "which is its $goods divided by one more than the $seats it already has",
                "rule_again": "Again and again, the next one goes to the $place for which $goods / (n + 1) is greatest, "
                "n being the number of $seats it has so far, until all are given out",
            },
            "odd": {
                "divisor": "2 * shares[i] + 1",
                "rule": "The $seats are given out one after another, each to the $place with the highest quotient, "
                "which is its $goods divided by one more than twice the $seats it already has",
                "rule_again": "Again and again, the next one goes to the $place for which $goods / (2n + 1) is "
                "greatest, n being the number of $seats it has so far, until all are given out",
            },
        },
        "tie": {"earlier": {}, "later": {}},
    },
    surface={
        "what": _SHARED,
        "name": ("share_out", "allot", "apportion", "hand_out", "spread_over"),
    },
    derive=_share_out,
    signature="($seats: int, $goods: list[int]) -> list[int]",
    wordings=(
        "Distribute `$seats` $seats among $places in proportion to their $goods. The list `$goods` has the number of "
        "$goods of each $place. Return how many $seats each $place gets, in the same order.",
        "`$goods` lists how many $goods each $place has. Decide how many of the `$seats` $seats every $place gets, "
        "and return these numbers as a list in the order of `$goods`.",
        "Return a list that says how many of `$seats` $seats go to each of several $places, whose numbers of $goods "
        "are in `$goods`, in that order.",
        "We have `$seats` $seats to hand out to the $places; their $goods are counted in `$goods`. The result is a "
        "list with the number of $seats for each $place, in that order.",
    ),
    details={
        "rule": ("$rule.", "$rule_again."),
        "tie": (
            "Of several $places with equal claims, the one that is $tie in the list goes first.",
            "In a tie the $place $tie in the list wins.",
            "Ties are settled in favour of the $place that comes $tie in the list.",
        ),
        "limit": (
            "A $place with $few of all $goods gets no $seats, and its $goods are then left out of account ($edge).",
            "Leave out every $place that has $few of the total $goods: it gets 0, and the others share the $seats as "
            "if it were not there; $edge.",
        ),
        "nobody": (
            "If there are no $goods at all or no $place is big enough, everyone gets 0.",
            "Everyone gets 0 if all of `$goods` are 0 or no $place is big enough. An empty list gives an empty one.",
        ),
        "negative": (
            "A negative number, be it `$seats` or one in the list, raises a `ValueError`.",
            "Raise `ValueError` if `$seats` or any member of `$goods` is negative.",
        ),
    },
    raises={"ValueError": "negative"},
    reference="""
        ${imports}def $name($seats, $goods):
            if $seats < 0 or any(count < 0 for count in $goods):
                raise ValueError("negative numbers can't be shared out")
            total = sum($goods)
            kept = [i for i, count in enumerate($goods) if $fits]
            shares = [0] * len($goods)
            $give
            return shares
    """,
    second="""
        from fractions import Fraction

        def $name($seats, $goods):
            if min([$seats, *$goods]) < 0:
                raise ValueError($seats)
            total = sum($goods)
            big = {i: n for i, n in enumerate($goods) if n > 0 and Fraction(n, total) $op Fraction($limit, 100)}
            turn = -1 if "$tie" == "earlier" else 1
            if "$method" == "remainder":
                exact = {i: Fraction(n * $seats, sum(big.values())) for i, n in big.items()}
                result = {i: int(share) for i, share in exact.items()}
                lost = [(exact[i] - result[i], turn * i) for i in big]
                for _ in range($seats - sum(result.values()) if big else 0):
                    lost.remove(most := max(lost))
                    result[turn * most[1]] += 1
            else:
                step = 1 if "$method" == "plain" else 2
                claims = [(Fraction(n, 1 + step * k), turn * i) for i, n in big.items() for k in range($seats)]
                winners = [turn * i for _, i in sorted(claims)[::-1][:$seats]]
                result = {i: winners.count(i) for i in big}
            return [result.get(i, 0) for i in range(len($goods))]
    """,
    misreadings=(
        Misreading(kind="ties", says="tie", choose="tie"),
        Misreading(kind="bounds", says="limit", choose="bound"),
        Misreading(kind="rounding", says="rule", choose="method"),
        Misreading(
            kind="scope",
            says="limit",
            swap=("if $fits]", "if count]"),
        ),
    ),
    inputs=_crowds,
    examples=("3, [0, 0]", "2, []", "-1, [1, 2]", "4, [3, -1]", "5, [10, 10, 10]", "4, [6, 2, 2]"),
    properties=("len(result) == len($goods)", "sum(result) in (0, $seats)"),
)


def _repay(values: Values) -> dict[str, Any]:
    rate = values["rate"]
    base = "debt" if values["order"] == "interest" else "(debt - paid)"
    cents = {
        "down": f"{base} * {rate} // 100",
        "up": f"-(-{base} * {rate} // 100)",
        "half": f"({base} * {rate} + 50) // 100",
        "even": f"round(Fraction({base} * {rate}, 100))",
    }[values["rounding"]]
    first = values["order"] == "interest"
    limit = "debt + interest" if first else "debt"
    steps = [f"interest = {cents}", f"paid = min($payment, {limit})"]
    whole = [steps[0], "paid = $payment"]
    return {
        "steps": "\n".join(steps if first else steps[::-1]),
        "in_full": "\n".join(whole if first else whole[::-1]),
        "stuck": 100 if first else 100 + rate,
        "imports": "from fractions import Fraction\n\n\n" if values["rounding"] == "even" else "",
    }


def _loans(values: Values) -> tuple[Inputs, ...]:
    rate = values["rate"]
    halves = [debt for debt in range(1200) if debt * rate % 100 in (49, 50, 51)]
    debts = mixed(integers(0, 400, 50, 100), Inputs(one_of(*halves).draw), integers(0, 3000, 0), integers(-2, 3))
    return (debts, mixed(integers(0, 60, rate), integers(1, 400, 50, 100), integers(100, 900)))


_REPAY = Template(
    name="pay_off",
    idea="pay off a debt with rounded interest: how long, how much last, how much interest",
    space={
        "rate": (3, 7, 9, 11, 13, 17, 19, 21, 23, 27, 29, 31, 33, 37, 39, 41, 43),
        "rounding": {
            "down": {"how": "rounded down to a whole cent"},
            "up": {"how": "rounded up to a whole cent"},
            "half": {"how": "rounded to the nearest cent (half a cent goes up)"},
            "even": {"how": "rounded to the nearest cent (half a cent goes to the even one)"},
        },
        "order": {
            "interest": {
                "then": "interest of $rate % of the debt is added to it, then `$payment` cents are paid",
                "story": "first the debt grows by $rate % interest, then a payment of `$payment` cents is made",
            },
            "payment": {
                "then": "`$payment` cents are paid, then interest of $rate % of the remaining debt is added to it",
                "story": "first a payment of `$payment` cents is made, then what remains grows by $rate % interest",
            },
        },
        "answer": {
            "count": {
                "before": "count = 0",
                "each": "count += 1",
                "result": "count",
                "gives": "how many payments it takes until nothing is owed",
                "holds": "0 <= result <= debt",
            },
            "last": {
                "before": "last = 0",
                "each": "last = paid",
                "result": "last",
                "gives": "how many cents the last payment is, after which nothing is owed",
                "holds": "0 <= result <= $payment",
            },
            "interest": {
                "before": "total = 0",
                "each": "total += interest",
                "result": "total",
                "gives": "how many cents of interest are charged in all until nothing is owed",
                "holds": "result >= 0",
            },
        },
    },
    surface={
        "period": ("year", "term", "half-year", "season"),
        "payment": ("payment", "amount", "instalment", "paid_each"),
        "who": ("A loan", "A debt", "A credit", "An overdraft"),
        "told": {"plain": {"happens": "$then"}, "story": {"happens": "$story"}},
        "name": ("pay_off", "settle_debt", "repay", "clear_debt", "work_off"),
    },
    derive=_repay,
    signature="(debt: int, $payment: int) -> int",
    wordings=(
        "$who of `debt` cents is paid off. In every $period, $happens. Return $gives.",
        "Someone owes `debt` cents. What happens in a $period is this: $happens. Return $gives.",
        "`debt` is what is owed, in cents. Each $period, $happens. Work out $gives.",
        "Find out $gives. At the start `debt` cents are owed, and in each $period $happens.",
    ),
    details={
        "rounding": (
            "The interest is $how each time.",
            "Each time, interest is $how before it is added.",
        ),
        "last": (
            "No payment is larger than what is owed at that moment, so the last one may be smaller.",
            "If less than `$payment` cents are owed when it is time to pay, just that much is paid.",
        ),
        "nothing": (
            "With a debt of 0 nothing happens, and the result is 0.",
            "The result is 0 for a debt of 0.",
        ),
        "stuck": (
            "If a $period ends with a debt that is no smaller than at its beginning, raise a `ValueError`.",
            "A `ValueError` is raised as soon as a $period leaves the debt as large as it was before it, or larger.",
        ),
        "numbers": (
            "A `debt` below 0 or `$payment` below 1 raises a `ValueError` in any case.",
            "Numbers that make no sense, `debt` below 0 or `$payment` below 1, lead to a `ValueError`, too, even where "
            "nothing is owed.",
        ),
    },
    raises={"ValueError": "stuck"},
    reference="""
        ${imports}def $name(debt, $payment):
            if debt < 0 or $payment < 1:
                raise ValueError("there is no such debt or payment")
            $before
            while debt:
                $steps
                left = debt + interest - paid
                if left >= debt:
                    raise ValueError("the debt never shrinks")
                debt = left
                $each
            return $result
    """,
    second="""
        from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

        MODES = {"down": ROUND_FLOOR, "up": ROUND_CEILING, "half": ROUND_HALF_UP, "even": ROUND_HALF_EVEN}

        def interest_on(cents):
            return int((Decimal(cents) * $rate / 100).quantize(Decimal(1), rounding=MODES["$rounding"]))

        def schedule(debt, $payment):
            if debt == 0:
                return []
            if "$order" == "interest":
                added = interest_on(debt)
                paid = min(debt + added, $payment)
            else:
                paid = min(debt, $payment)
                added = interest_on(debt - paid)
            if added >= paid:
                raise ValueError(debt)
            return [(paid, added), *schedule(debt + added - paid, $payment)]

        def $name(debt, $payment):
            if min(debt, $payment - 1) < 0:
                raise ValueError($payment)
            rows = schedule(debt, $payment)
            if "$answer" == "count":
                return len(rows)
            return sum(added for _, added in rows) if "$answer" == "interest" else [(0, 0), *rows][-1][0]
    """,
    misreadings=(
        Misreading(kind="rounding", says="rounding", choose="rounding"),
        Misreading(kind="order", says="$happens", choose="order"),
        Misreading(kind="scope", says="$gives", choose="answer"),
        Misreading(kind="bounds", says="stuck", swap=('raise ValueError("the debt never shrinks")', "return 0")),
        Misreading(
            kind="bounds",
            says="last",
            code="""
                ${imports}def $name(debt, $payment):
                    if debt < 0 or $payment < 1:
                        raise ValueError("there is no such debt or payment")
                    $before
                    while debt > 0:
                        $in_full
                        left = debt + interest - paid
                        if left >= debt:
                            raise ValueError("the debt never shrinks")
                        debt = left
                        $each
                    return $result
            """,
        ),
    ),
    inputs=_loans,
    examples=("0, 5", "1, 1", "100, 1", "0, 0", "-1, 3", "$stuck, $rate"),
    properties=("$holds",),
)

TEMPLATES: tuple[Template, ...] = (_SNAP, _DIVISORS, _CHECK, _MEETING, _CHARGE, _APPORTION, _REPAY)
