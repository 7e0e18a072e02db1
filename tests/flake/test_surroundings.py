"""A box shows the environment it was opened with, to the candidate and to all it imports."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import BoxConfig, Environment
from lift_sys.sandbox.tally import executions

LEAP_DAY = 1709208000.0  # 2024-02-29 12:00 UTC
KATHMANDU = Environment("k", 7, "<+0545>-5:45", "de_DE", LEAP_DAY, 9)


def asked(environment: Environment, *expressions: str) -> list[Any]:
    """What expressions give in a box of this environment."""
    source = "import calendar, datetime, gc, locale, os, random, sys, time\nreply(["
    with open_sandbox(BoxConfig(environment=environment)) as box, box.spawn("probe") as process:
        process.send((source + ", ".join(expressions) + "])").encode())
        found = ast.literal_eval(process.receive(30).decode())
        assert isinstance(found, list), found
        return found


def test_every_reader_of_the_clock_sees_the_same_day() -> None:
    readers = (
        "datetime.datetime.now()",
        "datetime.datetime.today()",
        "datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=5, minutes=45)))",
        "datetime.datetime.utcnow() + datetime.timedelta(hours=5, minutes=45)",
        "datetime.datetime.fromtimestamp(time.time())",
        "datetime.datetime.fromtimestamp(time.time_ns() / 1e9)",
        "datetime.datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME))",
        "datetime.datetime.fromtimestamp(time.clock_gettime_ns(time.CLOCK_REALTIME) / 1e9)",
        "datetime.datetime(*time.localtime()[:6])",
        "datetime.datetime.strptime(time.strftime('%Y-%m-%d %H:%M'), '%Y-%m-%d %H:%M')",
    )
    environment = Environment(tz=KATHMANDU.tz, clock=LEAP_DAY)
    told = asked(environment, *(f"({reader}).strftime('%Y-%m-%d %H:%M')" for reader in readers))
    assert told == ["2024-02-29 17:45"] * len(readers)
    assert asked(environment, "time.ctime()[:16]", "time.asctime()[:16]", "str(datetime.date.today())") == [
        "Thu Feb 29 17:45",
        "Thu Feb 29 17:45",
        "2024-02-29",
    ]


def test_subclasses_and_zones_of_datetime_are_kept() -> None:
    expressions = (
        "type('D', (datetime.datetime,), {}).now().__class__.__name__",
        "datetime.datetime.now(tz=datetime.timezone.utc).utcoffset().total_seconds()",
        "datetime.datetime.now().tzinfo is None and datetime.datetime.utcnow().tzinfo is None",
    )
    assert asked(KATHMANDU, *expressions) == ["D", 0.0, True]


def test_the_clock_goes_on() -> None:
    assert asked(KATHMANDU, "[time.time_ns(), sum(range(1000)), time.time_ns()]")[0][0] > LEAP_DAY * 1e9
    first, _, second = asked(KATHMANDU, "[time.time_ns(), sum(range(100000)), time.time_ns()]")[0]
    assert 0 < second - first < 10e9


def test_each_process_of_a_box_starts_at_the_same_moment() -> None:
    config = BoxConfig(environment=KATHMANDU)
    with open_sandbox(config) as box:
        times = []
        for _ in range(2):
            with box.spawn("probe") as process:
                process.send(b"import time; reply(time.time())")
                times.append(float(process.receive(30)))
    assert all(0 <= moment - LEAP_DAY < 5 for moment in times)


@pytest.mark.parametrize(
    ("name", "number", "month", "date"),
    [
        ("de_DE", "1.234.567", "März", "09.03.2024"),
        ("tr_TR", "1.234.567", "Mart", "09-03-2024"),
        ("hi_IN", "12,34,567", "मार्च", "शनिवार 09 मार 2024"),
        ("fr_FR", "1 234 567", "mars", "09/03/2024"),
        ("pl_PL", "1 234 567", "marca", "09.03.2024"),
        ("C", "1234567", "March", "03/09/24"),
        ("C.UTF-8", "1234567", "March", "03/09/24"),
    ],
)
def test_a_locale_is_in_force(name: str, number: str, month: str, date: str) -> None:
    told = asked(
        Environment(locale=name),
        "format(1234567, 'n')",
        "calendar.month_name[3]",
        "datetime.date(2024, 3, 9).strftime('%x')",
        "os.environ['LANG'].split('.')[0]",
        "(repr(1.5), float('1.5'), int('1'))",
    )
    assert told == [number, month, date, name.split(".")[0], ("1.5", 1.5, 1)]


def test_nothing_is_left_of_the_locales_files() -> None:
    assert asked(KATHMANDU, "os.listdir('/tmp')", "'LOCPATH' in os.environ") == [[], False]


def test_the_plain_environment_shows_the_real_clock() -> None:
    assert asked(Environment(), "time.time.__class__.__name__", "'TZ' in os.environ") == [
        "builtin_function_or_method",
        False,
    ]


def test_hash_seeds_are_one_setting() -> None:
    assert BoxConfig(hash_seed=3) == BoxConfig(environment=Environment(hash_seed=3))
    assert BoxConfig(environment=Environment(hash_seed=3)).hash_seed == 3
    with pytest.raises(ValueError, match="two hash seeds"):
        BoxConfig(hash_seed=3, environment=Environment(hash_seed=4))


def test_executions_are_counted() -> None:
    with open_sandbox() as box:
        before = executions()
        for _ in range(3):
            box.spawn("probe").close()
    assert executions() - before == 3
