"""The environments that a row is run under: what a program may meet on another machine, on another day.

Flaky tests come from order, time, randomness, and what the platform leaves open (Luo et al. 2014; Gruber et al. 2021
for Python). Each environment here differs from every other in all of these at once: hash seed, time zone, locale,
clock, random numbers, addresses, and the order of calls.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from lift_sys.sandbox.api import Environment

LAST_SECOND_OF_1999 = 946684799.0
LEAP_DAY = 1709250000.0
"""2024-02-29 23:40 UTC."""
DST_GAP = 1741498199.0
"""2025-03-09 01:59:59 in St. John's, a second before its clocks go forward."""
END_OF_32_BITS = 2147483646.0
"""2038-01-19 03:14:06 UTC."""

PLAIN = Environment("plain", clock=1718452800.0)
"""Where rows are mined: UTC, no foreign locale, 2024-06-15 12:00, so that a build is the same on any day."""
ENVIRONMENTS = (
    PLAIN,
    Environment("kathmandu de_DE leap-day", 1, "<+0545>-5:45", "de_DE", LEAP_DAY, 1),
    Environment("st-johns tr_TR dst", 2, "NST3:30NDT,M3.2.0,M11.1.0", "tr_TR", DST_GAP, 2),
    Environment("chatham hi_IN 2038", 3, "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45", "hi_IN", END_OF_32_BITS, 3),
    Environment("marquesas C 1999", 4, "<-0930>9:30", "C", LAST_SECOND_OF_1999, 4),
)

_ZONES = {
    "tokyo": "JST-9",
    "los-angeles": "PST8PDT,M3.2.0,M11.1.0",
    "adelaide": "ACST-9:30ACDT,M10.1.0,M4.1.0/3",
    "kiritimati": "<+14>-14",
    "sao-paulo": "<-03>3",
    "berlin": "CET-1CEST,M3.5.0,M10.5.0/3",
    "kolkata": "IST-5:30",
    "pago-pago": "SST11",
    "eucla": "<+0845>-8:45",
    "lisbon": "WET0WEST,M3.5.0/1,M10.5.0",
}
_LOCALES = ("pl_PL", "fr_FR", "de_DE", "tr_TR", "hi_IN", "C", "C.UTF-8")
_YEAR_1980, _YEAR_2060 = 315532800, 2840140800
_EPOCH = date(1970, 1, 1).toordinal()


def drawn(seed: int, run: int) -> Environment:
    """The environment of one run of a verification: none of those that rows are accepted under, and none twice."""
    numbers = random.Random(f"{seed} {run}")
    place = sorted(_ZONES)[(seed + run) % len(_ZONES)]
    language = _LOCALES[(seed + run) % len(_LOCALES)]
    clock = float(numbers.randrange(_YEAR_1980, _YEAR_2060))
    hash_seed = numbers.randrange(100, 1 << 32)
    day = date.fromordinal(_EPOCH + int(clock) // 86400)
    name = f"{place} {language} {day} {hash_seed}"
    return Environment(name, hash_seed, _ZONES[place], language, clock, numbers.randrange(100, 1 << 31))


def as_environment(where: int | Environment) -> Environment:
    """An environment; for a number, the plain one under this hash seed."""
    if isinstance(where, Environment):
        return where
    return PLAIN if where == PLAIN.hash_seed else replace(PLAIN, name=f"plain {where}", hash_seed=where)


def accepting(hash_seeds: Iterable[int]) -> tuple[Environment, ...]:
    """The environments that a row must hold in: all of `ENVIRONMENTS`, and the plain one under other hash seeds."""
    known = {environment.hash_seed for environment in ENVIRONMENTS}
    return (*ENVIRONMENTS, *(as_environment(seed) for seed in hash_seeds if seed not in known))


def order(environment: Environment, count: int) -> list[int]:
    """The order of `count` calls in an environment: as they stand in the plain one, another in each other."""
    numbers = list(range(count))
    if environment.random_seed == 0:
        return numbers
    if environment.random_seed == 1:
        return numbers[::-1]
    random.Random(f"{environment.name} {count}").shuffle(numbers)
    return numbers
