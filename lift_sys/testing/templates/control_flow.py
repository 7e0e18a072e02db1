"""Control flow: rules with exceptions, loops that stop early, and states that carry over."""

from lift_sys.testing.inputs import booleans, integers, lists, mixed, one_of, text
from lift_sys.testing.template import Equivalent, Misreading, Template


def _enter(wall: str, note: str) -> str:
    """What the reference of `walk_a_row` does at the end of a step."""
    if wall == "wrap":
        return f"cell = target % $cells\n{note}".strip()
    stay = f"if 0 <= target < $cells:\n    cell = target\n    {note}".rstrip()
    return f"{stay}\nelse:\n    step = -step" if wall == "turn" else stay


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="timed_fee",
        idea="a fee by the minute, with free time, a cap and a rule for members",
        space={
            "free": (15, 20, 30, 45),
            "unit": (6, 10, 12, 25),
            "price": (40, 60, 90),
            "base": (50, 100, 150),
            "edge": {
                "in": {"op": "<=", "exactly": "is still free"},
                "out": {"op": "<", "exactly": "already counts as a longer one"},
            },
            "rounding": {
                "started": {"every": "for every $unit minutes or part of them"},
                "full": {"every": "for every full $unit minutes"},
            },
            "counted": {
                "whole": {"span": "$minutes", "over": "the whole $thing, from its first minute on"},
                "beyond": {"span": "($minutes - $limit)", "over": "only what goes beyond the first $start"},
            },
            "rule": {
                "half": {
                    "limit": "$free",
                    "favour": "they pay half of the fee that others would pay, rounded down to a whole cent",
                    "allow": "",
                    "add": "fee = min($base + blocks * $price, $cap)",
                    "back": "return fee // 2 if $member else fee",
                    "uncapped": "$base + blocks * $price",
                },
                "longer": {
                    "limit": "free",
                    "favour": "for them, all that is said here about a limit of $free minutes holds for $twice "
                    "minutes",
                    "allow": "free = $twice if $member else $free",
                    "add": "",
                    "back": "return min($base + blocks * $price, $cap)",
                    "uncapped": "$base + blocks * $price",
                },
                "no_base": {
                    "limit": "$free",
                    "favour": "they do not pay the $base cents",
                    "allow": "",
                    "add": "fee = blocks * $price\nif not $member:\n    fee += $base",
                    "back": "return min(fee, $cap)",
                    "uncapped": "fee",
                },
            },
        },
        surface={
            "what": {
                "parking": {"thing": "stay", "where": "a car park", "member": "resident", "members": "residents"},
                "bikes": {"thing": "ride", "where": "a bike hire", "member": "student", "members": "students"},
                "chargers": {
                    "thing": "session",
                    "where": "a charging station",
                    "member": "member",
                    "members": "members",
                },
                "boats": {"thing": "trip", "where": "a boat hire", "member": "local", "members": "locals"},
                "halls": {"thing": "visit", "where": "a climbing hall", "member": "member", "members": "members"},
            },
            "minutes": ("minutes", "duration", "length"),
            "name": ("fee_in_cents", "fee_for", "price_of", "charge", "cost_in_cents"),
        },
        derive=lambda values: {
            "cap": values["base"]
            + values["price"] // 2
            + values["price"]
            # Where the free minutes are charged as well, the cap is above what they cost.
            * (6 + (values["free"] // values["unit"] if values["counted"] == "whole" else 0)),
            "twice": 2 * values["free"],
            "start": "$free minutes ($twice minutes for $members)" if values["rule"] == "longer" else "$free minutes",
            "blocks": f"-(-{values['span']} // {values['unit']})"
            if values["rounding"] == "started"
            else f"{values['span']} // {values['unit']}",
        },
        signature="($minutes: int, $member: bool) -> int",
        wordings=(
            "Work out what a $thing at $where costs, in cents. `$minutes` is its length in minutes. Less than $free "
            "minutes are free; a longer $thing costs $base cents, plus $price cents $every.",
            "At $where, a $thing that takes less than $free minutes costs nothing. A longer one costs $base cents "
            "and on top of that $price cents $every. Return the fee in cents for a $thing of `$minutes` minutes.",
            "Return the fee, in cents, for `$minutes` minutes at $where: nothing for a $thing shorter than $free "
            "minutes, otherwise a fixed $base cents and a further $price cents $every.",
            "The tariff of $where has two parts: $base cents for the $thing as such, and $price cents $every. But a "
            "$thing of less than $free minutes is free. How many cents does one of `$minutes` minutes cost?",
            "How much is a $thing of `$minutes` minutes at $where, in cents? The rules: under $free minutes it is "
            "free; above that, it costs $base cents, and another $price cents $every.",
        ),
        details={
            "edge": (
                "A $thing of exactly $free minutes $exactly.",
                "One that takes exactly $free minutes $exactly.",
                "At $free minutes sharp, a $thing $exactly.",
            ),
            "over": (
                "The time that these $price cents are charged for is $over.",
                "What is charged at $price cents is $over.",
                "To find how often the $price cents are due, take $over.",
            ),
            "cap": (
                "No $thing costs more than $cap cents.",
                "The whole fee is $cap cents at most.",
                "Whatever comes to more than $cap cents costs $cap cents.",
            ),
            "rule": (
                "There are other terms for $members, that is, if `$member` is true: $favour.",
                "One thing is different for $members (`$member` is true): $favour.",
            ),
            "domain": ("`$minutes` is never negative.", "`$minutes` is 0 or more."),
        },
        reference="""
            def $name($minutes, $member):
                $allow
                if $minutes $op $limit:
                    return 0
                blocks = $blocks
                $add
                $back
        """,
        second="""
            def $name($minutes, $member):
                free = $twice if $member and "$rule" == "longer" else $free
                if $minutes < free or ($minutes == free and "$edge" == "in"):
                    return 0
                cents = 0 if $member and "$rule" == "no_base" else $base
                clock = free if "$counted" == "beyond" else 0
                while clock + ($unit if "$rounding" == "full" else 1) <= $minutes:
                    clock += $unit
                    cents += $price
                    if cents > $cap:
                        cents = $cap
                return cents // 2 if $member and "$rule" == "half" else cents
        """,
        misreadings=(
            Misreading(kind="bounds", says="edge", choose="edge"),
            Misreading(kind="rounding", says="$every", choose="rounding"),
            Misreading(kind="scope", says="over", choose="counted"),
            Misreading(kind="scope", says="rule", choose="rule"),
            Misreading(kind="bounds", says="cap", swap=("min($uncapped, $cap)", "$uncapped")),
        ),
        inputs=lambda values: (
            integers(
                0,
                400,
                values["free"],
                values["twice"],
                values["free"] + values["unit"],
                values["free"] + 6 * values["unit"],
            ),
            booleans(),
        ),
        properties=("0 <= result <= $cap",),
    ),
    Template(
        name="size_class",
        idea="one of three classes from two measures and a flag",
        space={
            "light": range(200, 1000, 50),
            "short": range(20, 65, 5),
            "edge": {
                "in": {"under": "<=", "over": ">", "exactly": "under"},
                "out": {"under": "<", "over": ">=", "exactly": "over"},
            },
            "join": {
                "both": {
                    "word": "and",
                    "fits": "$weight $under $limit and $length $under $short",
                    "clash": "Every other $thing is $large.",
                },
                "heavy_wins": {
                    "word": "or",
                    "fits": "$weight $under $limit or $length $under $short",
                    "clash": "A $thing to which both apply is $huge, one to which neither applies is $large.",
                },
                "small_wins": {
                    "word": "or",
                    "fits": "$weight $under $limit or $length $under $short",
                    "clash": "A $thing to which both apply is $small, one to which neither applies is $large.",
                },
            },
            "care": {
                "bigger": {
                    "limit": "$light",
                    "allow": "",
                    "if_small": "$large if $flag else $small",
                    "if_large": "$large",
                    "caution": "A $flag $thing that would be $small by these rules is $large instead.",
                },
                "huge": {
                    "limit": "$light",
                    "allow": "",
                    "if_small": "$small",
                    "if_large": "$huge if $flag else $large",
                    "caution": "A $flag $thing that would be $large by these rules is $huge instead.",
                },
                "half": {
                    "limit": "limit",
                    "allow": "limit = $half if $flag else $light",
                    "if_small": "$small",
                    "if_large": "$large",
                    "caution": "For a $flag $thing the limit of $light grams is lowered to $half grams.",
                },
            },
        },
        surface={
            "what": {
                "parcels": {
                    "thing": "parcel",
                    "flag": "fragile",
                    "small": '"small"',
                    "large": '"large"',
                    "huge": '"freight"',
                },
                "bags": {"thing": "bag", "flag": "soaked", "small": '"cabin"', "large": '"hold"', "huge": '"cargo"'},
                "crates": {
                    "thing": "crate",
                    "flag": "leaking",
                    "small": '"shelf"',
                    "large": '"floor"',
                    "huge": '"yard"',
                },
                "boxes": {"thing": "box", "flag": "dented", "small": '"A"', "large": '"B"', "huge": '"C"'},
                "logs": {"thing": "log", "flag": "wet", "small": '"stove"', "large": '"shed"', "huge": '"mill"'},
            },
            "weight": ("grams", "weight", "mass"),
            "length": ("length", "centimetres", "span"),
            "name": ("size_class", "class_of", "sort_into", "category", "where_to"),
        },
        derive=lambda values: {
            "half": values["light"] // 2,
            "heavy": values["light"] * 4,
            "checks": "if $fits:\n    return $if_small\nif $weight $over $heavy:\n    return $huge"
            if values["join"] == "small_wins"
            else "if $weight $over $heavy:\n    return $huge\nif $fits:\n    return $if_small",
        },
        signature="($weight: int, $length: int, $flag: bool) -> str",
        wordings=(
            "Sort a $thing by its weight in grams (`$weight`) and its length in centimetres (`$length`). The answer "
            "is $small if it weighs under $light grams $word is under $short centimetres long, and $huge if it "
            "weighs over $heavy grams.",
            "Return the class of a $thing that weighs `$weight` grams and is `$length` centimetres long. It is "
            "$small with a weight under $light grams $word a length under $short centimetres; with a weight over "
            "$heavy grams it is $huge.",
            "Each $thing belongs to one of three classes: $small, $large or $huge. A weight over $heavy grams makes "
            "it $huge. A weight under $light grams $word a length under $short centimetres makes it $small. Say "
            "which class it is, given `$weight` (in grams) and `$length` (in centimetres).",
            "Where does a $thing of `$weight` grams and `$length` centimetres go? To $huge if it is over $heavy "
            "grams in weight. To $small if it is under $light grams in weight $word under $short centimetres in "
            "length.",
        ),
        details={
            "clash": ("$clash",),
            "care": ("$caution", "One more rule: `$flag` says whether the $thing is $flag. $caution"),
            "edge": (
                "What equals a limit counts as $exactly it.",
                "A weight or length that is exactly at a limit counts as $exactly it.",
                "Where a weight or length is equal to its limit, it counts as $exactly that limit.",
            ),
        },
        reference="""
            def $name($weight, $length, $flag):
                $allow
                $checks
                return $if_large
        """,
        second="""
            def $name($weight, $length, $flag):
                extra = 1 if "$edge" == "in" else 0
                light = $half if $flag and "$care" == "half" else $light
                signs = [$weight in range(light + extra), $length in range($short + extra)]
                small = all(signs) if "$join" == "both" else any(signs)
                heavy = $weight not in range($heavy + extra)
                if small and heavy:
                    small = "$join" == "small_wins"
                place = 0 if small else 2 if heavy else 1
                if $flag and place == {"bigger": 0, "huge": 1, "half": None}["$care"]:
                    place += 1
                return [$small, $large, $huge][place]
        """,
        misreadings=(
            Misreading(kind="bounds", says="edge", choose="edge"),
            Misreading(kind="scope", says="clash", choose="join"),
            Misreading(kind="scope", says="care", choose="care"),
        ),
        inputs=lambda values: (
            integers(0, 5 * values["light"], values["light"], values["half"], values["heavy"]),
            integers(0, 80, values["short"]),
            booleans(),
        ),
        properties=("result in ($small, $large, $huge)",),
    ),
    Template(
        name="pay_in_order",
        idea="claims paid in turn from a pot that must not fall below a reserve",
        space={
            "cap": range(20, 60, 4),
            "keep": range(5, 35, 5),
            "large": {
                "cut": {
                    "limit": "amount = min(amount, $cap)",
                    "treated": "is treated as one for exactly $cap",
                },
                "refused": {
                    "limit": "if amount > $cap:\n    continue",
                    "treated": "is turned down at once: it gets nothing, and the next one is looked at",
                },
            },
            "lack": {
                "skip": {
                    "short": "if left - amount < $keep:\n    continue",
                    "reserve": "< $keep",
                    "no_reserve": "< 0",
                    "then": "gets nothing, and the next one is looked at",
                },
                "stop": {
                    "short": "if left - amount < $keep:\n    break",
                    "reserve": "< $keep",
                    "no_reserve": "< 0",
                    "then": "gets nothing, and neither does any after it",
                },
                "part": {
                    "reserve": "left - $keep",
                    "no_reserve": "left",
                    "then": "gets as much as there is above $keep, if anything",
                },
            },
            "answer": {
                "positions": {
                    "returns": "list[int]",
                    "asked": "a list of the positions, counted from 0, of the $claims that get anything",
                    "each": "place, amount in enumerate($xs)",
                    "begin": "paid = []",
                    "note": "paid.append(place)",
                    "back": "paid",
                    "part": "amount = min(amount, left - $keep)\nif amount <= 0:\n    break",
                },
                "left": {
                    "returns": "int",
                    "asked": "how much is left at the end",
                    "each": "amount in $xs",
                    "begin": "",
                    "note": "",
                    "back": "left",
                    "part": "amount = max(min(amount, left - $keep), 0)",
                },
                "unpaid": {
                    "returns": "int",
                    "asked": "how many $claims get nothing at all",
                    "each": "amount in $xs",
                    "begin": "unpaid = len($xs)",
                    "note": "unpaid -= 1",
                    "back": "unpaid",
                    "part": "amount = min(amount, left - $keep)\nif amount <= 0:\n    break",
                },
            },
        },
        surface={
            "what": {
                "fund": {"pot": "fund", "xs": "claims", "claim": "claim", "claims": "claims"},
                "budget": {"pot": "budget", "xs": "requests", "claim": "request", "claims": "requests"},
                "purse": {"pot": "purse", "xs": "bills", "claim": "bill", "claims": "bills"},
                "wallet": {"pot": "wallet", "xs": "debts", "claim": "debt", "claims": "debts"},
                "cashbox": {"pot": "cashbox", "xs": "refunds", "claim": "refund", "claims": "refunds"},
            },
            "enough": ("at least $keep", "no less than $keep"),
            "name": ("settle", "pay_out", "pay_in_order", "serve_all", "hand_out"),
        },
        derive=lambda values: {"short": values["part"]} if values["lack"] == "part" else {},
        signature="($pot: int, $xs: list[int]) -> $returns",
        wordings=(
            "`$pot` is the money in a $pot, and `$xs` are the sums of $claims that are paid from it in the order of "
            "the list. A $claim is paid in full if $enough remain in the $pot after it. Return $asked.",
            "Go through `$xs`, a list of sums, in the order of the list and pay each $claim from a $pot that holds "
            "`$pot` at first, provided that $enough stay in it. The result is $asked.",
            "A $pot holds `$pot` and must still hold $enough after every payment. Take the $claims in `$xs` in "
            "the order of the list, and pay each one that this rule allows. Return $asked.",
            "Given what a $pot holds and the sums of the $claims on it, find $asked. The $claims are met in the "
            "order of the list; a payment must leave $enough in the $pot.",
        ),
        details={
            "large": (
                "A $claim for more than $cap $treated.",
                "However much money there is, a $claim for more than $cap $treated.",
            ),
            "lack": (
                "A $claim for which there is too little money $then.",
                "Where the money does not suffice for a $claim, it $then.",
            ),
            "domain": (
                "Every $claim is for 1 or more, and the $pot never starts below 0, though it may start below $keep.",
                "`$pot` is 0 or more, perhaps less than $keep; all $claims are for at least 1.",
            ),
        },
        reference="""
            def $name($pot, $xs):
                left = $pot
                $begin
                for $each:
                    $limit
                    $short
                    left -= amount
                    $note
                return $back
        """,
        second="""
            def $name($pot, $xs):
                def grants(free, sums):
                    if not sums:
                        return []
                    first, rest = sums[0], sums[1:]
                    if first > $cap:
                        if "$large" == "refused":
                            return [0, *grants(free, rest)]
                        first = $cap
                    if first <= free:
                        return [first, *grants(free - first, rest)]
                    if "$lack" == "skip":
                        return [0, *grants(free, rest)]
                    return [free if "$lack" == "part" else 0] + [0] * len(rest)

                given = grants(max($pot - $keep, 0), $xs)
                if "$answer" == "left":
                    return $pot - sum(given)
                if "$answer" == "unpaid":
                    return given.count(0)
                return [place for place, sum_ in enumerate(given) if sum_]
        """,
        misreadings=(
            Misreading(kind="scope", says="large", choose="large"),
            Misreading(kind="scope", says="lack", choose="lack"),
            Misreading(kind="bounds", says="$enough", swap=("$reserve", "$no_reserve")),
            Misreading(
                kind="order",
                says="in the order of the list",
                swap=("left = $pot", "left = $pot\n    $xs = sorted($xs)"),
            ),
        ),
        inputs=lambda values: (
            integers(0, 220, values["keep"], values["keep"] + values["cap"]),
            lists(integers(1, values["cap"] + 12, 1, 5, values["cap"]), 0, 9),
        ),
        equivalents=(
            Equivalent("break -> continue", "once nothing is left above the reserve, no later one can get anything"),
        ),
    ),
    Template(
        name="two_limit_switch",
        idea="a switch with two limits that rests after each change",
        space={
            "low": range(10, 30),
            "gap": (3, 4),
            "side": {
                "below": {
                    "rise": "value $lt $low",
                    "fall": "value $gt $high",
                    "when_on": "below $low",
                    "when_off": "above $high",
                },
                "above": {
                    "rise": "value $gt $high",
                    "fall": "value $lt $low",
                    "when_on": "above $high",
                    "when_off": "below $low",
                },
            },
            "edge": {
                "in": {"lt": "<=", "gt": ">=", "exactly": "has the same effect as one beyond it"},
                "out": {"lt": "<", "gt": ">", "exactly": "changes nothing"},
            },
            "rest": (1, 2, 3),
            "start": {"off": {"first": "False"}, "on": {"first": "True"}},
            "answer": {
                "states": {
                    "returns": "list[bool]",
                    "asked": "a list that tells for each $reading whether the $device is on right after it",
                    "begin": "states = []",
                    "count": "",
                    "note": "states.append(on)",
                    "back": "states",
                },
                "total": {
                    "returns": "int",
                    "asked": "the number of $readings right after which the $device is on",
                    "begin": "total = 0",
                    "count": "",
                    "note": "if on:\n    total += 1",
                    "back": "total",
                },
                "starts": {
                    "returns": "int",
                    "asked": "how many times a $reading switches the $device on",
                    "begin": "starts = 0",
                    "count": "starts += 1",
                    "note": "",
                    "back": "starts",
                },
            },
        },
        surface={
            "what": {
                "pump": {"device": "pump", "reading": "level", "readings": "levels", "xs": "levels"},
                "valve": {"device": "valve", "reading": "pressure", "readings": "pressures", "xs": "pressures"},
                "lamp": {"device": "lamp", "reading": "reading", "readings": "readings", "xs": "readings"},
                "fan": {"device": "fan", "reading": "temperature", "readings": "temperatures", "xs": "temps"},
                "motor": {"device": "motor", "reading": "speed", "readings": "speeds", "xs": "speeds"},
            },
            "name": ("switch_states", "run_control", "watch_levels", "follow_limits", "regulate"),
        },
        derive=lambda values: {
            "high": values["low"] + values["gap"],
            "next": "the next $reading" if values["rest"] == 1 else "the next $rest $readings",
        },
        signature="($xs: list[int]) -> $returns",
        wordings=(
            "`$xs` holds $readings in the order in which they come. A $device is switched on by a $reading $when_on "
            "and switched off by one $when_off. Return $asked.",
            "A $device goes on at a $reading $when_on, and goes off at a $reading $when_off. Follow it through "
            "`$xs`, in order, and return $asked.",
            "Given the successive $readings in `$xs`, find $asked. It turns on as soon as one is $when_on and off "
            "as soon as one is $when_off.",
            "Two limits govern a $device: while it is off, a $reading $when_on switches it on; while it is on, a "
            "$reading $when_off switches it off. Take the $readings in `$xs` one by one and return $asked.",
        ),
        details={
            "edge": (
                "A $reading exactly at a limit $exactly.",
                "One that equals the limit $exactly.",
            ),
            "rest": (
                "After each change, on or off, $next cannot change it, whatever the value.",
                "Whenever it has been switched on or off, it ignores $next.",
            ),
            "start": (
                "Before the first $reading the $device is $start, and the first one may change that.",
                "It is $start at the beginning; even the first $reading may change that.",
            ),
        },
        reference="""
            def $name($xs):
                on = $first
                rest = 0
                $begin
                for value in $xs:
                    if rest:
                        rest -= 1
                    elif not on and $rise:
                        on = True
                        rest = $rest
                        $count
                    elif on and $fall:
                        on = False
                        rest = $rest
                    $note
                return $back
        """,
        second="""
            def $name($xs):
                states = []
                on, starts = $first, 0
                while len(states) < len($xs):
                    value = $xs[len(states)]
                    if $fall if on else $rise:
                        on = not on
                        starts += on
                        states += [on] * $rest
                    states.append(on)
                states = states[: len($xs)]
                return {"states": states, "total": states.count(True), "starts": starts}["$answer"]
        """,
        misreadings=(
            Misreading(kind="bounds", says="edge", choose="edge"),
            Misreading(kind="bounds", says="rest", choose="rest"),
            Misreading(kind="scope", says="start", choose="start"),
            Misreading(
                kind="scope",
                says="rest",
                swap=("on = False\n            rest = $rest", "on = False"),
            ),
        ),
        inputs=lambda values: (
            lists(
                mixed(
                    integers(values["low"] - 2, values["high"] + 2, values["low"], values["high"]),
                    one_of(values["low"] - 1, values["high"] + 1),
                ),
                0,
                20,
            ),
        ),
        properties=("(len(result) if isinstance(result, list) else result) <= len($xs)",),
        held_out=True,
    ),
    Template(
        name="days_supplied",
        idea="for how many days a stock lasts that is used up and refilled",
        space={
            "use": range(3, 10),
            "every": range(3, 7),
            "refill": (10, 11, 13),
            "order": {
                "morning": {
                    "when": "before anything is used on that day",
                    "early": "if day % $every == 0:\n    $stock += $refill",
                    "late": "",
                },
                "evening": {
                    "when": "after that day's use",
                    "early": "",
                    "late": "if day % $every == 0:\n    $stock += $refill",
                },
            },
            "growth": {
                "same": {
                    "begin": "",
                    "need": "$use",
                    "more": "",
                    "needed": "Every day takes exactly $use $units.",
                    "demand": "$use * day",
                },
                "rising": {
                    "begin": "need = $use",
                    "need": "need",
                    "more": "need += 1",
                    "needed": "The first day takes $use $units, and each day takes one $unit more than the day "
                    "before.",
                    "demand": "$use * day + day * (day - 1) // 2",
                },
            },
            "last": {
                "whole": {
                    "days": "day - 1",
                    "then": "A day for which the stock does not suffice is not counted, even if something is left",
                },
                "partly": {
                    "days": "day if $stock > 0 else day - 1",
                    "then": "A day for which the stock does not suffice is counted too if anything is left for it",
                },
            },
        },
        surface={
            "what": {
                "tank": {"stock": "litres", "unit": "litre", "units": "litres", "place": "tank"},
                "pantry": {"stock": "tins", "unit": "tin", "units": "tins", "place": "pantry"},
                "silo": {"stock": "sacks", "unit": "sack", "units": "sacks", "place": "silo"},
                "shed": {"stock": "logs", "unit": "log", "units": "logs", "place": "shed"},
                "drawer": {"stock": "candles", "unit": "candle", "units": "candles", "place": "drawer"},
            },
            "name": ("days_supplied", "days_until_short", "how_long", "supply_days", "days_it_lasts"),
        },
        derive=lambda values: (
            None
            if values["growth"] == "same" and values["refill"] >= values["use"] * values["every"]
            else {
                "nth": {3: "third", 4: "fourth", 5: "fifth", 6: "sixth"}[values["every"]],
                "twice": 2 * values["every"],
            }
        ),
        signature="($stock: int) -> int",
        wordings=(
            "A $place holds `$stock` $units, from which some are taken every day. On every $nth day (the $nth, the "
            "next $every days later, and so on), $refill $units are added, $when. For how many days does it last?",
            "Return the number of days for which the `$stock` $units in a $place are enough. Each day uses some, and "
            "on every day whose number is a multiple of $every, $refill more come in, $when.",
            "Count the days until a $place runs short that starts with `$stock` $units. Day $every, day $twice and "
            "so on, every $every days, bring $refill $units, $when.",
            "How many days can be supplied from a $place with `$stock` $units in it? The days have numbers: on those "
            "that $every divides, $refill $units are put in, $when.",
        ),
        details={
            "first": ("The first day is day 1.", "Days are counted from 1."),
            "needed": ("$needed",),
            "last": (
                "$then, and it is the end: no later day counts.",
                "$then. Nothing counts after such a day.",
            ),
            "domain": ("`$stock` is never negative.", "`$stock` is 0 or more."),
        },
        reference="""
            from itertools import count

            def $name($stock):
                $begin
                for day in count(1):
                    $early
                    if $stock < $need:
                        return $days
                    $stock -= $need
                    $more
                    $late
        """,
        second="""
            def $name($stock):
                def supply(day):
                    return $stock + $refill * ((day if "$order" == "morning" else day - 1) // $every)

                def demand(day):
                    return $demand

                day = 1
                while supply(day) >= demand(day):
                    day += 1
                partly = "$last" == "partly" and supply(day) > demand(day - 1)
                return day if partly else day - 1
        """,
        misreadings=(
            Misreading(kind="order", says="$when", choose="order"),
            Misreading(kind="bounds", says="last", choose="last"),
            Misreading(kind="scope", says="needed", choose="growth"),
            Misreading(kind="bounds", says="first", swap=("count(1)", "count(0)")),
        ),
        inputs=(integers(0, 650, 3, 10, 20, 30, 40),),
        properties=("result >= 0",),
    ),
    Template(
        name="walk_a_row",
        idea="a walk along a row of cells by letters, with a rule for its ends",
        space={
            "cells": range(4, 21),
            "start": {
                "low": {"begin_at": "0", "begins": "in cell 0"},
                "high": {"begin_at": "$top", "begins": "in cell $top"},
            },
            "wall": {
                "stay": {"beyond": "is not made, and nothing else happens"},
                "turn": {"beyond": "is not made; instead the $mover turns round on the spot"},
                "wrap": {"beyond": "leads to the cell at the other end"},
            },
            "other": {
                "skip": {"leave": "continue", "unknown": "is passed over"},
                "halt": {"leave": "break", "unknown": "ends the walk at once"},
            },
            "answer": {
                "cell": {
                    "begin": "",
                    "note": "",
                    "back": "cell",
                    "asked": "the number of the cell in which the $mover ends up",
                },
                "cells": {
                    "begin": "visited = {cell}",
                    "note": "visited.add(cell)",
                    "back": "len(visited)",
                    "asked": "the number of different cells in which the $mover has been, the first and the last "
                    "included",
                },
                "steps": {
                    "begin": "steps = 0",
                    "note": "steps += 1",
                    "back": "steps",
                    "asked": "the number of steps that are really made",
                },
            },
        },
        surface={
            "what": {
                "robot": {"mover": "robot", "moves": "commands", "ahead": "F", "back_off": "B", "round": "T"},
                "beetle": {"mover": "beetle", "moves": "walk", "ahead": "G", "back_off": "R", "round": "U"},
                "token": {"mover": "token", "moves": "moves", "ahead": "A", "back_off": "Z", "round": "X"},
                "crab": {"mover": "crab", "moves": "track", "ahead": "S", "back_off": "B", "round": "C"},
                "cart": {"mover": "cart", "moves": "orders", "ahead": "D", "back_off": "R", "round": "T"},
            },
            "name": ("walk_row", "follow", "run_moves", "walk_along", "step_through"),
        },
        derive=lambda values: (
            None
            if values["wall"] == "wrap" and values["answer"] != "cell"
            else {"top": values["cells"] - 1, "enter": _enter(values["wall"], values["note"])}
        ),
        signature="($moves: str) -> int",
        wordings=(
            "A $mover stands on a row of $cells cells, numbered 0 to $top. It obeys the letters of `$moves` one "
            'after the other: "$ahead" is a step to the next cell in the direction that it faces, "$back_off" a step '
            'backwards, without turning, and "$round" makes it turn round. Return $asked.',
            'Each letter of `$moves` moves a $mover on a row of cells with the numbers 0 to $top. "$ahead": one cell '
            'ahead, as it faces; "$back_off": one cell back, still facing the same way; "$round": about face, in '
            "the same cell. Find $asked.",
            "Read the string `$moves` from left to right as orders to a $mover on a strip of $cells cells (0 to "
            '$top): step ahead for "$ahead", step backwards for "$back_off" (it keeps facing the way it did), and '
            'turn to face the other way for "$round". What is wanted is $asked.',
            "Return $asked. The $mover lives on a line of $cells cells, the first numbered 0 and the last $top, and "
            '`$moves` says what it does: a letter "$ahead" is a step forward and "$back_off" a step back, seen '
            'from the way it faces, while "$round" reverses the way it faces.',
        ),
        details={
            "start": (
                "It starts $begins and faces the cells with higher numbers.",
                "At first it is $begins, facing towards higher numbers.",
            ),
            "wall": (
                "A step that would leave the row $beyond.",
                "If a step would lead off either end, it $beyond.",
            ),
            "other": (
                "Any other character, a lower-case letter too, $unknown.",
                "A character that is none of these three, such as one in lower case, $unknown.",
            ),
        },
        reference="""
            def $name($moves):
                cell, step = $begin_at, 1
                $begin
                for letter in $moves:
                    if letter == "$ahead":
                        target = cell + step
                    elif letter == "$back_off":
                        target = cell - step
                    elif letter == "$round":
                        step = -step
                        continue
                    else:
                        $leave
                    $enter
                return $back
        """,
        second="""
            import re

            def $name($moves):
                known = "[$ahead$back_off$round]"
                if "$other" == "halt":
                    letters = re.match(known + "*", $moves).group()
                else:
                    letters = re.findall(known, $moves)
                path, facing = [$begin_at], 1
                for letter in letters:
                    if letter == "$round":
                        facing *= -1
                        continue
                    place = path[-1] + {"$ahead": 1, "$back_off": -1}[letter] * facing
                    if place in range($cells):
                        path.append(place)
                    elif "$wall" == "wrap":
                        path.append(0 if place == $cells else $top)
                    elif "$wall" == "turn":
                        facing *= -1
                return {"cell": path[-1], "cells": len(set(path)), "steps": len(path) - 1}["$answer"]
        """,
        misreadings=(
            Misreading(kind="bounds", says="wall", choose="wall"),
            Misreading(kind="scope", says="other", choose="other"),
            Misreading(kind="case", says="other", swap=("for letter in $moves:", "for letter in $moves.upper():")),
            Misreading(kind="order", says="start", choose="start"),
        ),
        inputs=lambda values: (
            mixed(
                text(values["ahead"] * 5 + values["back_off"] * 2 + values["round"] * 2, 0, 30),
                text(values["ahead"] * 4 + values["back_off"] * 4 + values["round"], 0, 24),
                text(values["ahead"] * 4 + values["round"] * 2 + values["back_off"] + values["ahead"].lower(), 0, 16),
                text(values["ahead"] + values["back_off"] + values["round"] + values["round"].lower() + " ?", 0, 9),
            ).plus(
                values["ahead"] * values["cells"],
                values["ahead"] * (values["cells"] - 1),
                values["ahead"] * (values["cells"] - 2),
                values["back_off"] * values["cells"],
            ),
        ),
        properties=("0 <= result",),
    ),
    Template(
        name="dice_race",
        idea="two pieces race along a track by dice, and may meet",
        space={
            "goal": range(8, 25),
            "over": {
                "stay": {
                    "land": "if field > $goal:\n    field = fields[turn]",
                    "beyond": "is lost, and the $piece stays where it is",
                },
                "bounce": {
                    "land": "field = $goal - abs($goal - field)",
                    "beyond": "moves the $piece to $goal and back again by the rest of the roll, which does not count "
                    "as getting there",
                },
                "home": {"land": "field = min(field, $goal)", "beyond": "takes the $piece to $goal all the same"},
            },
            "again": {
                "six": {
                    "turns": "if roll != 6:\n    turn = 1 - turn",
                    "repeat": "After a 6 the same player rolls again, whatever came of it",
                },
                "one": {
                    "turns": "if roll != 1:\n    turn = 1 - turn",
                    "repeat": "After a 1 the same player rolls again, whatever came of it",
                },
                "never": {"turns": "turn = 1 - turn", "repeat": "They always alternate, after a 6 as well"},
            },
            "meet": {
                "other_back": {
                    "clash": "if field == fields[1 - turn]:\n    fields[1 - turn] = 0",
                    "met": "the one that was there first goes back to field 0",
                },
                "mover_back": {
                    "clash": "if field == fields[1 - turn]:\n    fields[turn] = 0",
                    "met": "the one that has just come goes back to field 0",
                },
                "share": {"clash": "", "met": "nothing happens, and both stay there"},
            },
            "answer": {
                "fields": {
                    "returns": "tuple[int, int]",
                    "asked": "the fields of both at the end, the first player's before the second's, as a tuple",
                    "back": "fields[0], fields[1]",
                    "won": "",
                    "over_now": "if field == $goal:\n    break",
                },
                "winner": {
                    "returns": "int",
                    "asked": "1 or 2, for the player who got to field $goal, or 0 if nobody did",
                    "back": "0",
                    "won": "if field == $goal:\n    return turn + 1",
                    "over_now": "",
                },
            },
        },
        surface={
            "what": {
                "pawns": {"piece": "pawn", "pieces": "pawns"},
                "horses": {"piece": "horse", "pieces": "horses"},
                "boats": {"piece": "boat", "pieces": "boats"},
                "snails": {"piece": "snail", "pieces": "snails"},
            },
            "rolls": ("rolls", "dice", "throws"),
            "name": ("race", "play_race", "run_race", "dice_race", "follow_game"),
        },
        signature="($rolls: list[int]) -> $returns",
        wordings=(
            "Two players race their $pieces from field 0 to field $goal. `$rolls` lists what the die shows, from 1 "
            "to 6, roll after roll; the first player begins and they take turns, and each roll moves the $piece of "
            "the player whose turn it is by so many fields. Return $asked.",
            "In a race for two, each player has a $piece on field 0, and field $goal is the finish. The rolls of the "
            "die (1 to 6) are given in order in `$rolls`. Beginning with the first player, the players take turns, "
            "and the one who rolls moves that many fields ahead. What is asked for is $asked.",
            "Play the game that `$rolls` records, a list of numbers from 1 to 6: two $pieces start at field 0 and "
            "move by turns, the first player's at first, each time as many fields as the next number says. The goal "
            "is field $goal. Return $asked.",
            "`$rolls` holds the rolls of a die in a game of two players, who roll in turn; the first player starts. "
            "Their $pieces begin on field 0, advance by what is rolled, and want to get to field $goal. Give back "
            "$asked.",
        ),
        details={
            "over": (
                "A roll that would carry a $piece beyond $goal $beyond.",
                "A roll that is higher than what is needed to get to $goal $beyond.",
            ),
            "again": ("$repeat.",),
            "meet": (
                "If a $piece ends its move on the field where the other one is, $met.",
                "When a move ends on the other $piece's field, $met.",
            ),
            "end": (
                "The game is over as soon as one of them ends its move on $goal; rolls after that do not count. The rolls may "
                "also run out earlier.",
                "Once a $piece has ended its move on $goal, the remaining rolls are not played; there may also be too few rolls "
                "for anyone to get there.",
            ),
        },
        reference="""
            def $name($rolls):
                fields = [0, 0]
                turn = 0
                for roll in $rolls:
                    field = fields[turn] + roll
                    $land
                    $won
                    fields[turn] = field
                    $clash
                    $turns
                    $over_now
                return $back
        """,
        second="""
            def $name($rolls):
                def play(mine, other, first, left):
                    if not left or $goal in (mine, other):
                        return (mine, other) if first else (other, mine)
                    roll, *later = left
                    missing = $goal - mine - roll
                    if missing >= 0:
                        mine += roll
                    elif "$over" != "stay":
                        mine = $goal + (missing if "$over" == "bounce" else 0)
                    if mine == other and "$meet" == "other_back":
                        other = 0
                    elif mine == other and "$meet" == "mover_back":
                        mine = 0
                    if roll == {"six": 6, "one": 1, "never": 0}["$again"]:
                        return play(mine, other, first, later)
                    return play(other, mine, not first, later)

                one, two = play(0, 0, True, $rolls)
                return (one, two) if "$answer" == "fields" else (one == $goal) + 2 * (two == $goal)
        """,
        misreadings=(
            Misreading(kind="bounds", says="over", choose="over"),
            Misreading(kind="repeats", says="again", choose="again"),
            Misreading(kind="ties", says="meet", choose="meet"),
        ),
        inputs=lambda values: (lists(integers(1, 6), 0, max(10, values["goal"])),),
        held_out=True,
    ),
)
