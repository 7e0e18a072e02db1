"""Dates and times: calendars, due dates, working days, weeks, recurrences, shifts. All of them as ISO texts."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from lift_sys.testing.inputs import Inputs, integers, lists, mixed, one_of, tuples
from lift_sys.testing.template import Equivalent, Misreading, Template, Values

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NUMBERS = ("no", "one", "two", "three")
_ORDINALS = {1: "1st", 6: "6th", 11: "11th", 16: "16th", 21: "21st"}


def _days(low: str, high: str, *edges: str) -> Inputs:
    """Dates from `low` to `high`, as ISO texts; half of them fall within 2 days of one of the edges."""
    first, last, *near = (date.fromisoformat(day).toordinal() for day in (low, high, *edges))
    numbers = integers(first, last, *near)
    return Inputs(lambda rng: date.fromordinal(numbers.draw(rng)).isoformat(), edges)


def _dates(years: Inputs, months: Inputs, days: Inputs) -> Inputs:
    """Dates with a year, month and day from each generator; a day is in every month."""
    parts = tuples(years, months, days)
    return Inputs(lambda rng: date(*parts.draw(rng)).isoformat())


def _fiscal(values: Values) -> dict[str, Any] | None:
    month, day, part = _MONTHS.index(values["month"]) + 1, values["day"], values["part"]
    if (month, day, values["named"]) == (1, 1, "end"):
        return None  # it begins and ends in the same year
    size = {"quarter": 3, "half": 6, "third": 4, "month": 1}[part]
    count = 12 // size
    names = {"quarter": "quarter", "half": "half-year", "third": "term", "month": "period"}
    letter = names[part][0].upper()
    months = "one month" if size == 1 else f"{size} months"
    whole = f"on the {_ORDINALS[day]} of a month"
    return {
        "start": month,
        "number": "_" if day == 1 else "number",
        "early": "" if day == 1 else f" - (number < {day})",
        "late": "" if day == 1 else f" - (number <= {day})",
        "unit": names[part],
        "letter": letter,
        "size": size,
        "index": "into + 1" if size == 1 else f"into // {size} + 1",
        "plus": " + 1" if values["named"] == "end" else "",
        "other_plus": "" if values["named"] == "end" else " + 1",
        "begin": f"{day} {values['month']}",
        "split": f"It is divided into {count} {names[part]}s of {months} each, which all begin {whole}",
        "split_again": f"Each of its {count} {names[part]}s is {months} long and begins {whole}",
        "example": f"2019-{letter}{count - 1}",
        "before_last": count - 1,
    }


_FISCAL = Template(
    name="fiscal_period",
    idea="the label of the part of a fiscal year that a date falls in",
    held_out=True,
    space={
        "month": _MONTHS,
        "named": {"start": {"which": "begins"}, "end": {"which": "ends"}},
        "part": ("quarter", "half", "third", "month"),
        "day": (1, 6, 11, 16, 21),
    },
    surface={
        "what": {
            "fiscal": {"thing": "financial year", "owner": "A company's"},
            "school": {"thing": "school year", "owner": "An academy's"},
            "club": {"thing": "membership year", "owner": "A club's"},
            "farm": {"thing": "farming year", "owner": "An estate's"},
            "budget": {"thing": "budget year", "owner": "A council's"},
        },
        "given": ("day", "booked", "posted", "when"),
        "name": ("period_label", "fiscal_label", "label_of", "period_of", "reporting_period"),
    },
    derive=_fiscal,
    signature="($given: str) -> str",
    wordings=(
        "$owner $thing begins on $begin. Return the label of the $unit in which the date `$given` lies.",
        "In which $unit of a $thing does the date `$given` fall, if every $thing begins on $begin? Return the label of "
        "that $unit.",
        "Turn the date `$given` into the label of a $unit of the $thing, a year that begins on $begin.",
        "Bookings are reported by $unit, and the $thing begins on $begin. Find the label of the $unit to which the "
        "date `$given` belongs.",
    ),
    details={
        "split": ("$split.", "$split_again."),
        "named": (
            "A $thing is named after the calendar year in which it $which.",
            "The year in the label is the calendar year in which the $thing $which.",
        ),
        "label": (
            "A label looks like `$example`, which stands for $unit $before_last of 2019.",
            "Write the year, a hyphen, $letter and the number of the $unit from 1 on, as in `$example`.",
        ),
        "form": (
            "`$given` is always a valid date in the form YYYY-MM-DD.",
            "The argument is given as YYYY-MM-DD and is valid.",
        ),
    },
    reference="""
        def $name($given):
            year, month, $number = map(int, $given.split("-"))
            first, into = divmod(12 * year + month - $start$early, 12)
            return f"{first$plus}-$letter{$index}"
    """,
    second="""
        from datetime import date

        def $name($given):
            limit = date.fromisoformat($given)
            begins = date(limit.year, $start, $day)
            if begins > limit:
                begins = begins.replace(year=limit.year - 1)
            year, part = begins.year, 0
            while begins <= limit:
                part += 1
                month = begins.month + $size
                begins = begins.replace(year=begins.year + (month > 12), month=(month - 1) % 12 + 1)
            return str(year + ("$named" == "end")) + "-$letter" + str(part)
    """,
    misreadings=(
        Misreading(kind="scope", says="named", swap=("{first$plus}", "{first$other_plus}")),
        Misreading(kind="bounds", says="begins on $begin", swap=(" - $start$early", " - $start$late")),
        Misreading(kind="scope", says="split", choose="part"),
    ),
    inputs=lambda values: (
        mixed(
            _days("2021-02-01", "2024-12-31", f"2022-{values['start']:02}-{values['day']:02}", "2024-02-29"),
            _dates(integers(2016, 2025), integers(1, 12, values["start"]), integers(1, 28, values["day"])),
            _days("2023-12-20", "2024-03-10", "2024-01-01", "2024-02-29"),
        ),
    ),
    properties=(
        "result[4:6] == '-$letter'",
        "abs(int(result[:4]) - int($given[:4])) <= 1",
        "1 <= int(result[6:]) <= 12 // $size",
    ),
)


def _nth(values: Values) -> dict[str, Any]:
    weekday, nth, shift = _WEEKDAYS.index(values["weekday"]), values["nth"], values["shift"]
    found: dict[str, Any] = {"index": weekday, "anchor": f"the {nth} {values['weekday']}"}
    if nth in ("last", "second-to-last"):
        days = "last.weekday()" if weekday == 0 else f"(last.weekday() - {weekday}) % 7"
        found["found"] = "last = date($year, $month, monthrange($year, $month)[1])"
        found["result"] = f"last - timedelta(days={days}{_plus((7 if nth[0] == 's' else 0) - shift)})"
        found["imports"] = "from calendar import monthrange\nfrom datetime import date, timedelta"
    else:
        days = {0: "-first.weekday() % 7", 6: "6 - first.weekday()"}.get(
            weekday, f"({weekday} - first.weekday()) % 7"
        )
        weeks = ("first", "second", "third", "fourth").index(nth)
        found["found"] = "first = date($year, $month, 1)"
        found["result"] = f"first + timedelta(days={days}{_plus(7 * weeks + shift)})"
        found["imports"] = "from datetime import date, timedelta"
    side = "before" if shift < 0 else "after"
    many = f"the day {side}" if abs(shift) == 1 else f"{_NUMBERS[abs(shift)]} days {side}"
    found["when"] = f"{many} $anchor" if shift else "$anchor"
    found["on"] = f"on {found['when']}" if abs(shift) < 2 else found["when"]
    found["note"] = (
        "The $anchor_words is that of the month given, even where the result lies in another month"
        if shift
        else "Only days of the month itself count: its first $weekday is on one of the days 1 to 7"
    )
    found["note_again"] = (
        "Look for the $anchor_words in the month that is asked for; the result itself may lie in a neighbouring month"
        if shift
        else "Weeks don't matter, only the $weekdays within the month do"
    )
    found["anchor_words"] = f"{nth} {values['weekday']}"
    found["weekdays"] = f"{values['weekday']}s"
    return found


def _plus(number: int) -> str:
    """A number as it is added in code; nothing for 0."""
    return f" {'-' if number < 0 else '+'} {abs(number)}" if number else ""


_NTH = Template(
    name="monthly_event",
    idea="the date of an event that is held on, before or after the n-th weekday of a month",
    space={
        "weekday": _WEEKDAYS,
        "shift": range(-3, 4),
        "nth": ("first", "second", "third", "fourth", "last", "second-to-last"),
    },
    surface={
        "what": {
            "market": {"event": "market"},
            "meeting": {"event": "meeting"},
            "rehearsal": {"event": "rehearsal"},
            "collection": {"event": "collection"},
            "sale": {"event": "sale"},
        },
        "whole": {
            "year": {"year": "year", "month": "month"},
            "in": {"year": "in_year", "month": "in_month"},
            "y": {"year": "y", "month": "m"},
            "of": {"year": "of_year", "month": "of_month"},
        },
        "name": ("event_date", "date_of_event", "monthly_date", "day_of_month", "when_is_it"),
    },
    derive=_nth,
    signature="($year: int, $month: int) -> str",
    wordings=(
        "A $event takes place $on of every month. Return its date for the month `$month` of the year `$year`.",
        "Find the date of the $event in a given year and month (`$year` and `$month`). It is always held $on of the "
        "month.",
        "When is the $event that belongs to month `$month` of `$year`? The rule is that it comes $on of the month.",
        "Every month has a $event, $on of that month. Work out the date of the one for `$month` in `$year`.",
        "Given `$year` and `$month`, return the date of that month's $event, which takes place $on of the month.",
    ),
    details={
        "note": ("$note.", "$note_again."),
        "form": (
            "Months are numbered from 1 to 12, and the date is returned as a text like 2031-07-04.",
            "Return it in the form YYYY-MM-DD; `$month` is 1 for January and 12 for December.",
            "`$month` is between 1 and 12. The result is a text in the form YYYY-MM-DD.",
        ),
    },
    reference="""
        $imports

        def $name($year, $month):
            $found
            return ($result).isoformat()
    """,
    second="""
        from calendar import monthcalendar
        from datetime import date

        def $name($year, $month):
            days = [week[$index] for week in monthcalendar($year, $month) if week[$index]]
            if "$nth" in ("last", "second-to-last"):
                day = days[-1 if "$nth" == "last" else -2]
            else:
                day = dict(zip(("first", "second", "third", "fourth"), days))["$nth"]
            return date.fromordinal(date($year, $month, day).toordinal() + ($shift)).isoformat()
    """,
    misreadings=(
        Misreading(kind="order", says="$anchor", choose="nth"),
        Misreading(kind="sign", says="$when", choose="shift"),
        Misreading(kind="bounds", says="$anchor", choose="weekday"),
    ),
    inputs=(
        mixed(Inputs(integers(1970, 2060).draw), one_of(*range(1980, 2056, 4))),
        mixed(Inputs(integers(1, 12).draw), Inputs(integers(1, 12).draw), one_of(2)),
    ),
    properties=("len(result) == 10 and result[4] == '-' and result[7] == '-'", "abs(int(result[:4]) - $year) <= 1"),
)

_MOVED = {
    "stay": {
        "move": "",
        "off": "Weekends are days like any others",
        "off_again": "It makes no difference whether the result falls on a weekend",
    },
    "back": {
        "move": "due -= timedelta(days=max(0, due.weekday() - 4))",
        "off": "In the end, a date on a Saturday or Sunday is moved back to the Friday before, even into another month",
        "off_again": "If the day found that way is a Saturday or a Sunday, the result is the Friday before it, "
        "whatever the month",
    },
    "on": {
        "move": "if due.weekday() > 4:\n    due += timedelta(days=7 - due.weekday())",
        "off": "In the end, a date on a Saturday or Sunday is moved on to the following Monday, even into another month",
        "off_again": "If the day found that way is a Saturday or a Sunday, the result is the Monday after it, whatever "
        "the month",
    },
}
_MISSING = {
    "clamp": {
        "take": "due = date(year, month + 1, min(day, last))",
        "then": "the last day of that month is taken",
    },
    "next": {
        "take": "due = date(year, month + 1, min(day, last))\nif day > last:\n    due += timedelta(days=1)",
        "then": "the first day of the next month is taken",
    },
    "run_on": {
        "take": "due = date(year, month + 1, 1) + timedelta(days=day - 1)",
        "then": "the days that are too many run on into the next month, so that day 31 of a month of 30 days becomes "
        "day 1 of the next and day 30 of a February of 28 days becomes 2 March",
    },
    "none": {
        "take": "if day > last:\n    return None\ndue = date(year, month + 1, day)",
        "then": "return None",
    },
}


def _due(values: Values) -> dict[str, Any]:
    months, sticky, missing = values["months"], values["sticky"] == "yes", values["missing"]
    needs_last = sticky or missing != "run_on"
    needs_delta = values["weekend"] != "stay" or missing in ("next", "run_on")
    lines = [
        "begin = date.fromisoformat($start)",
        f"years, month = divmod(begin.month - 1 + {'' if months == 1 else f'{months} * '}$terms, 12)",
        "year, day = begin.year + years, begin.day",
    ]
    if needs_last:
        lines.append("last = monthrange(year, month + 1)[1]")
    if sticky:
        lines.append("if day == monthrange(begin.year, begin.month)[1]:\n    day = last")
    lines.append(str(values["take"]))
    if values["move"]:
        lines.append(str(values["move"]))
    return {
        "imports": ("from calendar import monthrange\n" if needs_last else "")
        + ("from datetime import date, timedelta" if needs_delta else "from datetime import date"),
        "body": "\n".join(lines),
        "every": "every month" if months == 1 else f"every {months} months",
        "ahead": "`$terms` months" if months == 1 else f"`$terms` times {months} months",
        "type": "str | None" if missing == "none" else "str",
    }


_DUE = Template(
    name="due_date",
    idea="the date a number of months on, with rules for missing days, ends of months and weekends",
    space={
        "months": (*range(1, 12), *range(13, 19)),
        "missing": _MISSING,
        "sticky": {
            "yes": {
                "ends": "If `$start` is the last day of its month, the result is the last day of its month as well; this "
                "comes before the rule for months without such a day",
                "ends_again": "The last day of a month leads to the last day of a month, even where that is a later "
                "number, or an earlier one because the month is shorter; the rule before this is for other dates only",
            },
            "no": {
                "ends": "That `$start` is the last day of its month changes nothing: 30 April leads to day 30 of other "
                "months",
                "ends_again": "Ends of months are not special: from 30 April one gets to day 30 of a month, not to day "
                "31",
            },
        },
        "weekend": _MOVED,
    },
    surface={
        "what": {
            "contract": {"thing": "contract", "event": "renewal"},
            "loan": {"thing": "loan", "event": "instalment"},
            "machine": {"thing": "maintenance plan", "event": "inspection"},
            "subscription": {"thing": "subscription", "event": "payment"},
            "lease": {"thing": "lease", "event": "review"},
        },
        "words": {
            "start": {"start": "start", "terms": "number"},
            "signed": {"start": "signed", "terms": "count"},
            "begins": {"start": "begins", "terms": "turn"},
            "since": {"start": "since", "terms": "n"},
        },
        "name": ("due_date", "nth_due_date", "term_date", "date_due", "falls_due"),
    },
    derive=_due,
    signature="($start: str, $terms: int) -> $type",
    wordings=(
        "A $thing begins on `$start`, and from then on there is one $event $every. Return the date of $event number "
        "`$terms`.",
        "Work out the date of $event number `$terms` of a $thing which begins on `$start` and has one $event $every.",
        "When is $event number `$terms` of a $thing, if it begins on `$start` and one $event follows $every? Return that "
        "date.",
        "`$start` is the date on which a $thing begins; after that, there is one $event $every. Find out on which date "
        "number `$terms` of them is due.",
    ),
    details={
        "count": (
            "It is $ahead after the beginning, on the same day of the month; number 0 is the beginning itself, and the "
            "rules that follow hold for it, too.",
            "That is the day with the same number in the month $ahead later, always counted from the beginning. "
            "Number 0 means the month of the beginning, with the same rules.",
        ),
        "missing": (
            "Where that month has no such day, $then.",
            "If there is no day of that number in the month, $then.",
        ),
        "sticky": ("$ends.", "$ends_again."),
        "weekend": ("$off.", "$off_again."),
        "form": (
            "Dates are texts in the form YYYY-MM-DD, and `$terms` is never negative.",
            "All dates are written YYYY-MM-DD; `$terms` is 0 or more.",
        ),
    },
    reference="""
        $imports

        def $name($start, $terms):
            $body
            return due.isoformat()
    """,
    second="""
        from datetime import date, timedelta

        def $name($start, $terms):
            one_day = timedelta(days=1)
            begin = date.fromisoformat($start)
            first = begin.replace(day=1)
            for _ in range($months * $terms):
                first = (first + 31 * one_day).replace(day=1)
            days = [first + n * one_day for n in range(31) if (first + n * one_day).month == first.month]
            if "$sticky" == "yes" and (begin + one_day).day == 1:
                due = days[-1]
            elif begin.day <= len(days):
                due = days[begin.day - 1]
            elif "$missing" == "none":
                return None
            else:
                extra = {"clamp": 0, "next": 1, "run_on": begin.day - len(days)}["$missing"]
                due = days[-1] + extra * one_day
            while "$weekend" != "stay" and due.isoweekday() in (6, 7):
                due += one_day if "$weekend" == "on" else -one_day
            return str(due)
    """,
    misreadings=(
        Misreading(kind="bounds", says="missing", choose="missing"),
        Misreading(kind="scope", says="sticky", choose="sticky"),
        Misreading(kind="scope", says="weekend", choose="weekend"),
    ),
    inputs=(
        mixed(
            _days("2023-01-25", "2024-12-31", "2023-02-28", "2024-02-29", "2024-08-31", "2023-11-30"),
            _dates(integers(2019, 2024), one_of(1, 3, 4, 5, 6, 7, 8, 10, 12), integers(26, 30, 30)),
            _days("2023-12-25", "2024-11-05", "2023-12-31", "2024-01-31", "2024-03-30", "2024-10-31"),
        ),
        integers(1, 13).plus(0),
    ),
    examples=("'2024-06-29', 0", "'2024-06-30', 0"),
    properties=("result is None or len(result) == 10", "result is None or result[:7] >= $start[:7] or $terms == 0"),
)


def _working(values: Values) -> dict[str, Any]:
    begins, count = _WEEKDAYS.index(values["first_free"]), values["free_days"]
    free = [(begins + n) % 7 for n in range(count)]
    names = [_WEEKDAYS[day] for day in free]
    single = count == 1
    is_free = f"day.weekday() == {free[0]}" if single else f"day.weekday() in {tuple(sorted(free))}"
    not_free = f"day.weekday() != {free[0]}" if single else f"day.weekday() not in {tuple(sorted(free))}"
    works = values["measure"] == "working"
    counted = (
        f"{not_free} and day.isoformat() not in $closed" if works else f"{is_free} or day.isoformat() in $closed"
    )
    low = "1, " if values["bounds"] in ("end", "neither") else ""
    high = " + 1" if values["bounds"] in ("both", "end") else ""
    total = f"sum({counted} for day in days)"
    exchange = {
        "zero": "begin, finish = date.fromisoformat($start), date.fromisoformat($end)",
        "exchange": "begin, finish = sorted((date.fromisoformat($start), date.fromisoformat($end)))",
        "negative": "begin, finish = date.fromisoformat($start), date.fromisoformat($end)\nsign = 1\n"
        "if finish < begin:\n    begin, finish, sign = finish, begin, -1",
    }[values["backwards"]]
    return {
        "free": free,
        "span": f"{low}(finish - begin).days{high}",
        "exchange": exchange,
        "result": f"sign * {total}" if values["backwards"] == "negative" else total,
        "free_names": names[0] if single else f"{names[0]} and {names[1]}",
        "free_each": f"Every {names[0]} is" if single else f"{names[0]}s and {names[1]}s are",
        "as_day": "a free day" if single else "free days",
    }


_WORKING = Template(
    name="days_between",
    idea="working or free days between two dates, with holidays",
    space={
        "first_free": _WEEKDAYS,
        "free_days": (1, 2),
        "bounds": {
            "both": {
                "edges": "both of these days included",
                "edges_note": "Both `$start` and `$end` are counted, if they are $kind days themselves",
            },
            "start": {
                "edges": "the first of these days included, the last one not",
                "edges_note": "The earlier of the two days itself is counted if it is one of them, the later one never "
                "is; if both are the same day, the result is 0",
            },
            "end": {
                "edges": "the last of these days included, the first one not",
                "edges_note": "The later of the two days itself is counted if it is one of them, the earlier one never "
                "is; if both are the same day, the result is 0",
            },
            "neither": {
                "edges": "neither of these days included",
                "edges_note": "Only days strictly between `$start` and `$end` are counted",
            },
        },
        "backwards": {
            "zero": {"then": "the result is 0"},
            "exchange": {"then": "exchange the two dates"},
            "negative": {"then": "return minus the number that the exchanged dates give"},
        },
        "measure": {"working": {"kind": "working"}, "free": {"kind": "free"}},
    },
    surface={
        "words": {
            "start": {"start": "start", "end": "end"},
            "since": {"start": "since", "end": "until"},
            "ordered": {"start": "ordered", "end": "delivered"},
            "opened": {"start": "opened", "end": "closed_on"},
            "sent": {"start": "sent", "end": "received"},
        },
        "closed": ("holidays", "days_off", "closures", "feasts"),
        "name": ("days_between", "count_days", "day_count", "days_passed", "span_in_days"),
    },
    derive=_working,
    signature="($start: str, $end: str, $closed: list[str]) -> int",
    wordings=(
        "Count the $kind days from `$start` to `$end`, $edges.",
        "How many $kind days are there from `$start` to `$end`, $edges? Return their number.",
        "Return the number of $kind days in the time from `$start` to `$end` ($edges).",
        "`$start` and `$end` are dates. Find out how many of the days from the one to the other are $kind days, with "
        "$edges.",
    ),
    details={
        "free": (
            "$free_each $as_day in this country, and so are the dates in the list `$closed`; all others are working "
            "days.",
            "Days are either working days or free days. $free_each $as_day, and the dates in `$closed` are free days, "
            "too.",
        ),
        "edges": ("$edges_note.",),
        "closed": (
            "`$closed` is in no particular order, and may hold a date twice or one that would be free anyway; each day "
            "counts once.",
            "The list may have repeats, dates outside the time in question and dates that are free in any case. No day "
            "is counted twice.",
        ),
        "backwards": (
            "If `$end` is before `$start`, $then.",
            "Where `$end` is the earlier date of the two, $then.",
        ),
        "form": ("All dates are valid and in the form YYYY-MM-DD.", "Dates are texts like 2031-07-04."),
    },
    reference="""
        from datetime import date, timedelta

        def $name($start, $end, $closed):
            $exchange
            days = [begin + timedelta(days=n) for n in range($span)]
            return $result
    """,
    second="""
        from datetime import date

        def $name($start, $end, $closed):
            a, b = date.fromisoformat($start).toordinal(), date.fromisoformat($end).toordinal()
            low, high = min(a, b), max(a, b)
            low += "$bounds" in ("end", "neither")
            high -= "$bounds" in ("start", "neither")
            if a > b and "$backwards" == "zero":
                return 0
            total = max(0, high - low + 1)
            # Ordinal 1 was a Monday, so ordinal n falls on weekday (n - 1) % 7.
            free = sum((high - 1 - day) // 7 - (low - 2 - day) // 7 for day in $free) if total else 0
            extra = {date.fromisoformat(day).toordinal() for day in $closed}
            free += len([n for n in extra if low <= n <= high and (n - 1) % 7 not in $free])
            count = free if "$measure" == "free" else total - free
            return -count if a > b and "$backwards" == "negative" else count
    """,
    misreadings=(
        Misreading(kind="bounds", says="edges", choose="bounds"),
        Misreading(kind="order", says="backwards", choose="backwards"),
        Misreading(kind="scope", says="$kind days", choose="measure"),
        Misreading(
            kind="repeats",
            says="closed",
            code="""
                from datetime import date, timedelta

                def $name($start, $end, $closed):
                    $exchange
                    days = [begin + timedelta(days=n) for n in range($span)]
                    extra = sum(date.fromisoformat(day) in days for day in $closed)
                    free = sum(day.weekday() in $free for day in days) + extra
                    return free if "$measure" == "free" else len(days) - free
            """,
        ),
    ),
    inputs=(
        _days("2024-02-20", "2024-03-20", "2024-02-29"),
        _days("2024-02-20", "2024-03-25", "2024-02-29", "2024-03-08"),
        lists(_days("2024-02-18", "2024-03-27", "2024-02-29", "2024-03-05"), 0, 6),
    ),
    examples=(
        "'2024-03-05', '2024-03-05', []",
        "'2024-03-07', '2024-03-07', ['2024-03-07']",
        "'2024-03-07', '2024-03-08', ['2024-03-08', '2024-03-07']",
    ),
    properties=("abs(result) <= 36", "$start != $end or 0 <= result <= 1"),
    equivalents=(
        Equivalent("finish < begin -> finish <= begin", "equal dates count no day here, whatever the sign"),
        Equivalent(
            "(date.fromisoformat($start), date.fromisoformat($end)) -> "
            "(date.fromisoformat($end), date.fromisoformat($start))",
            "what is sorted at once may stand in any order",
        ),
    ),
)


def _weeks(values: Values) -> dict[str, Any]:
    first, least, belongs = _WEEKDAYS.index(values["first"]), values["least"], values["edge"] == "whole"
    steps = []
    if belongs:
        ahead = "found >= week_one(year + 1)"
        behind = "found < week_one(year)"
        if least == 1:
            steps.append(f"if {ahead}:\n    year += 1")
        elif least == 7:
            steps.append(f"if {behind}:\n    year -= 1")
        else:
            steps.append(f"if {ahead}:\n    year += 1\nelif {behind}:\n    year -= 1")
    rule = {
        1: "the one that contains 1 January",
        7: "the first one whose days are all in that year",
    }.get(least, f"the first one that has at least {least} days in that year")
    if belongs:
        edge = (
            "A week belongs to one year as a whole, so days of January may be in the last week of the year before, and "
            "days of December in week 1 of the next year"
        )
        edge_again = (
            "All days of a week have the same number: those of January that come before week 1 are in the last week of "
            "the year before, those of December that lie in week 1 of the next year are counted there"
        )
        if least == 1:
            edge = "A week belongs to one year as a whole, so days of December may be in week 1 of the next year"
            edge_again = (
                "All days of a week have the same number: those of December that lie in week 1 of the next year are "
                "counted there"
            )
        if least == 7:
            edge = (
                "A week belongs to one year as a whole, so days of January may be in the last week of the year before"
            )
            edge_again = (
                "All days of a week have the same number: those of January that come before week 1 are in the last "
                "week of the year before"
            )
    elif least == 1:
        edge = "A date is never counted in a week of another year than its own: numbers go on up to 31 December"
        edge_again = "Numbers start anew on 1 January, so a week at the turn of the year has two of them"
    else:
        edge = (
            "A date is never counted in a week of another year than its own: the days before week 1 are in week 0, and "
            "numbers go on up to 31 December"
        )
        edge_again = (
            "Days of January that come before week 1 are in week 0. Up to 31 December, days are in weeks of their own "
            "year"
        )
    offset = "some_day.weekday()" if first == 0 else f"(some_day.weekday() - {first}) % 7"
    return {
        "offset": offset,
        "index": first,
        "year_steps": "\n".join(["year = found.year", *steps]),
        "rule": rule,
        "rule_again": f"the one in which {least} January lies",
        "edge_words": edge,
        "edge_again": edge_again,
    }


def _turns(years: Inputs, days: Inputs) -> Inputs:
    """Dates some days from the 1 January of a year."""
    parts = tuples(years, days)

    def draw(rng: Random) -> str:
        year, away = parts.draw(rng)
        return (date(year, 1, 1) + timedelta(days=away)).isoformat()

    return Inputs(draw)


_WEEK = Template(
    name="week_number",
    idea="the number of the week that a date is in, for a first day of the week and a rule for week 1",
    space={
        "first": _WEEKDAYS,
        "least": range(1, 8),
        "edge": ("whole", "calendar"),
        "form": {
            "number": {
                "result": "week",
                "gives": "the number of the week",
                "type": "int",
                "looks": "Return a whole number",
                "looks_again": "The result is an integer",
                "holds": "0 <= result <= 54",
            },
            "label": {
                "result": 'f"{year}-W{week:02}"',
                "gives": "the year and the number of the week",
                "type": "str",
                "looks": "Return a text such as 2031-W07: the year of the week, -W and two digits for the number",
                "looks_again": "The result looks like 2031-W07, where 2031 is the year that the week is counted in",
                "holds": "result[4:6] == '-W' and len(result) == 8",
            },
            "list": {
                "result": "[year, week]",
                "gives": "the year and the number of the week",
                "type": "list[int]",
                "looks": "Return a list of two whole numbers: the year that the week is counted in, then its number",
                "looks_again": "The result is a list such as [2031, 7] for week 7 of 2031",
                "holds": "len(result) == 2 and abs(result[0] - int($given[:4])) <= 1",
            },
        },
    },
    surface={
        "given": ("day", "today", "when", "on"),
        "what": {
            "plan": {"thing": "production plan"},
            "rota": {"thing": "rota"},
            "paper": {"thing": "newspaper"},
            "school": {"thing": "timetable"},
            "shop": {"thing": "sales report"},
        },
        "told": {"days": {"rule_words": "$rule"}, "date": {"rule_words": "$rule_again"}},
        "name": ("week_of", "week_number", "numbered_week", "calendar_week", "which_week"),
    },
    derive=_weeks,
    signature="($given: str) -> $type",
    wordings=(
        "Return $gives in which the date `$given` lies. Weeks begin on $first, and week 1 of a year is $rule_words.",
        "In a $thing, weeks run from $first on, and week 1 of a year is $rule_words. Find $gives of the date `$given`.",
        "A $thing numbers its weeks in a way of its own. Every week begins on a $first. Week 1 of a year is "
        "$rule_words. Determine $gives that the date `$given` belongs to.",
        "Work out $gives for the date `$given`, where a week begins on $first and week 1, the first of a year, is "
        "$rule_words.",
    ),
    details={
        "edge": ("$edge_words.", "$edge_again."),
        "form": ("$looks.", "$looks_again."),
        "input": ("`$given` is a valid date in the form YYYY-MM-DD.", "The date is given as YYYY-MM-DD."),
    },
    reference="""
        from datetime import date, timedelta

        def week_one(year):
            some_day = date(year, 1, $least)
            return some_day - timedelta(days=$offset)

        def $name($given):
            found = date.fromisoformat($given)
            $year_steps
            week = (found - week_one(year)).days // 7 + 1
            return $result
    """,
    second="""
        from datetime import date, timedelta

        def $name($given):
            found = date.fromisoformat($given)
            into = (found.weekday() - $index) % 7
            if "$edge" == "whole":
                # The day of the week that lies in the year to which the week belongs.
                decisive = found + timedelta(days=7 - $least - into)
                year, week = decisive.year, (decisive.timetuple().tm_yday + 6) // 7
            else:
                year, passed = found.year, found.timetuple().tm_yday
                opening = (date(year, 1, 1).weekday() - $index) % 7
                week = (passed - 1 + opening) // 7 + (7 - opening >= $least)
            return {"number": week, "label": "%04d-W%02d" % (year, week), "list": [year, week]}["$form"]
    """,
    misreadings=(
        Misreading(kind="scope", says="edge", choose="edge"),
        Misreading(kind="order", says="$first", choose="first"),
        Misreading(kind="bounds", says="$rule_words", choose="least"),
    ),
    inputs=(
        mixed(
            _turns(integers(2014, 2032), integers(-9, 9, 0)),
            _turns(integers(2014, 2032), integers(-5, 10)),
            Inputs(_days("2014-01-01", "2032-12-31", "2024-02-29").draw),
        ),
    ),
    properties=("$holds",),
)


def _pairs() -> Mapping[str, Mapping[str, Any]]:
    return {
        f"{_WEEKDAYS[a]} and {_WEEKDAYS[b]}": {"one": a, "two": b, "name_one": _WEEKDAYS[a], "name_two": _WEEKDAYS[b]}
        for a in range(7)
        for b in range(a + 1, 7)
    }


def _recurring(values: Values) -> dict[str, Any]:
    one, two = values["one"], values["two"]
    shifted = values["week"] == "Sunday"
    lost = values["dropped"] == "lost"
    return {
        "back": "(begin.weekday() + 1) % 7" if shifted else "begin.weekday()",
        "cycle": 7 * values["every"],
        "early": min((one + shifted) % 7, (two + shifted) % 7),
        "late": max((one + shifted) % 7, (two + shifted) % 7),
        "keep": "" if lost else " and day.isoformat() not in $off",
        "result": "[date for date in dates if date not in $off]" if lost else "dates",
        "interval": {2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth"}[values["every"]],
        "week_first": values["week"],
        "week_last": "Saturday" if shifted else "Sunday",
    }


_RECURRING = Template(
    name="recurring_dates",
    idea="the dates of an event on two weekdays of every second, third or fourth week",
    space={
        "dropped": {
            "lost": {
                "then": "is lost: it is one of the `$count` dates, but left out of the list",
                "then_again": "is left out without a replacement, so the list has fewer than `$count` dates then",
            },
            "made_up": {
                "then": "does not count: the list goes on until it has `$count` dates that are not in `$off`",
                "then_again": "is passed over and made up for by one more date at the end, so that there still are "
                "`$count` of them",
            },
        },
        "pair": _pairs(),
        "every": range(2, 7),
        "week": ("Monday", "Sunday"),
    },
    surface={
        "what": {
            "class": {"event": "class", "events": "classes"},
            "training": {"event": "training", "events": "trainings"},
            "clinic": {"event": "clinic", "events": "clinics"},
            "lesson": {"event": "lesson", "events": "lessons"},
            "tour": {"event": "tour", "events": "tours"},
        },
        "words": {
            "start": {"start": "start", "count": "count", "off": "cancelled"},
            "since": {"start": "since", "count": "wanted", "off": "skipped"},
            "begins": {"start": "begins", "count": "how_many", "off": "excluded"},
            "first": {"start": "first_day", "count": "number", "off": "dropped"},
        },
        "name": ("plan_dates", "event_dates", "schedule", "course_dates", "list_dates"),
    },
    derive=_recurring,
    signature="($start: str, $count: int, $off: list[str]) -> list[str]",
    wordings=(
        "List the dates of the first `$count` $events of a series. There is a $event on every $name_one and "
        "$name_two of every $interval week, beginning with the week in which `$start` lies.",
        "A series of $events takes place on $name_one and $name_two, but only in every $interval week; the first of "
        "these weeks is that of `$start`. Return the dates of its first `$count` $events.",
        "Plan `$count` $events: their days are $name_one and $name_two in every $interval week. The week of the date "
        "`$start` is the first that counts. Return a list of the dates.",
        "Return a list with the dates of `$count` $events. They are held on two days of a week, $name_one and "
        "$name_two. The week that `$start` is in has them, and after it every $interval week.",
    ),
    details={
        "begin": (
            "Days of the first week that are before `$start` are no part of the series; `$start` itself can be.",
            "The series has no date before `$start`, but may have one on that very day.",
        ),
        "week": (
            "A week runs from $week_first to $week_last.",
            "Weeks begin on $week_first and end on $week_last.",
            "The first day of a week is $week_first, its last one $week_last.",
        ),
        "dropped": (
            "A date that is in the list `$off` $then.",
            "Where a date of the series is in the list `$off`, it $then_again.",
        ),
        "order": (
            "The result is in the order of time. A `$count` of 0 gives an empty list, a negative one a `ValueError`.",
            "Dates come in ascending order. Raise `ValueError` if `$count` is negative; with 0, the list is empty.",
        ),
        "form": (
            "All dates are texts in the form YYYY-MM-DD.",
            "Dates are written like 2031-07-04, in the arguments as well as in the result.",
        ),
    },
    raises={"ValueError": "order"},
    reference="""
        from datetime import date, timedelta

        def $name($start, $count, $off):
            if $count < 0:
                raise ValueError("$count must not be negative")
            begin = day = date.fromisoformat($start)
            dates = []
            while len(dates) < $count:
                turn = ((day - begin).days + $back) % $cycle
                if turn in ($early, $late)$keep:
                    dates.append(day.isoformat())
                day += timedelta(days=1)
            return $result
    """,
    second="""
        from datetime import date
        from itertools import count as numbers, islice

        def all_dates(begin):
            # Ordinal 1 was a Monday, ordinal 0 a Sunday.
            lead = 1 if "$week" == "Monday" else 0
            first = begin - (begin - lead) % 7
            for week in numbers(first, 7 * $every):
                for day in range(week, week + 7):
                    if day >= begin and (day - 1) % 7 in ($one, $two):
                        yield date.fromordinal(day).isoformat()

        def $name($start, $count, $off):
            found = all_dates(date.fromisoformat($start).toordinal())
            if "$dropped" == "made_up":
                return list(islice((day for day in found if day not in $off), $count))
            return [day for day in islice(found, $count) if day not in $off]
    """,
    misreadings=(
        Misreading(kind="scope", says="dropped", choose="dropped"),
        Misreading(kind="order", says="week", choose="week"),
        Misreading(kind="bounds", says="begin", swap=("dates = []", "dates, day = [], day + timedelta(days=1)")),
        Misreading(kind="bounds", says="$interval week", choose="every"),
    ),
    inputs=(
        _days("2023-12-15", "2024-03-15", "2023-12-31", "2024-02-29"),
        integers(1, 6).plus(0, -1),
        lists(_days("2023-12-20", "2024-03-31", "2024-01-02", "2024-01-06", "2024-02-28"), 0, 8),
    ),
    properties=(
        "len(result) <= $count",
        "result == sorted(set(result)) and all(day >= $start and day not in $off for day in result)",
    ),
)

_NIGHTS = {
    f"{begin}-{end}": {"night": begin * 60, "morning": end * 60, "dusk": f"{begin}:00", "dawn": f"0{end}:00"}
    for begin, end in ((21, 5), (22, 6), (23, 6), (22, 5))
}


def _clock(values: Values) -> tuple[Inputs, ...]:
    night, morning, limit = values["night"], values["morning"], 60 * values["limit"]
    minutes = integers(0, 1439, night, morning, 480, (480 + limit) % 1440, (night + limit) % 1440)
    times = minutes.map(lambda n: f"{n // 60:02}:{n % 60:02}")
    hours = one_of("08:00", "20:00", f"{8 + values['limit']:02}:00", "12:00")
    wrong = one_of("24:00", "7:30", "12:60", "0730", "", "07:5", "08:00 ", "1a:00", "08.00", "29:15", "-1:30")
    drawn = mixed(times, times, times, times, hours, Inputs(wrong.draw))
    return (Inputs(drawn.draw, times.edges), Inputs(drawn.draw, ("20:00", *times.edges)))


_SHIFT = Template(
    name="shift_minutes",
    idea="day and night minutes of a shift between two clock times, less a break",
    held_out=True,
    space={
        "bound": {
            "more": {"op": ">", "other_op": ">=", "long": "is longer than $limit hours"},
            "least": {"op": ">=", "other_op": ">", "long": "lasts $limit hours or more"},
        },
        "hours": _NIGHTS,
        "limit": (4, 5, 6),
        "same": {
            "none": {"before": "<", "means": "no time at all passes"},
            "round": {"before": "<=", "means": "the shift lasts 24 hours"},
        },
        "rest": (15, 20, 30, 40, 45),
        "source": {
            "day": {"a": "day", "b": "night"},
            "night": {"a": "night", "b": "day"},
        },
    },
    surface={
        "words": {
            "begin": {"begin": "begin", "end": "end"},
            "came": {"begin": "came", "end": "went"},
            "clock": {"begin": "clock_in", "end": "clock_out"},
            "since": {"begin": "since", "end": "until"},
        },
        "who": ("nurse", "guard", "driver", "baker", "porter"),
        "name": ("shift_minutes", "paid_minutes", "split_shift", "day_and_night", "worked_minutes"),
    },
    derive=lambda values: {
        "enough": values["limit"] * 60,
        "next_morning": values["morning"] + 1440,
        "next_night": values["night"] + 1440,
    },
    signature="($begin: str, $end: str) -> list[int]",
    wordings=(
        "A $who works from `$begin` to `$end`. Return a list with the minutes to be paid at the day rate and those to "
        "be paid at the night rate.",
        "From the clock times `$begin` and `$end` of a $who's shift, work out how many paid minutes fall into the day "
        "and how many into the night, and return the two numbers as a list, day first.",
        "Return `[day, night]`: the paid minutes of a shift by day and by night. The $who starts it at `$begin` and "
        "ends it at `$end`.",
        "How many minutes of the shift that a $who works between `$begin` and `$end` are paid as day work, how many as "
        "night work? The result is a list of these two numbers, in this order.",
    ),
    details={
        "night": (
            "Night is from $dusk to $dawn; the minute that begins at $dusk is a night one, the one that begins at "
            "$dawn is not.",
            "The night begins at $dusk and ends at $dawn, and all other time is day.",
        ),
        "across": (
            "Where `$end` is earlier than `$begin`, the shift ends on the next day; where they are equal, $means.",
            "If `$end` is before `$begin`, it is a time of the following day. If both are the same, $means.",
        ),
        "rest": (
            "If the whole shift $long, $rest minutes of it are an unpaid break.",
            "A break of $rest minutes is not paid in a shift that $long.",
        ),
        "source": (
            "The break is taken from the $a minutes, and what they do not cover from the $b minutes.",
            "Take the break off the $a minutes, and if there are not enough of them, the rest of it off the $b minutes.",
        ),
        "wrong": (
            "`$begin` and `$end` are texts of the form HH:MM from 00:00 to 23:59; anything else, even 7:30, "
            "raises a `ValueError`.",
            "Times have two digits, a colon and two digits, and lie between 00:00 and 23:59. Any other text raises a "
            "`ValueError`.",
        ),
    },
    raises={"ValueError": "wrong"},
    reference="""
        import re

        def minute_of(time):
            if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", time):
                raise ValueError("no time: " + time)
            return 60 * int(time[:2]) + int(time[3:])

        def $name($begin, $end):
            first, last = minute_of($begin), minute_of($end)
            if last $before first:
                last += 1440
            day = 0
            for dawn, dusk in (($morning, $night), ($next_morning, $next_night)):
                day += max(0, min(last, dusk) - max(first, dawn))
            night = last - first - day
            if last - first $op $enough:
                taken = min($rest, $a)
                $a -= taken
                $b -= $rest - taken
            return [day, night]
    """,
    second="""
        from datetime import datetime, timedelta

        def $name($begin, $end):
            for text in ($begin, $end):
                digits = text[:2] + text[3:]
                if len(text) != 5 or text[2] != ":" or not set(digits) <= set("0123456789"):
                    raise ValueError(text)
            start, stop = (datetime.strptime("2001-01-01 " + text, "%Y-%m-%d %H:%M") for text in ($begin, $end))
            if stop < start or (stop == start and "$same" == "round"):
                stop += timedelta(days=1)
            parts = {"day": 0, "night": 0}
            while start < stop:
                late = start.strftime("%H:%M") >= "$dusk" or start.strftime("%H:%M") < "$dawn"
                parts["night" if late else "day"] += 1
                start += timedelta(minutes=1)
            total = sum(parts.values())
            if total $op $enough:
                parts["$a"] -= $rest
                if parts["$a"] < 0:
                    parts["$b"] += parts["$a"]
                    parts["$a"] = 0
            return list(parts.values())
    """,
    misreadings=(
        Misreading(kind="bounds", says="rest", choose="bound"),
        Misreading(kind="order", says="source", choose="source"),
        Misreading(kind="empty", says="across", choose="same"),
        Misreading(kind="bounds", says="night", swap=("($morning, $night)", "($morning + 1, $night)")),
        Misreading(
            kind="types",
            says="wrong",
            swap=(":[0-5][0-9]", ":[0-9][0-9]"),
        ),
    ),
    inputs=_clock,
    examples=("'08:00', '08:00'", "'24:00', '08:00'", "'7:30', '12:00'", "'00:00', '$dusk'", "'$dawn', '00:00'"),
    equivalents=(
        Equivalent(
            "(($morning, $night), ($next_morning, $next_night)) -> "
            "(($next_morning, $next_night), ($morning, $night))",
            "it makes no difference which of the two days is added first",
        ),
    ),
    properties=("result[0] >= 0 and result[1] >= 0", "sum(result) <= 1440"),
)

TEMPLATES: tuple[Template, ...] = (_FISCAL, _NTH, _DUE, _WORKING, _WEEK, _RECURRING, _SHIFT)
