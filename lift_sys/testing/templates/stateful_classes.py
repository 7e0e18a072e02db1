"""Stateful classes: what an object remembers between calls."""

from __future__ import annotations

from typing import Any

from lift_sys.testing.inputs import Inputs, distinct, integers, lists, mixed, one_of, tuples
from lift_sys.testing.template import Misreading, Template, Values

ORDINALS = {2: "second", 3: "third", 4: "fourth"}


def _call(method: str, *arguments: Inputs) -> Inputs:
    """A step: the name of a method and its arguments."""
    return tuples(one_of(method), tuples(*arguments))


def _one(method: str, *arguments: Inputs) -> Inputs:
    """A list of one step."""
    return _call(method, *arguments).map(lambda step: [step])


def _joined(*parts: Inputs) -> Inputs:
    """One list of several lists of steps, one after another."""
    return tuples(*parts).map(lambda several: [step for part in several for step in part])


def _recent(values: Values) -> dict[str, Any] | None:
    """The pieces of `recent_values`; none where the rule for the beginning makes no difference."""
    size, found, bad = values["size"], values["found"], values["bad"]
    if (size, values["asked"], values["early"], bad) == (2, "spread", "zero", "zero"):
        return None
    if values["early"] == "so_far":
        answer = f"return {found}" if bad == "zero" else f"return {found} if self.values else None"
    else:
        answer = f"if len(self.values) < {size}:\n    return {values['nothing']}\nreturn {found}"
    none_left = bad != "zero" and values["early"] == "so_far"
    return {
        "answer": answer,
        "returns": "int | None" if values["early"] == "None" or none_left else "int",
        "or_none": ", and without any the answer is `None`" if none_left else "",
        "or_none_2": "; if it has none at all, the answer is `None`" if none_left else "",
    }


def _limited(values: Values) -> dict[str, Any]:
    """The pieces of `rate_limit`."""
    rule, limit, span = values["rule"], values["limit"], values["span"]
    told, start = values["answer"] == "bool", values["edge"] == "in"
    no, fold = ("False" if told else "-1"), ("user = user.casefold()\n" if values["case"] == "same" else "")
    if rule in ("passed", "made"):
        held = f"time for time in self.past.get(user, []) if at - time {'<=' if start else '<'} {span}"
        if rule == "passed":
            allow = f"recent = [{held}]\nself.past[user] = recent\nif len(recent) == {limit}:\n    return {no}\n"
            allow += "recent.append(at)\nreturn " + ("True" if told else f"{limit} - len(recent)")
        else:
            allow = f"recent = [{held}]\nrecent.append(at)\nself.past[user] = recent\nreturn "
            allow += f"len(recent) <= {limit}" if told else f"max({limit} - len(recent), -1)"
        kept = "past"
    elif rule == "opened":
        late = f"if at - opened {'>' if start else '>='} {span}:\n    opened"
        if told:
            allow = f"opened, count = self.periods.get(user, (at, 0))\n{late}, count = at, 0\nif count == {limit}:\n"
            allow += "    return False\nself.periods[user] = (opened, count + 1)\nreturn True"
        else:
            allow = f"opened, left = self.periods.get(user, (at, {limit}))\n{late}, left = at, {limit}\n"
            allow += "self.periods[user] = (opened, max(left - 1, 0))\nreturn left - 1"
        kept = "periods"
    else:
        kept = "counts" if told else "left"
        allow = f"period = {f'(at + {span - 1})' if start else 'at'} // {span}\n"
        if told:
            allow += f"count = self.counts.get((user, period), 0)\nif count == {limit}:\n    return False\n"
            allow += "self.counts[user, period] = count + 1\nreturn True"
        else:
            allow += f"left = self.left.get((user, period), {limit}) - 1\n"
            allow += "self.left[user, period] = max(left, 0)\nreturn left"
    return {"allow": fold + allow, "kept": kept}


def _requests(values: Values) -> Inputs:
    """Steps whose times never decrease."""

    def timed(rows: list[tuple[str, int]]) -> list[tuple[str, tuple[str, int]]]:
        at, steps = 0, []
        for user, gap in rows:
            at += gap
            steps.append(("allow", (user, at)))
        return steps

    span = values["span"]
    user = one_of("ann", "ann", "ann", "Ann", "bob")
    return mixed(
        lists(tuples(user, integers(0, 3)), 3, 11).map(timed),
        lists(tuples(user, mixed(integers(0, 2), one_of(span - 1, span, span + 1, span // 2))), 2, 11).map(timed),
    )


def _slots(values: Values) -> dict[str, Any]:
    """The pieces of `numbered_slots`."""
    first, last = values["first"], values["first"] + values["size"] - 1
    numbers = f"range({last}, {first - 1}, -1)" if values["policy"] == "newest" else f"range({first}, {last + 1})"
    back = "self.free.append(number)\nreturn len(self.free)"
    if values["wrong"] == "raise":
        give = f"if not {first} <= number <= {last} or number in self.free:\n"
        give += f'    raise ValueError("this $thing is not in use")\n{back}'
    else:
        give = f"if {first} <= number <= {last} and number not in self.free:\n    self.free.append(number)\n"
        give += "return len(self.free)"
    return {"last": last, "numbers": numbers, "give": give}


def _cache(values: Values) -> dict[str, Any]:
    """The pieces of `small_cache`."""
    capacity, rule, named = values["capacity"], values["rule"], values["back"] == "dropped"
    put = "dropped = None\n" if named else ""
    if rule in ("written", "used"):
        put += f"self.entries.pop(key, None)\nif len(self.entries) == {capacity}:\n"
    else:
        put += f"if key not in self.entries and len(self.entries) == {capacity}:\n"
    if named:
        put += "    dropped = next(iter(self.entries))\n    del self.entries[dropped]\n"
    else:
        put += "    del self.entries[next(iter(self.entries))]\n"
    put += f"self.entries[key] = [value, {values['reads']}]\nreturn {'dropped' if named else 'len(self.entries)'}"
    if rule in ("used", "read"):
        get = "entry = self.entries.pop(key)\nentry[1] -= 1\nif entry[1] > 0:\n    self.entries[key] = entry"
    else:
        get = "entry = self.entries[key]\nentry[1] -= 1\nif entry[1] == 0:\n    del self.entries[key]"
    guard = "" if values["miss"] == "raise" else f"if key not in self.entries:\n    {values['none']}"
    return {"put": put, "get": f"{get}\nreturn entry[0]", "guard": guard, "ordinal": ORDINALS[values["reads"]]}


def _playlist(values: Values) -> dict[str, Any]:
    """The pieces of `moving_list`."""
    full = f"len(self.items) == {values['limit']}"
    return {
        "refused": full if values["twice"] == "yes" else f"$thing in self.items or {full}",
        "stay": "Otherwise the current one stays the same.",
    }


def _moves(values: Values) -> tuple[Inputs, Inputs]:
    """What `moving_list` starts with, often full or empty, and its steps."""
    limit = values["limit"]
    starts = mixed(
        *[(distinct if values["twice"] == "no" else lists)(one_of(*"abcdefghi"), 0, limit + 1)] * 3,
        one_of(*(list("abcdefghi"[:size]) for size in (limit, limit - 1, limit + 1, 0))),
    )
    add = _call("add", one_of(*"abcdxyz"))
    step = _call("step", integers(-4, 5, 1))
    remove = _call("remove", one_of(*"abcdefghx"[: limit + 2]))
    steps = mixed(
        *[lists(mixed(step, step, add, add, remove, remove, remove, _call("current")), 1, 9)] * 3,
        tuples(step, add, add, step, remove).map(list),
        tuples(*(_call("step", integers(*ends)) for ends in ((1, 3), (-3, -1), (-1, 2))), remove).map(list),
        *[tuples(_call("step", integers(1, 2)), _call("remove", one_of("a"))).map(list)] * 2,
    )
    return starts.map(lambda found: (found,)), steps


def _undo(values: Values) -> dict[str, Any]:
    """The pieces of `undo_text`."""
    grouped, counted = values["group"] == "row", values["same"] == "counts"
    saved = "self._save()"
    if grouped:
        write = "if not self.writing:" if counted else "if text and not self.writing:"
        write += f"\n    {saved}\n    self.writing = True"
    else:
        write = saved if counted else f"if text:\n    {saved}"
    stop = "self.writing = False\n" if grouped else ""
    erase = stop
    if values["short"] == "raise":
        erase += 'if count > len(self.text):\n    raise ValueError("there is not so much text")\n'
    size = "len(self.text) - count" if values["short"] == "raise" else "max(len(self.text) - count, 0)"
    kept = f"self.text[: {size}]" if values["side"] == "end" else "self.text[count:]"
    if counted:
        erase += f"{saved}\nself.text = {kept}"
    else:
        erase += f"kept = {kept}\nif kept != self.text:\n    {saved}\nself.text = kept"
    step = "self.future.append(self.text)\n    self.text = self.past.pop()"
    undo = stop
    if values["many"] == "all":
        undo += f"for _ in range(min(times, len(self.past))):\n    {step}"
    elif values["many"] == "none":
        step = step.replace("\n    ", "\n        ")
        undo += f"if times <= len(self.past):\n    for _ in range(times):\n        {step}"
    else:
        undo += 'if times > len(self.past):\n    raise IndexError("there are not so many changes")\n'
        undo += f"for _ in range(times):\n    {step}"
    return {
        "write": write,
        "erase": erase,
        "undo": undo,
        "stop": stop.strip(),
        "flag": stop.strip(),
        "last": "the last change" if values["depth"] == 1 else f"the last {values['depth']} changes",
    }


def _step(keys: int) -> Inputs:
    """A step of `small_cache` with one of so many keys."""
    key = one_of(*"abcdef"[:keys])
    return mixed(_call("put", key, integers(1, 9)), *[_call("get", key)] * 2)


def _worn(reads: int) -> Inputs:
    """A value of `small_cache` that is read about as often as it can be."""
    read = lists(_call("get", one_of("a")), reads - 1, reads + 1)
    return _joined(_one("put", one_of("a"), integers(1, 9)), read, lists(_step(2), 0, 2))


def _edit(depth: int) -> Inputs:
    """A step of `undo_text`; only `write` and `erase` where the depth is 0."""
    parts = [
        _call("write", one_of("a", "b", "cd", "efg", "")),
        _call("write", one_of("x", "yz")),
        _call("erase", integers(0, 3, 1)),
    ]
    if depth:
        parts += [_call("erase", integers(0, 6)), _call("undo", integers(0, depth + 1, 1)), _call("redo")]
    return mixed(*parts)


TEMPLATES: tuple[Template, ...] = (
    Template(
        name="bounded_counter",
        idea="a counter between two limits that saturates, wraps round or refuses",
        space={
            "top": range(3, 38),
            "low": (0, 1),
            "beyond": {
                "saturate": {
                    "up": "self.value = min($top, self.value + amount)",
                    "other_up": "self.value += amount\nif self.value > $top:\n    self.value = $top",
                    "then": "stops at $top",
                },
                "wrap": {
                    "up": "self.value = $wrapped",
                    "other_up": "for _ in range(amount):\n    self.value += 1\n    if self.value > $top:\n"
                    "        self.value = $low",
                    "then": "goes on from $low again, so that $low follows $top",
                },
                "refuse": {
                    "up": "if self.value + amount <= $top:\n    self.value += amount",
                    "other_up": "self.value += amount if amount <= $top - self.value else 0",
                    "then": "does not move at all in that call",
                },
            },
            "reset": {
                "low": {"back": "$low", "back_words": "$low", "keep": ""},
                "start": {
                    "back": "self.start",
                    "back_words": "the value it was made with",
                    "keep": "self.start = start",
                },
            },
        },
        surface={
            "what": {
                "gauge": {"name": "Gauge", "thing": "gauge"},
                "dial": {"name": "Dial", "thing": "dial"},
                "meter": {"name": "Meter", "thing": "meter"},
                "counter": {"name": "Counter", "thing": "counter"},
            },
        },
        derive=lambda values: {
            "wrapped": f"(self.value + amount) % {values['top'] + 1}"
            if values["low"] == 0
            else f"(self.value - 1 + amount) % {values['top']} + 1"
        },
        signature="(start: int)",
        methods=("advance(self, amount: int) -> int", "reset(self) -> int"),
        wordings=(
            "A $thing shows a whole number from $low to $top. `advance` moves it up by `amount` and returns the "
            "number it shows then; `reset` brings it back to $back_words and returns that.",
            "Model a $thing with the positions $low to $top. Calling `advance` adds `amount` to the position, "
            "`reset` returns it to $back_words; both give back the new position.",
            "The $thing counts from $low to $top, both included. `advance(amount)` counts on, `reset()` sets it to "
            "$back_words, and each returns the number that is shown afterwards.",
        ),
        details={
            "beyond": ("Where that would pass $top, the $thing $then.", "A $thing that would go beyond $top $then."),
            "start": (
                "It starts at `start`; a `start` outside $low to $top raises a `ValueError`.",
                "`start` is where it begins, and must lie between $low and $top, else the constructor raises "
                "`ValueError`.",
            ),
            "amount": ("`amount` is never negative.", "`amount` is 0 or more."),
        },
        raises={"ValueError": "start"},
        reference="""
            class $name:
                def __init__(self, start):
                    if not $low <= start <= $top:
                        raise ValueError("start is out of range")
                    $keep
                    self.value = start

                def advance(self, amount):
                    $up
                    return self.value

                def reset(self):
                    self.value = $back
                    return self.value
        """,
        second="""
            class $name:
                def __init__(self, start):
                    if start not in range($low, $top + 1):
                        raise ValueError(start)
                    self.value = start
                    $keep

                def advance(self, amount):
                    $other_up
                    return self.value

                def reset(self):
                    self.value = $back
                    return $back
        """,
        misreadings=(
            Misreading(kind="bounds", says="beyond", choose="beyond"),
            Misreading(kind="scope", says="$back_words", choose="reset"),
            Misreading(kind="bounds", says="start", swap=("$low <= start <= $top", "$low <= start < $top")),
            Misreading(
                kind="empty", says="start", swap=('raise ValueError("start is out of range")', "start = $low")
            ),
        ),
        inputs=lambda values: (
            tuples(integers(-1, values["top"] + 2, values["top"], values["low"])),
            lists(
                mixed(
                    tuples(one_of("advance"), tuples(integers(0, 6, 1))),
                    tuples(one_of("advance"), tuples(integers(0, 2 * values["top"], values["top"]))),
                    tuples(one_of("reset"), tuples()),
                ),
                1,
                6,
            ),
        ),
    ),
    Template(
        name="recent_values",
        idea="a number about the last few values, with rules for the beginning and for faulty ones",
        space={
            "size": range(2, 11),
            "asked": {
                "largest": {"found": "max(self.values)", "asked_words": "the largest"},
                "smallest": {"found": "min(self.values)", "asked_words": "the smallest"},
                "sum": {"found": "sum(self.values)", "asked_words": "the sum"},
                "mean": {
                    "found": "sum(self.values) // len(self.values)",
                    "asked_words": "the mean (rounded down to a whole number)",
                },
                "spread": {
                    "found": "max(self.values) - min(self.values)",
                    "asked_words": "the spread (the largest minus the smallest)",
                },
            },
            "early": {
                "None": {
                    "nothing": "None",
                    "until": "As long as it has fewer than $size $things, the answer is `None`.",
                    "until_2": "`add` returns `None` until there are $size of them.",
                },
                "zero": {
                    "nothing": "0",
                    "until": "As long as it has fewer than $size $things, the answer is 0.",
                    "until_2": "`add` returns 0 until there are $size of them.",
                },
                "so_far": {
                    "nothing": "",
                    "until": "As long as it has fewer than $size $things, the answer is about those that it "
                    "has$or_none.",
                    "until_2": "While there are fewer than $size of them, it takes what there is$or_none_2.",
                },
            },
            "bad": {
                "ignore": {
                    "keep": "if value >= 0:\n    self.values.append(value)",
                    "faulty": "A negative $thing is ignored: nothing changes, and `add` answers from what is there.",
                    "faulty_2": "A negative $thing is not kept, and the answer is as if it had not come.",
                },
                "zero": {
                    "keep": "self.values.append(max(value, 0))",
                    "faulty": "A negative $thing counts as 0.",
                    "faulty_2": "In place of a negative $thing, a 0 is kept.",
                },
                "restart": {
                    "keep": "if value < 0:\n    self.values.clear()\nelse:\n    self.values.append(value)",
                    "faulty": "A negative $thing makes it forget all it has, and is not kept itself; `add` then answers "
                    "from what is left, that is, from nothing.",
                    "faulty_2": "When a negative $thing comes, that one and all before it are forgotten, and the answer "
                    "is that for no $things at all.",
                },
            },
        },
        surface={
            "what": {
                "readings": {"thing": "reading", "things": "readings"},
                "prices": {"thing": "price", "things": "prices"},
                "delays": {"thing": "delay", "things": "delays"},
                "scores": {"thing": "score", "things": "scores"},
                "counts": {"thing": "count", "things": "counts"},
            },
            "name": ("Recent", "LastFew", "Window", "Tail", "Monitor"),
        },
        derive=_recent,
        signature="()",
        methods=("add(self, value: int) -> $returns", "clear(self) -> int"),
        wordings=(
            "An object remembers the last $size $things. `add` takes a new one and returns $asked_words of the last $size, "
            "that one included. `clear` forgets them all and returns how many it had.",
            "An object watches a series of $things and keeps the $size latest: each call of `add` hands it one and gives "
            "back $asked_words of those, while `clear` forgets them and tells how many they were.",
            "An object is told one $thing after another by `add`, keeps no more than the $size newest, and answers each "
            "time with $asked_words of these $size. `clear` forgets what is kept and returns how many that was.",
            "Of a stream of $things, only the $size most recent matter. `add(value)` returns $asked_words of those, "
            "where `value` is the newest; `clear` forgets all that came before it and returns how many it remembered.",
        ),
        details={
            "early": ("$until", "$until_2"),
            "bad": ("$faulty", "$faulty_2"),
        },
        reference="""
            from collections import deque

            class $name:
                def __init__(self):
                    self.values = deque(maxlen=$size)

                def add(self, value):
                    $keep
                    $answer

                def clear(self):
                    count = len(self.values)
                    self.values.clear()
                    return count
        """,
        second="""
            class $name:
                def __init__(self):
                    self.all = []

                def add(self, value):
                    if value >= 0:
                        self.all = [*self.all, value]
                    elif "$bad" == "zero":
                        self.all = [*self.all, 0]
                    elif "$bad" == "restart":
                        self.all = []
                    last = sorted(self.all[-$size:])
                    if len(last) != $size and "$early" != "so_far":
                        return 0 if "$early" == "zero" else None
                    if not last:
                        return None
                    total = 0
                    for one in last:
                        total += one
                    answers = {"largest": last[-1], "smallest": last[0], "spread": last[-1] - last[0]}
                    return {**answers, "sum": total, "mean": int(total / len(last))}["$asked"]

                def clear(self):
                    count, self.all = min(len(self.all), $size), []
                    return count
        """,
        misreadings=(
            Misreading(kind="sign", says="bad", choose="bad"),
            Misreading(kind="empty", says="early", choose="early"),
            Misreading(kind="bounds", says="$size", choose="size"),
            Misreading(
                kind="scope",
                says="`clear` forgets",
                swap=("self.values.clear()\n        return", "return"),
            ),
        ),
        inputs=lambda values: (
            tuples(),
            mixed(
                lists(_call("add", integers(-1, 9, 4)), 1, values["size"] + 3),
                lists(_call("add", integers(-3, 0)), values["size"], values["size"] + 2),
                lists(
                    mixed(
                        *[_call("add", integers(0, 9))] * 5,
                        _call("add", integers(-3, 12, 0)),
                        _call("clear"),
                    ),
                    2,
                    values["size"] + 5,
                ),
            ),
        ),
    ),
    Template(
        name="rate_limit",
        idea="which requests are let through, with so many allowed in a time",
        space={
            "limit": range(2, 5),
            "span": range(4, 11),
            "rule": {
                "passed": {
                    "told": "A $deed is let through if, in the $span seconds up to it, fewer than $limit $deeds of the "
                    "same $who were let through; refused ones do not matter.",
                    "told_2": "It counts how many $deeds of that $who were let through in the last $span seconds (those "
                    "refused are not counted), and lets one more through if there were fewer than $limit.",
                },
                "made": {
                    "told": "A $deed is let through if, in the $span seconds up to it, the same $who made fewer than "
                    "$limit other $deeds, whether those were let through or refused.",
                    "told_2": "It counts how many $deeds that $who made before in the last $span seconds, refused ones "
                    "included, and lets this one through if there were fewer than $limit.",
                },
                "opened": {
                    "told": "The first $deed of a $who opens a period of $span seconds, in which $limit $deeds of that "
                    "$who are let through, the first included; the next $deed after the period opens another one.",
                    "told_2": "For each $who, a period of $span seconds begins with the first $deed, and with the first "
                    "one after the end of the period before. In each period the first $limit $deeds are let through.",
                },
                "clock": {
                    "told": "Time falls into periods of $span seconds, beginning with second 0; in each of them, the "
                    "first $limit $deeds of a $who are let through.",
                    "told_2": "At second 0 and at every multiple of $span a new period begins for all, and each $who has "
                    "$limit $deeds let through in a period, the first ones.",
                },
            },
            "edge": {"in": {}, "out": {}},
            "case": {
                "same": {"names": "`Ann` and `ann` are the same $who: letter case makes no difference."},
                "apart": {"names": "Letter case matters: `Ann` and `ann` are two different ${who}s."},
            },
            "answer": {
                "bool": {"returns": "bool", "back": "tells whether the $deed is let through"},
                "left": {
                    "returns": "int",
                    "back": "returns how many more $deeds of the same $who would be let through at this very moment, or "
                    "-1 if this one is refused",
                },
            },
        },
        surface={
            "what": {
                "requests": {"who": "user", "deed": "request", "deeds": "requests"},
                "calls": {"who": "client", "deed": "call", "deeds": "calls"},
                "messages": {"who": "sender", "deed": "message", "deeds": "messages"},
                "logins": {"who": "member", "deed": "login", "deeds": "logins"},
            },
            "name": ("Limiter", "Throttle", "Gate", "Quota", "Doorman"),
        },
        derive=lambda values: (
            _limited(values)
            | {
                "exactly": {
                    "in": {
                        "passed": "One exactly $span seconds earlier still counts.",
                        "made": "One exactly $span seconds earlier still counts.",
                        "opened": "A $deed exactly $span seconds after the one that opened a period belongs to it.",
                        "clock": "A $deed at exactly a multiple of $span belongs to the period that ends there (so second "
                        "0 is a period of its own).",
                    },
                    "out": {
                        "passed": "One exactly $span seconds earlier does not count any more.",
                        "made": "One exactly $span seconds earlier does not count any more.",
                        "opened": "A $deed exactly $span seconds after the one that opened a period is no longer part "
                        "of it.",
                        "clock": "A $deed at exactly a multiple of $span belongs to the period that begins there.",
                    },
                }[values["edge"]][values["rule"]]
            }
        ),
        signature="()",
        methods=("allow(self, user: str, at: int) -> $returns",),
        wordings=(
            "No $who may make more than a certain number of $deeds within a certain time. `allow` is called for each $deed, made by "
            "`user` in the second `at`, and $back.",
            "Each call of `allow` stands for one $deed by a $who named `user` in the second `at`. It $back.",
            "Keep ${who}s from making too many $deeds. For a $deed of `user` in second `at`, `allow` $back.",
            "The class decides about $deeds one by one: `allow(user, at)` is for one that `user` makes in second `at`, "
            "and $back.",
        ),
        details={
            "rule": ("$told", "$told_2"),
            "edge": ("$exactly",),
            "case": ("$names",),
            "order": (
                "`at` is 0 or more and never smaller than in the call before; it may be the same.",
                "The values of `at` never decrease from call to call, but may repeat, and start at 0 or later.",
            ),
        },
        reference="""
            class $name:
                def __init__(self):
                    self.$kept = {}

                def allow(self, user, at):
                    $allow
        """,
        second="""
            class $name:
                def __init__(self):
                    self.log = []

                def allow(self, user, at):
                    if "$case" == "same":
                        user = user.upper()
                    reach = $span + ("$edge" == "in")
                    mine = [(time, passed) for name, time, passed in self.log if name == user]
                    if "$rule" == "passed":
                        count = len([time for time, passed in mine if passed and time + reach > at])
                    elif "$rule" == "made":
                        count = len([time for time, _ in mine if time + reach > at])
                    elif "$rule" == "opened":
                        begin, count = -2 * reach, 0
                        for time in [*(time for time, _ in mine), at]:
                            if time >= begin + reach:
                                begin, count = time, -1
                            count += 1
                    else:
                        shift = 1 if "$edge" == "in" else 0
                        count = sum((time - shift) // $span == (at - shift) // $span for time, _ in mine)
                    passed = count < $limit
                    self.log.append((user, at, passed))
                    if "$answer" == "bool":
                        return passed
                    return $limit - count - 1 if passed else -1
        """,
        misreadings=(
            Misreading(kind="scope", says="rule", choose="rule"),
            Misreading(kind="bounds", says="edge", choose="edge"),
            Misreading(kind="case", says="case", choose="case"),
        ),
        inputs=lambda values: (tuples(), _requests(values)),
        held_out=True,
    ),
    Template(
        name="numbered_slots",
        idea="things with numbers that are handed out, claimed and given back",
        space={
            "size": range(2, 7),
            "first": (0, 1, 5, 10),
            "policy": {
                "lowest": {
                    "take": "number = min(self.free)\nself.free.remove(number)\nreturn number",
                    "chosen": "`take` hands out the free $thing with the lowest number",
                    "chosen_2": "Of the free $things, `take` chooses the one with the lowest number",
                },
                "highest": {
                    "take": "number = max(self.free)\nself.free.remove(number)\nreturn number",
                    "chosen": "`take` hands out the free $thing with the highest number",
                    "chosen_2": "Of the free $things, `take` chooses the one with the highest number",
                },
                "oldest": {
                    "take": "return self.free.pop(0)",
                    "chosen": "`take` hands out those never used so far first, lowest number first, and then the one that "
                    "was given back longest ago",
                    "chosen_2": "Free $things wait in line for `take`: at the beginning all of them in ascending order, "
                    "and whichever is given back goes to the end of the line",
                },
                "newest": {
                    "take": "return self.free.pop()",
                    "chosen": "`take` hands out the free $thing that was given back last; those never used so far come "
                    "after all of these, lowest number first",
                    "chosen_2": "Free $things lie on a pile for `take`, which takes from the top: at the beginning all of "
                    "them with the lowest number on top, and whichever is given back goes on top",
                },
            },
            "full": {
                "None": {"none": "return None", "then": "it returns `None`", "returns": "int | None"},
                "minus": {"none": "return -1", "then": "it returns -1", "returns": "int"},
                "raise": {
                    "none": 'raise LookupError("no $thing is free")',
                    "then": "it raises a `LookupError`",
                    "returns": "int",
                },
            },
            "wrong": {
                "same": {"odd": "changes nothing, and the number of free $things is returned as ever"},
                "raise": {"odd": "raises a `ValueError`"},
            },
        },
        surface={
            "what": {
                "lockers": {"thing": "locker", "things": "lockers"},
                "tables": {"thing": "table", "things": "tables"},
                "bikes": {"thing": "bike", "things": "bikes"},
                "rooms": {"thing": "room", "things": "rooms"},
                "lines": {"thing": "line", "things": "lines"},
            },
            "name": ("Pool", "Desk", "Allocator", "Keeper", "Rental"),
        },
        derive=_slots,
        signature="()",
        methods=("take(self) -> $returns", "claim(self, number: int) -> bool", "give_back(self, number: int) -> int"),
        wordings=(
            "There are $size $things, numbered from $first to $last, all free at first. `take` hands out a free one and "
            "returns its number, `claim` asks for a certain one and tells whether it got it, and `give_back` makes one "
            "free again and returns how many are free then.",
            "An object looks after the $things $first to $last, none of which is in use at the beginning. With `take` one gets "
            "the number of a free $thing, with `claim` the $thing `number` itself if it is free (the result says whether "
            "it was), and `give_back` returns how many are free once `number` is free again.",
            "Keep track of which of $size $things, with the numbers $first to $last, are in use; in the beginning, none "
            "are. `take()` picks a free one for use and returns its number; `claim(number)` puts that very one to use "
            "and returns whether that was possible; `give_back(number)` ends its use and returns the number of free "
            "$things.",
        ),
        details={
            "policy": ("$chosen.", "$chosen_2."),
            "full": ("If none is free, $then.", "Where there is no free one left for `take`, $then."),
            "claim": (
                "A `claim` for a $thing that is in use or does not exist changes nothing and returns `False`.",
                "`claim` returns `False`, and does nothing, if the $thing is in use or there is no such number.",
            ),
            "wrong": (
                "Giving back a $thing that is not in use, or a number that does not exist, $odd.",
                "`give_back` with the number of a free $thing, or of none at all, $odd.",
            ),
        },
        reference="""
            class $name:
                def __init__(self):
                    self.free = list($numbers)

                def take(self):
                    if not self.free:
                        $none
                    $take

                def claim(self, number):
                    if number not in self.free:
                        return False
                    self.free.remove(number)
                    return True

                def give_back(self, number):
                    $give
        """,
        second="""
            class $name:
                def __init__(self):
                    self.since = {number: 0 for number in range($first, $last + 1)}
                    self.time = 0

                def take(self):
                    free = [(since, number) for number, since in self.since.items() if since is not None]
                    if not free:
                        $none
                    if "$policy" == "oldest":
                        number = min(free)[1]
                    elif "$policy" == "newest":
                        number = max(free, key=lambda pair: (pair[0], -pair[1]))[1]
                    else:
                        numbers = sorted(number for _, number in free)
                        number = numbers[0 if "$policy" == "lowest" else -1]
                    self.since[number] = None
                    return number

                def claim(self, number):
                    free = self.since.get(number) is not None
                    if free:
                        self.since[number] = None
                    return free

                def give_back(self, number):
                    self.time += 1
                    if self.since.get(number, 0) is None:
                        self.since[number] = self.time
                    elif "$wrong" == "raise":
                        raise ValueError(number)
                    return sum(since is not None for since in self.since.values())
        """,
        misreadings=(
            Misreading(kind="order", says="policy", choose="policy"),
            Misreading(kind="empty", says="full", choose="full"),
            Misreading(kind="scope", says="wrong", choose="wrong"),
            Misreading(kind="scope", says="claim", swap=("return False\n        self", "return True\n        self")),
        ),
        inputs=lambda values: (
            tuples(),
            mixed(
                lists(
                    mixed(
                        *[_call("take")] * 3,
                        _call("claim", integers(values["first"] - 1, values["last"] + 1)),
                        *[_call("give_back", integers(values["first"], values["last"]))] * 2,
                        _call("give_back", integers(values["first"] - 1, values["last"] + 1, values["last"])),
                    ),
                    2,
                    11,
                ),
                lists(
                    mixed(*[_call("take")] * 4, _call("give_back", integers(values["first"], values["last"]))),
                    values["size"] + 1,
                    values["size"] + 5,
                ),
            ),
        ),
    ),
    Template(
        name="small_cache",
        idea="a few entries by key, which wear out by being read and give way to new ones",
        space={
            "capacity": range(2, 6),
            "rule": {
                "first": {
                    "out": "the one whose key has been there longest has to go first; putting a new value under a key "
                    "does not make it younger",
                    "out_2": "the key that came in first is dropped before that, no matter when its value was last "
                    "changed or read",
                },
                "written": {
                    "out": "the one that was `put` longest ago has to go first; a new value for its key counts as a new "
                    "`put`, a `get` does not matter",
                    "out_2": "the entry whose value was last put in the longest time ago is dropped before that, whether "
                    "it has been read or not",
                },
                "used": {
                    "out": "the one that has not been used for the longest time has to go first; both a `put` and a "
                    "`get` of its key use it",
                    "out_2": "the least recently used entry is dropped before that, where `put` and `get` both count as "
                    "use of their key",
                },
                "read": {
                    "out": "the one that has not been read for the longest time has to go first (one never read counts "
                    "as read when its key came in); a new value for its key does not matter",
                    "out_2": "the entry whose last `get` is longest ago is dropped before that, where the arrival of a "
                    "new key counts as a `get` of it, but a new value for a key that is there does not",
                },
            },
            "reads": (2, 3, 4),
            "miss": {
                "None": {"none": "return None", "then": "returns `None`", "returns": "int | None"},
                "minus": {"none": "return -1", "then": "returns -1", "returns": "int"},
                "raise": {"none": "raise KeyError(key)", "then": "raises a `KeyError`", "returns": "int"},
            },
            "back": {
                "dropped": {
                    "put_returns": "str | None",
                    "gives": "returns the key of the entry that had to go for it, or `None` if none had to",
                },
                "count": {"put_returns": "int", "gives": "returns how many entries there are then"},
            },
        },
        surface={
            "what": {
                "store": {"thing": "store"},
                "cache": {"thing": "cache"},
                "shelf": {"thing": "shelf"},
                "memory": {"thing": "memory"},
            },
            "name": ("Cache", "Store", "Shelf", "Keep", "ShortMemory"),
        },
        derive=_cache,
        signature="()",
        methods=("put(self, key: str, value: int) -> $put_returns", "get(self, key: str) -> $returns"),
        wordings=(
            "A $thing for up to $capacity entries, empty at first: `put` puts a value in under a key and $gives; `get` "
            "returns the value under a key.",
            "Model a $thing that holds no more than $capacity keys with their values. `put` sets the value of a key and "
            "$gives. With `get` one reads the value of a key.",
            "The $thing starts empty and has room for $capacity entries. Calling `put` stores a value under its key, in "
            "place of an older value if there is one, and $gives; calling `get` returns the value that a key has.",
        ),
        details={
            "rule": (
                "When a new key would be one too many, $out.",
                "Where a new key finds the $thing full, $out_2.",
            ),
            "reads": (
                "Every value can be read $reads times: the $ordinal `get` still returns it, but removes the entry.",
                "An entry vanishes with the $ordinal `get` of its value, which still returns that value.",
            ),
            "anew": (
                "A new value under a key that is there replaces the old one, and its reads are counted from the start.",
                "If `put` replaces the value of a key, the reads of the old value no longer count.",
            ),
            "miss": ("A `get` for a key that is not there $then.", "For a key that it does not hold, `get` $then."),
        },
        reference="""
            class $name:
                def __init__(self):
                    self.entries = {}

                def put(self, key, value):
                    $put

                def get(self, key):
                    $guard
                    $get
        """,
        second="""
            class $name:
                def __init__(self):
                    self.values, self.left, self.stamp, self.time = {}, {}, {}, 0

                def touch(self, key, *rules):
                    self.time += 1
                    if key not in self.stamp or "$rule" in rules:
                        self.stamp[key] = self.time

                def forget(self, key):
                    for table in (self.values, self.left, self.stamp):
                        del table[key]

                def put(self, key, value):
                    gone = None
                    if len(self.values.keys() | {key}) > $capacity:
                        gone = min(self.stamp, key=self.stamp.get)
                        self.forget(gone)
                    self.values[key], self.left[key] = value, $reads
                    self.touch(key, "written", "used")
                    return len(self.values) if "$back" == "count" else gone

                def get(self, key):
                    value = self.values.get(key)
                    if value is None:
                        $none
                    self.touch(key, "used", "read")
                    self.left[key] -= 1
                    if self.left[key] < 1:
                        self.forget(key)
                    return value
        """,
        misreadings=(
            Misreading(kind="order", says="rule", choose="rule"),
            Misreading(kind="bounds", says="reads", choose="reads"),
            Misreading(kind="empty", says="miss", choose="miss"),
            Misreading(kind="bounds", says="$capacity", choose="capacity"),
        ),
        inputs=lambda values: (
            tuples(),
            mixed(
                lists(_step(values["capacity"] + 1), 3, values["capacity"] + 8),
                _joined(
                    distinct(one_of(*"abcdef"[: values["capacity"] + 1]), values["capacity"], values["capacity"]).map(
                        lambda keys: [("put", (key, place)) for place, key in enumerate(keys, 1)]
                    ),
                    lists(_step(values["capacity"]), 1, 4),
                    lists(_call("put", one_of("x", "y"), integers(1, 9)), 1, 2),
                    lists(_step(values["capacity"]), 0, 3),
                ),
                # Where few keys have room and each `put` counts, values seldom last until they are worn out.
                *(
                    [_worn(values["reads"])]
                    if values["rule"] == "written" and values["capacity"] < values["reads"]
                    else []
                ),
            ),
        ),
    ),
    Template(
        name="moving_list",
        idea="a list with a current member that moves, while others come and go",
        space={
            "limit": range(3, 9),
            "ends": {
                "wrap": {
                    "move": "if self.items:\n    self.at = (self.at + count) % len(self.items)",
                    "over": "Beyond the last $thing it goes on with the first, and back from the first with the last.",
                    "over_2": "The list is circular for `step`: after the last $thing comes the first.",
                },
                "stop": {
                    "move": "if self.items:\n    self.at = min(max(self.at + count, 0), len(self.items) - 1)",
                    "over": "A `step` that would lead beyond the last or the first $thing ends at that one.",
                    "over_2": "`step` goes no further than to the last $thing, or back to the first.",
                },
                "stay": {
                    "move": "if 0 <= self.at + count < len(self.items):\n    self.at += count",
                    "over": "A `step` that would lead beyond the last or the first $thing changes nothing.",
                    "over_2": "If there are too few $things in that direction, `step` does not move at all.",
                },
            },
            "gone": {
                "following": {
                    "mend": "if place < self.at or self.at == len(self.items):\n    self.at = max(self.at - 1, 0)",
                    "heir": "the one after it becomes current, or the one before it if it was the last",
                },
                "previous": {
                    "mend": "if place <= self.at:\n    self.at = max(self.at - 1, 0)",
                    "heir": "the one before it becomes current, or the one after it if it was the first",
                },
                "first": {
                    "mend": "if place < self.at:\n    self.at -= 1\nelif place == self.at:\n    self.at = 0",
                    "heir": "the first of those left becomes current",
                },
            },
            "place": {
                "end": {"spot": "len(self.items)", "moved": "", "where": "at the end"},
                "after": {
                    "spot": "min(self.at + 1, len(self.items))",
                    "moved": "",
                    "where": "right after the current one",
                },
                "before": {
                    "spot": "self.at",
                    "moved": "if len(self.items) > 1:\n    self.at += 1",
                    "where": "right before the current one",
                },
            },
            "twice": {
                "no": {
                    "again": "No $thing is there twice: `$things` has no repeats, and an `add` of one that is there "
                    "already changes nothing and returns -1.",
                    "again_2": "A $thing that is in the list is not added again; `add` returns -1 then. `$things` has no "
                    "repeats.",
                },
                "yes": {
                    "again": "The same $thing may be in the list several times; `remove` takes out the first of them.",
                    "again_2": "A $thing may be added again and also repeat in `$things`. Of several that are equal, "
                    "`remove` removes the one nearest to the front.",
                },
            },
        },
        surface={
            "what": {
                "songs": {"name": "Playlist", "thing": "song", "things": "songs"},
                "slides": {"name": "Slideshow", "thing": "slide", "things": "slides"},
                "photos": {"name": "Album", "thing": "photo", "things": "photos"},
                "tabs": {"name": "TabBar", "thing": "tab", "things": "tabs"},
                "pages": {"name": "Reader", "thing": "page", "things": "pages"},
                "tracks": {"name": "Player", "thing": "track", "things": "tracks"},
                "cards": {"name": "Carousel", "thing": "card", "things": "cards"},
                "images": {"name": "Viewer", "thing": "image", "things": "images"},
                "windows": {"name": "Switcher", "thing": "window", "things": "windows"},
                "stops": {"name": "Route", "thing": "stop", "things": "stops"},
            },
        },
        derive=_playlist,
        signature="($things: list[str])",
        methods=(
            "current(self) -> str | None",
            "step(self, count: int) -> str | None",
            "add(self, $thing: str) -> int",
            "remove(self, $thing: str) -> str | None",
        ),
        wordings=(
            "An object holds a list of $things, one of which is current: at first the first one. `step` makes the one that is "
            "`count` further on current (further back, if `count` is negative), `add` puts in one more and returns its "
            "position, counted from 0, and `remove` takes one out. `current`, `step` and `remove` return the $thing that "
            "is current then.",
            "From a list of $things, one is always the current one, starting with the first. Three methods return the "
            "current $thing: `current` without any change, `step` after moving on by `count` (a negative `count` moves back), and "
            "`remove` after taking a $thing out of the list. `add` inserts one and returns the position that it got, "
            "where 0 is the front.",
            "Somebody looks at the $things of a list, one at a time, beginning with the first. `step(count)` moves ahead "
            "by `count` $things, or back for a negative `count`; `remove($thing)` takes one out of the list; both return "
            "the $thing that is current afterwards, as `current()` does. `add($thing)` puts one in and returns the index "
            "at which it stands.",
        ),
        details={
            "ends": ("$over", "$over_2"),
            "place": (
                "`add` puts the $thing $where and leaves the current one current.",
                "A new $thing comes $where, which does not change what is current.",
            ),
            "gone": (
                "If the current one is removed, $heir; removing another one does not change what is current.",
                "When `remove` takes out the current $thing, $heir. Otherwise the current one stays current.",
            ),
            "twice": ("$again", "$again_2"),
            "limit": (
                "There is room for $limit $things: if the list is full, `add` changes nothing and returns -1, and if "
                "`$things` is longer than that, the constructor raises `ValueError`.",
                "More than $limit $things do not fit. An `add` to a full list changes nothing and returns -1; too long a "
                "list `$things` raises a `ValueError`.",
            ),
            "empty": (
                "With an empty list, the current $thing is `None`, and one that is added becomes current. A `remove` of "
                "what is not there changes nothing.",
                "If the list is empty, `None` is current, until one is added. Removing a $thing that is not in the list "
                "has no effect.",
            ),
        },
        raises={"ValueError": "limit"},
        reference="""
            class $name:
                def __init__(self, $things):
                    if len($things) > $limit:
                        raise ValueError("too many $things")
                    self.items = [*$things]
                    self.at = 0

                def current(self):
                    return self.items[self.at] if self.items else None

                def step(self, count):
                    $move
                    return self.current()

                def add(self, $thing):
                    if $refused:
                        return -1
                    place = $spot
                    self.items.insert(place, $thing)
                    $moved
                    return place

                def remove(self, $thing):
                    if $thing in self.items:
                        place = self.items.index($thing)
                        del self.items[place]
                        $mend
                    return self.current()
        """,
        second="""
            class $name:
                def __init__(self, $things):
                    if $things[$limit:]:
                        raise ValueError(len($things))
                    self.before, self.after = [], list($things)

                def current(self):
                    return next(iter(self.after), None)

                def step(self, count):
                    size = len(self.before) + len(self.after)
                    place = len(self.before) + count
                    if not 0 <= place < size:
                        if "$ends" == "wrap" and size:
                            place %= size
                        elif "$ends" == "stop":
                            place = 0 if place < 0 else size - 1
                        else:
                            place = len(self.before)
                    whole = self.before + self.after
                    self.before, self.after = whole[:place] if place > 0 else [], whole[max(place, 0) :]
                    return self.current()

                def add(self, $thing):
                    whole = self.before + self.after
                    if len(whole) >= $limit or ("$twice" == "no" and $thing in whole):
                        return -1
                    if not whole:
                        self.after = [$thing]
                        return 0
                    if "$place" == "before":
                        self.before = [*self.before, $thing]
                        return len(self.before) - 1
                    if "$place" == "end":
                        self.after = [*self.after, $thing]
                        return len(whole)
                    self.after = [self.after[0], $thing, *self.after[1:]]
                    return len(self.before) + 1

                def remove(self, $thing):
                    if $thing in self.before:
                        self.before.remove($thing)
                    elif self.after[:1] == [$thing]:
                        self.after = self.after[1:]
                        if "$gone" == "first":
                            self.before, self.after = [], self.before + self.after
                        elif self.before and ("$gone" == "previous" or not self.after):
                            self.after = [self.before.pop(), *self.after]
                    elif $thing in self.after:
                        self.after.remove($thing)
                    return self.current()
        """,
        misreadings=(
            Misreading(kind="bounds", says="ends", choose="ends"),
            Misreading(kind="scope", says="gone", choose="gone"),
            Misreading(kind="order", says="place", choose="place"),
            Misreading(kind="repeats", says="twice", choose="twice"),
            Misreading(kind="bounds", says="limit", choose="limit"),
        ),
        inputs=_moves,
        held_out=True,
    ),
    Template(
        name="undo_text",
        idea="a text with changes that can be undone and redone",
        space={
            "depth": range(2, 8),
            "side": {"end": {"cut": "end"}, "front": {"cut": "beginning"}},
            "short": {
                "all": {"less": "erases them all"},
                "raise": {"less": "raises a `ValueError` and erases nothing"},
            },
            "many": {
                "all": {"fewer": "all that can be are undone"},
                "none": {"fewer": "nothing is undone"},
                "raise": {"fewer": "nothing is undone and an `IndexError` is raised"},
            },
            "same": {
                "counts": {
                    "idle": "A `write` or `erase` that leaves the text as it is counts as a change like any other.",
                    "idle_2": "Writing an empty text or erasing no character is a change, too.",
                },
                "ignored": {
                    "idle": "A `write` or `erase` that leaves the text as it is is no change.",
                    "idle_2": "Writing an empty text or erasing no character is not a change.",
                },
            },
            "group": {
                "each": {
                    "unit": "Every single `write` and every `erase` is a change of its own.",
                    "unit_2": "Each call of `write` or `erase` makes one change.",
                },
                "row": {
                    "unit": "Each `erase` is a change of its own, but several calls of `write` make up one change, as "
                    "long as no `erase`, `undo` or `redo` is called between them, not even one that has no effect.",
                    "unit_2": "Each `erase` makes one change. Calls of `write` that follow one another, without any "
                    "`erase`, `undo` or `redo` between them (with or without effect), are one change together.",
                },
            },
        },
        surface={
            "what": {
                "text": {"thing": "text"},
                "note": {"thing": "note"},
                "draft": {"thing": "draft"},
                "line": {"thing": "line of text"},
                "message": {"thing": "message"},
            },
            "name": ("Editor", "Notepad", "Draft", "TextBuffer", "Writer"),
        },
        derive=_undo,
        signature="()",
        methods=(
            "write(self, text: str) -> str",
            "erase(self, count: int) -> str",
            "undo(self, times: int) -> str",
            "redo(self) -> str",
        ),
        wordings=(
            "An object holds a $thing, which is empty at first. `write` adds to its end, `erase` removes `count` characters "
            "from its $cut, `undo` takes back the last `times` changes, and `redo` makes the change again that was "
            "undone last. All of them return the $thing as it is then.",
            "Model the editing of a $thing that is empty at the beginning. There is `write`, which appends `text`; "
            "`erase`, which takes `count` characters away at the $cut; `undo`, which goes back by `times` changes; and "
            "`redo`, which goes forward again by one undone change. Each returns the whole $thing after that.",
            "A $thing, at first without any characters, is changed by `write(text)`, which appends to it, and by "
            "`erase(count)`, which removes that many characters at its $cut. `undo(times)` reverts that many of the "
            "latest changes, and `redo()` restores the one that was reverted last. Every method returns what the $thing is "
            "afterwards.",
        ),
        details={
            "group": ("$unit", "$unit_2"),
            "same": ("$idle", "$idle_2"),
            "short": (
                "`erase` with a `count` larger than the number of characters $less.",
                "If there are fewer than `count` characters, `erase` $less.",
            ),
            "depth": (
                "Only $last can be undone; if fewer than `times` can be, $fewer.",
                "It remembers how to undo $last, no more. When `times` is more than can be undone, $fewer.",
            ),
            "redo": (
                "A new change makes it impossible to redo what was undone before; with nothing to redo, `redo` changes "
                "nothing.",
                "With any new change, the undone ones are forgotten. A `redo` without an undone change has no effect.",
            ),
            "sign": ("`count` and `times` are 0 or more.", "Neither `count` nor `times` is ever negative."),
        },
        reference="""
            class $name:
                def __init__(self):
                    self.text = ""
                    self.past = []
                    self.future = []
                    $flag

                def _save(self):
                    self.past.append(self.text)
                    del self.past[:-$depth]
                    self.future.clear()

                def write(self, text):
                    $write
                    self.text += text
                    return self.text

                def erase(self, count):
                    $erase
                    return self.text

                def undo(self, times):
                    $undo
                    return self.text

                def redo(self):
                    $stop
                    if self.future:
                        self.past.append(self.text)
                        self.text = self.future.pop()
                    return self.text
        """,
        second="""
            class $name:
                def __init__(self):
                    self.states = [""]
                    self.at = 0
                    self.last = ""

                def change(self, text, name):
                    now = self.states[self.at]
                    joined = "$group" == "row" and name == self.last == "write"
                    if text == now and "$same" == "ignored":
                        return now
                    if joined:
                        self.states[self.at] = text
                        return text
                    self.states = [*self.states[: self.at + 1], text][-$depth - 1 :]
                    self.at = len(self.states) - 1
                    self.last = name
                    return text

                def write(self, text):
                    return self.change(self.states[self.at] + text, "write")

                def erase(self, count):
                    self.last = "erase"
                    text = self.states[self.at]
                    if "$short" == "raise" and not len(text) >= count:
                        raise ValueError(count)
                    for _ in range(count):
                        text = text[:-1] if "$side" == "end" else text[1:]
                    return self.change(text, "erase")

                def undo(self, times):
                    self.last = "undo"
                    if times > self.at:
                        if "$many" == "raise":
                            raise IndexError(times)
                        times = self.at if "$many" == "all" else 0
                    self.at -= times
                    return self.states[self.at]

                def redo(self):
                    self.last = "redo"
                    if self.states[self.at + 1 :]:
                        self.at += 1
                    return self.states[self.at]
        """,
        misreadings=(
            Misreading(kind="scope", says="group", choose="group"),
            Misreading(kind="empty", says="same", choose="same"),
            Misreading(kind="bounds", says="short", choose="short"),
            Misreading(kind="bounds", says="depth", choose="many"),
            Misreading(kind="order", says="$cut", choose="side"),
            Misreading(
                kind="scope",
                says="redo",
                swap=("self.future.clear()", "self.future = self.future[:0] if self.past else self.future"),
            ),
        ),
        inputs=lambda values: (
            tuples(),
            mixed(
                lists(_edit(values["depth"]), 2, 9),
                _joined(
                    mixed(
                        lists(_edit(0), values["depth"], values["depth"] + 3),
                        _joined(*[_one("write", one_of("ab", "cde")), _one("erase", one_of(1))] * 4),
                    ),
                    lists(
                        mixed(_call("undo", integers(1, values["depth"] + 1, values["depth"])), _call("redo")), 1, 4
                    ),
                    lists(_edit(values["depth"]), 0, 3),
                ),
                _joined(
                    _one("write", one_of("a", "bc")),
                    _one("erase", integers(0, 1)),
                    lists(_call("write", one_of("", "d")), 0, 2),
                    lists(mixed(_call("undo", integers(0, 2, 1)), _call("redo")), 1, 3),
                    lists(_call("write", one_of("", "", "f")), 0, 2),
                    lists(
                        mixed(_call("undo", integers(0, 3, 1)), _call("redo"), _call("erase", integers(0, 1))), 1, 3
                    ),
                ),
            ),
        ),
    ),
)
