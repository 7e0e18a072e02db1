"""Locale files of our own, so that a box has the same foreign locales on every machine, whatever its host installed.

glibc reads one file for each category, `<folder>/<name>/<category>`: a magic number, the number of items, the offset
of each, then the items (`locale/loadlocale.c` and `locale/categories.def` of glibc say which, in which order). Only
the categories that Python programs meet are written: numbers, dates and money. Order of strings (LC_COLLATE) and
classes of characters (LC_CTYPE) stay those of C, so marks in numbers are ASCII, a blank for the narrow one.
"""

from __future__ import annotations

import os
import sys

CATEGORIES = {"LC_TIME": 2, "LC_NUMERIC": 1, "LC_MONETARY": 4}
"""Category and its number in glibc's magic."""
_MAGIC, _MAGIC_CTYPE_ON = 0x20031115, 0xFFFFFFFF
_FIRST_DAY = 19971130
"""A Sunday: weeks start there (`week` in a locale's source)."""


class Locale:
    """What differs between two locales. Names are separated by blanks, Sunday and January first."""

    def __init__(self, days: str, months: str, point: str, comma: str, groups: bytes, money: str, date: str) -> None:
        self.days = days.split()
        self.months = months.split()
        self.point = point
        self.comma = comma
        self.groups = groups
        self.money = money
        self.date = date


LOCALES = {
    "de_DE": Locale(
        "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        *(",", ".", b"\3\3", "EUR", "%d.%m.%Y"),
    ),
    "tr_TR": Locale(
        "Pazar Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi",
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        *(",", ".", b"\3\3", "TRY", "%d-%m-%Y"),
    ),
    "hi_IN": Locale(
        "रविवार सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार",
        "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्तूबर नवंबर दिसंबर",
        *(".", ",", b"\3\2", "INR", "%A %d %b %Y"),
    ),
    "fr_FR": Locale(
        "dimanche lundi mardi mercredi jeudi vendredi samedi",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        *(",", " ", b"\3", "EUR", "%d/%m/%Y"),
    ),
    "pl_PL": Locale(
        "niedziela poniedziałek wtorek środa czwartek piątek sobota",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        *(",", " ", b"\3", "PLN", "%d.%m.%Y"),
    ),
}


def write(folder: str) -> None:
    """Write every locale below `folder`, which must exist."""
    for name, locale in LOCALES.items():
        os.mkdir(f"{folder}/{name}")
        for category, items in zip(CATEGORIES, (_time(locale), _numeric(locale), _money(locale)), strict=True):
            with open(f"{folder}/{name}/{category}", "wb") as file:
                file.write(_file(CATEGORIES[category], items))


def _file(category: int, items: list[bytes]) -> bytes:
    """Each item on an address that four divides, as wide characters and numbers need it."""
    start = 8 + 4 * len(items)
    offsets, body = [], b""
    for item in items:
        offsets.append(start + len(body))
        body += item + bytes(-len(item) % 4)
    head = [_MAGIC ^ category, len(items), *offsets]
    return b"".join(number.to_bytes(4, sys.byteorder) for number in head) + body


def _time(locale: Locale) -> list[bytes]:
    """The 159 items of LC_TIME (glibc 2.27 and later)."""
    short_days, short_months = [day[:3] for day in locale.days], [month[:3] for month in locale.months]
    names = [*short_days, *locale.days, *short_months, *locale.months, "", ""]
    formats = [f"%a {locale.date} %T", locale.date, "%T", "%T"]
    wide_months, wide_short_months = _wide(locale.months), _wide(short_months)
    return [
        *_narrow(names + formats),
        *_narrow(["", "", ""]),  # era, its year, its date
        bytes(100),  # other digits
        *_narrow(["", ""]),  # date and time of the era, time of the era
        _word(0),  # eras
        b"\0",
        *_wide(names + formats),
        *_wide(["", ""]),
        bytes(400),
        *_wide(["", ""]),
        b"\7",
        _word(_FIRST_DAY),
        *(b"\4", b"\2", b"\2", b"\1", b"\0"),  # first week, first day, first working day, direction, zone
        *_narrow([formats[0]]),
        *_wide([formats[0]]),
        *_narrow(["UTF-8", *locale.months]),
        *wide_months,
        *_narrow(short_months),
        *wide_short_months,
    ]


def _numeric(locale: Locale) -> list[bytes]:
    point, comma = locale.point, locale.comma
    return [
        *_narrow([point, comma]),
        locale.groups + b"\0",
        _character(point),
        _character(comma),
        *_narrow(["UTF-8"]),
    ]


def _money(locale: Locale) -> list[bytes]:
    point, comma = locale.point, locale.comma
    symbols = _narrow([locale.money + " ", locale.money])
    before, apart = b"\0", b"\1"  # the amount stands before its symbol, with a blank between
    style = [before, apart, before, apart]
    return [
        *symbols,
        *_narrow([point, comma]),
        locale.groups + b"\0",
        *_narrow(["", "-"]),
        *(b"\2", b"\2", *style, b"\1", b"\1"),
        *_narrow(["+" + locale.money]),
        *(*style, b"\1", b"\1"),
        *symbols,  # from here to the rate: a second currency beside the first, the same here
        *(b"\2", b"\2", *style, *style, b"\1", b"\1", b"\1", b"\1"),
        *map(_word, (10101, 99991231, 10101, 99991231)),
        _word(1) * 2,
        _character(point),
        _character(comma),
        *_narrow(["UTF-8"]),
    ]


def _narrow(texts: list[str]) -> list[bytes]:
    return [text.encode() + b"\0" for text in texts]


def _wide(texts: list[str]) -> list[bytes]:
    return [b"".join(map(_character, text)) + bytes(4) for text in texts]


def _character(text: str) -> bytes:
    return ord(text).to_bytes(4, sys.byteorder)


def _word(number: int) -> bytes:
    return number.to_bytes(4, sys.byteorder)
