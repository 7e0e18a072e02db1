"""Runs in the box, as text behind a row's code: drives a class, and looks for who of it plays which part of a task.

So it imports nothing of lift_sys, there is no `from __future__` line, and its names begin with `lift_`: it must hide
none of the row's.

`made` and each option say how values are passed: the places of the positional ones, and pairs of a keyword and a
place; an option has the method's name in front, or is None: nobody plays that part. A script is a class's arguments
and steps, each a part, its arguments and what they must lead to.
"""

from copy import deepcopy as lift_deepcopy
from itertools import islice as lift_islice
from typing import Any as LiftAny

LIFT_FOUND = 8
"""Castings that are told at most."""
LIFT_ITEMS = 1000
"""Members of an iterator that are looked at."""


def lift_drive(made: LiftAny, steps: LiftAny) -> LiftAny:
    """What the steps give on an object of a class; `made` and each step end in arguments and keyword arguments."""
    owner, args, named = made
    subject = globals()[owner](*args, **named)
    return [lift_step(subject, *step) for step in steps]


def lift_step(subject: LiftAny, method: str, args: LiftAny, named: LiftAny) -> LiftAny:
    try:
        value = getattr(subject, method)(*args, **named)
        plain = isinstance(value, (str, bytes, list, tuple, dict, set, frozenset))
        return value if plain or not hasattr(value, "__iter__") else list(lift_islice(value, LIFT_ITEMS))
    except Exception as error:
        return ("raised", type(error).__name__)


def lift_cast(owner: str, made: LiftAny, options: LiftAny, needed: str, scripts: LiftAny) -> LiftAny:
    """Castings with which all scripts pass: lists of parts with the place of what was chosen in `options`.

    A method plays one part. Where not every part can be played, the method `needed` must play one.
    """
    found: list[LiftAny] = []
    whole = True

    def passes(chosen: dict[str, int], arguments: LiftAny, steps: LiftAny) -> LiftAny:
        """Whether a script passes; or the first part in it that was not cast so far."""
        args, named = lift_passed(arguments, *made)
        subject = globals()[owner](*args, **named)
        for part, values, wanted in steps:
            if part not in chosen:
                return part
            option = options[part][chosen[part]]
            if option is None:
                return True
            method, *way = option
            if not lift_same(lift_step(subject, method, *lift_passed(values, *way)), wanted):
                return False
        return True

    def extend(chosen: dict[str, int], at: int) -> None:
        taken = [option[0] for part, n in chosen.items() if (option := options[part][n]) is not None]
        while at < len(scripts) and len(found) < LIFT_FOUND:
            verdict = passes(chosen, *scripts[at])
            if verdict is False:
                return
            if verdict is not True:
                for n, option in enumerate(options[verdict]):
                    if (not whole) if option is None else option[0] not in taken:
                        extend({**chosen, verdict: n}, at)
                return
            at += 1
        if at == len(scripts) and (whole or needed in taken):
            found.append([[part, n] for part, n in chosen.items()])

    extend({}, 0)
    if needed and not found:
        whole = False
        extend({}, 0)
    return found


def lift_passed(values: LiftAny, order: LiftAny, named: LiftAny) -> LiftAny:
    return [lift_deepcopy(values[n]) for n in order], {name: lift_deepcopy(values[n]) for name, n in named}


def lift_same(found: LiftAny, wanted: LiftAny) -> bool:
    if isinstance(wanted, (list, tuple)):
        return isinstance(found, (list, tuple)) and len(found) == len(wanted) and all(map(lift_same, found, wanted))
    return bool(found == wanted)
