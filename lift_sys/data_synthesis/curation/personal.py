"""Personal data in a row: addresses, numbers and names that look like those of a real person.

Programs and their tests are full of made-up ones, so each rule asks for what made-up ones lack: a mail address with a
registered kind of domain, a number whose check digits fit, a phone number with its country or its label. Numbers that
were published as examples are let through (`reserved`), so are the ranges that are reserved for fiction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lift_sys.data_synthesis.curation.reserved import (
    EXAMPLE_HOSTS,
    EXAMPLE_USERS,
    IBAN_LENGTHS,
    MAIL_DOMAINS,
    PUBLISHED_NUMBERS,
)
from lift_sys.data_synthesis.curation.texts import Find, scan
from lift_sys.records import Example, Rejection, RejectionReason

_MAIL = re.compile(
    r"(?<![\w.+/:%@-])([A-Za-z0-9][\w.+-]{1,63})@((?:[A-Za-z0-9-]{2,63}\.)+[A-Za-z]{2,12})(?![\w@]|\.\w)"
)
_PLACEHOLDER = re.compile(r"(?i)(?:your|my|some)\w*|([a-z])\1*|[a-z]{2}|python-\w+")
"""Names made up on the spot: one letter, `yourname`, `mycompany`."""
_IBAN = re.compile(r"(?<![A-Z0-9])([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?)(?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![\w.+-])(\d{4}([ -]?)\d{4}\2\d{4}\2\d{3,4}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5})(?![\w.-]\d|\w)")
_CARD_PREFIX = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6011|65|35|30[0-5]|36|38")
_PHONE = re.compile(
    r"(?<![\w.+-])\+(?!\d+\.\d+\b(?!\.))(\d{1,3}[ .()-]{1,2}\d[\d ().-]{5,16}\d|[1-9]\d{9,13})(?![\w.])"
)
_LABELLED = re.compile(
    r"(?i)\b(?:tel(?:ephone)?|phone|fax|mobile|cell|whatsapp|call(?: me)?(?: at)?)\b[^\n\d+]{0,15}"
    r"(\+?\(?\d{2,4}\)?(?:[ .()-]{1,2}\d{2,4}){2,4})(?![\w-])"
)
_FICTION = re.compile(
    r"555\d{4}$|^(?:44)?0?(?:2079460\d{3}|1632960\d{3}|7700900\d{3})|123456|000000|^\d{0,3}(\d)\1{5}"
)
"""Numbers kept for films: 555 in North America, three ranges of Ofcom's; and numbers typed without thinking."""
_SOCIAL = re.compile(r"(?<![\w.-])(?!000|666|9\d\d)(\d{3})-(?!00)(\d\d)-(?!0000)(\d{4})(?![\w.-])")
_ITALIAN = re.compile(r"(?<!\w)([A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z])(?!\w)")
_SPANISH = re.compile(r"(?i)\b(?:dni|nif|nie)\b[^\n\w]{0,10}([XYZ]?\d{7,8}-?[A-Z])\b")
_BRITISH = re.compile(
    r"(?i)\b(?:nino|national insurance)\b[^\n\w]{0,20}([A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D])\b"
)
_AUTHOR = re.compile(
    r"(?i)(?<!\w)(?:__author__|authors?|maintainers?|(?:written|contributed|submitted|suggested|reported|coded)"
    r"(?: \w+)? by)[ \t]*[:=]*[ \t]*[\"']?(?-i:([A-Z][a-zà-ÿ]+(?: [A-Z]\.)? (?:van |von |de )?[A-Z][a-zà-ÿ]+))\b"
)
_NO_NAME = re.compile(
    r"(?i)\b(?:team|project|authors?|contributors?|foundation|developers?|group|inc|python|name|software|labs?)\b"
)


def find_personal(text: str, part: str = "text") -> Iterator[Find]:
    """Everything in a text that looks like a real person's."""
    for kind, pattern, real in _RULES:
        for match in pattern.finditer(text):
            if real(match):
                yield Find(kind, part, match[0])


def _real_mail(match: re.Match[str]) -> bool:
    user, domain = match[1].lower().partition("+")[0], match[2].lower()
    *front, second, top = domain.split(".")
    if front and second in ("co", "com", "org", "ac", "gov", "net", "edu", "or", "ne"):
        second = front[-1]
    if top not in MAIL_DOMAINS or re.search(r"(?:^|\.)(?:test|invalid|localhost|local)(?:\.|$)|example", domain):
        return False
    return not _made_up(second, EXAMPLE_HOSTS) and not _made_up(user, EXAMPLE_USERS)


def _made_up(name: str, known: frozenset[str]) -> bool:
    name = name.rstrip("0123456789") or name
    return name in known or bool(_PLACEHOLDER.fullmatch(name))


def _real_iban(match: re.Match[str]) -> bool:
    """The check of ISO 13616: the number, its start moved to its end, is 1 modulo 97."""
    value = match[1].replace(" ", "")
    if len(value) != IBAN_LENGTHS.get(value[:2]) or value in PUBLISHED_NUMBERS or _dull(value[4:]):
        return False
    return int("".join(str(int(char, 36)) for char in value[4:] + value[:4])) % 97 == 1


def _real_card(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[1])
    return (
        bool(_CARD_PREFIX.match(digits)) and digits not in PUBLISHED_NUMBERS and not _dull(digits) and _luhn(digits)
    )


def _luhn(digits: str) -> bool:
    """The check of ISO/IEC 7812-1."""
    doubled = [int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _dull(digits: str) -> bool:
    """Counted up, repeated, or mostly one digit; and powers of two, which programs are full of."""
    if len(set(digits)) < 5 or re.search(r"01234|12345|56789|98765|(\d)\1{4}|^(\d{2,4})\2+$", digits):
        return True
    return digits.isdigit() and any(abs(int(digits) - 2**power) <= 2 for power in range(43, 64))


def _real_phone(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[1])
    return 8 <= len(digits) <= 15 and not _FICTION.search(digits) and not _dull(digits)


def _real_social(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[0])
    return digits not in PUBLISHED_NUMBERS and len(set(digits)) > 3 and not re.search(r"1234|4321|(\d)\1{3}", digits)


_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD_LETTERS = (*_ODD_DIGITS, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def _real_italian(match: re.Match[str]) -> bool:
    """The check letter of the codice fiscale (decree of 12 March 1974)."""
    code = match[1]
    odd = sum(_ODD_DIGITS[int(char)] if char.isdigit() else _ODD_LETTERS[ord(char) - 65] for char in code[0:15:2])
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in code[1:15:2])
    return code not in PUBLISHED_NUMBERS and chr(65 + (odd + even) % 26) == code[15]


def _real_spanish(match: re.Match[str]) -> bool:
    """The check letter of DNI and NIE: the number modulo 23."""
    code = match[1].upper().replace("-", "")
    number = code[:-1].translate(str.maketrans("XYZ", "012"))
    return (
        code not in PUBLISHED_NUMBERS
        and not _dull(number)
        and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == code[-1]
    )


def _real_british(match: re.Match[str]) -> bool:
    return match[1].upper().replace(" ", "") not in PUBLISHED_NUMBERS


def _real_author(match: re.Match[str]) -> bool:
    return not _NO_NAME.search(match[1])


_RULES: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    ("mail address", _MAIL, _real_mail),
    ("bank account (IBAN)", _IBAN, _real_iban),
    ("payment card", _CARD, _real_card),
    ("phone number", _PHONE, _real_phone),
    ("phone number", _LABELLED, _real_phone),
    ("social security number", _SOCIAL, _real_social),
    ("codice fiscale", _ITALIAN, _real_italian),
    ("DNI or NIE", _SPANISH, _real_spanish),
    ("national insurance number", _BRITISH, _real_british),
    ("name in an author line", _AUTHOR, _real_author),
)


@dataclass(frozen=True)
class PersonalData:
    """The step: a row with personal data anywhere is rejected; the detail never holds the data."""

    name: str = "personal_data"

    def __call__(self, examples: Iterable[Example]) -> Iterator[Example | Rejection]:
        return scan(examples, find_personal, RejectionReason.PERSONAL_DATA)
