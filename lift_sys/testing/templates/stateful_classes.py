"""Stateful classes: what an object remembers between calls."""

from lift_sys.testing.inputs import integers, lists, mixed, one_of, tuples
from lift_sys.testing.template import Misreading, Template

TEMPLATES: tuple[Template, ...] = (
    Template(
        name="bounded_counter",
        idea="a counter between two limits that saturates, wraps round or refuses",
        space={
            "top": range(3, 20),
            "low": (0, 1),
            "beyond": {
                "saturate": {
                    "up": "self.value = min($top, self.value + amount)",
                    "other_up": "self.value += amount\nif self.value > $top:\n    self.value = $top",
                    "then": "stays at $top",
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
)
