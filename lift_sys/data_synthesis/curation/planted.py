"""Secrets and personal data made up from a seed, and rows with them planted: what the scans are measured on.

Every value has the form and the check digits of a real one and is random otherwise, so none is anybody's, and none
stands in this file.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lift_sys.records import Example

_UPPER_DIGITS = string.ascii_uppercase + string.digits
_WORDS = string.ascii_letters + string.digits
_LOWER, _DIGITS = string.ascii_lowercase, "123456789"
_BASE64 = _WORDS + "+/"


@dataclass(frozen=True)
class Planted:
    """Something that must be found."""

    kind: str
    personal: bool
    line: str
    """One line of code or prose that holds it."""


def planted(seed: int, rounds: int = 1) -> Iterator[Planted]:
    """Each kind of secret and of personal data, `rounds` times."""
    for turn in range(rounds):
        for personal, makers in ((False, _SECRETS), (True, _PERSONAL)):
            for kind, make in makers.items():
                yield Planted(kind, personal, make(random.Random(f"{seed} {turn} {kind}")))


PLACES = ("comment", "docstring", "constant", "prompt", "ir", "test argument", "test result", "bytes argument")


def plant(example: Example, line: str, place: str) -> Example:
    """The row with `line` at one of `PLACES`."""
    if place == "comment":
        return example.model_copy(update={"code": f"{example.code}\n# {line}\n"})
    if place == "docstring":
        return example.model_copy(update={"code": f'{example.code}\n\ndef g():\n    """{line}"""\n'})
    if place == "constant":
        return example.model_copy(update={"code": f"{example.code}\nTEXT = {line!r}\n"})
    if place == "prompt":
        return example.model_copy(update={"prompts": {**example.prompts, "request": f"Do it. {line}"}})
    if place == "ir":
        intent = example.ir.intent.model_copy(update={"rationale": line})
        return example.model_copy(update={"ir": example.ir.model_copy(update={"intent": intent})})
    value = {"b": line.encode().hex()} if place == "bytes argument" else line
    first = example.tests[0]
    if place == "test result":
        changed = first.model_copy(update={"expected": first.expected.model_copy(update={"value": value})})
    else:
        changed = first.model_copy(update={"args": (value,)})
    return example.model_copy(update={"tests": (changed, *example.tests[1:])})


def _some(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def _jwt(rng: random.Random) -> str:
    parts = [f'{{"alg":"HS256","n":{rng.randrange(10**6)}}}', f'{{"sub":"{_some(rng, string.digits, 10)}"}}']
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, _some(rng, _WORDS + "-_", 43)])


def _key(rng: random.Random) -> str:
    body = _some(rng, _BASE64, 64)
    return f"-----BEGIN RSA PRIVATE KEY-----\\n{body}"


_SECRETS: dict[str, Callable[[random.Random], str]] = {
    "AWS access key": lambda r: f"key is AKIA{_some(r, _UPPER_DIGITS, 16)}",
    "AWS secret key": lambda r: f"aws_secret_access_key = '{_some(r, _BASE64, 40)}'",
    "GitHub token": lambda r: f"ghp_{_some(r, _WORDS, 36)}",
    "GitHub fine-grained token": lambda r: f"github_pat_{_some(r, _WORDS, 22)}_{_some(r, _WORDS, 59)}",
    "GitLab token": lambda r: f"glpat-{_some(r, _WORDS, 20)}",
    "Slack token": lambda r: f"xoxb-{_some(r, _DIGITS, 11)}-{_some(r, _DIGITS, 12)}-{_some(r, _LOWER, 24)}",
    "Stripe key": lambda r: f"sk_live_{_some(r, _WORDS, 24)}",
    "Google API key": lambda r: f"AIza{_some(r, _WORDS + '_-', 34)}a",
    "OpenAI key": lambda r: f"sk-proj-{_some(r, _WORDS, 48)}",
    "Anthropic key": lambda r: f"sk-ant-api03-{_some(r, _WORDS + '_-', 60)}",
    "Hugging Face token": lambda r: f"hf_{_some(r, string.ascii_letters, 34)}",
    "npm token": lambda r: f"//registry.host.io/:_authToken=npm_{_some(r, _WORDS, 36)}",
    "PyPI token": lambda r: f"pypi-AgEIcHlwaS5vcmc{_some(r, _WORDS, 90)}",
    "SendGrid key": lambda r: f"SG.{_some(r, _WORDS, 22)}.{_some(r, _WORDS, 43)}",
    "Twilio key": lambda r: f"AC{_some(r, '0123456789abcdef', 32)}",
    "Discord token": lambda r: f"M{_some(r, _WORDS, 23)}.{_some(r, _WORDS, 6)}.{_some(r, _WORDS, 27)}",
    "Azure storage key": lambda r: f"AccountKey={_some(r, _BASE64, 86)}==",
    "JSON web token": _jwt,
    "private key": _key,
    "password in a URL": lambda r: f"postgres://app:{_some(r, _WORDS, 14)}7k@db.{_some(r, _LOWER, 8)}.net/main",
    "named secret": lambda r: f"db_password = '{_some(r, _WORDS, 24)}5'",
    "named token": lambda r: f'{{"api_token": "{_some(r, _WORDS + "-_", 32)}9"}}',
}  # fmt: skip

_FIRST = ("Ingrid", "Matteo", "Oluwaseun", "Priya", "Tomasz", "Yuki", "Camille", "Rodrigo")
_LAST = ("Haverkamp", "Bellucci", "Adeyemi", "Venkatesan", "Kowalczyk", "Shimizu", "Lefebvre", "Figueroa")


def _mail(rng: random.Random) -> str:
    first, last = rng.choice(_FIRST).lower(), rng.choice(_LAST).lower()
    host = _some(rng, string.ascii_lowercase, 7)
    return f"Patch by <{first}.{last}@{host}.{rng.choice(['com', 'de', 'org', 'co.uk'])}>"


def _digits(rng: random.Random, length: int) -> str:
    """Digits without the patterns of numbers that somebody typed."""
    while True:
        value = _some(rng, string.digits, length)
        runs = any(run in value for run in ("1234", "5678", "9876", "0000", "555"))
        if len(set(value)) >= min(6, length - 2) and value[0] != "0" and not runs:
            return value


def _iban(rng: random.Random) -> str:
    body = _digits(rng, 18)
    return f"IBAN DE{98 - int(body + '131400') % 97:02d}{body}"


def _card(rng: random.Random) -> str:
    body = "4" + _digits(rng, 14)
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(body))
    number = body + str(-total % 10)
    return f"card {' '.join(number[i : i + 4] for i in range(0, 16, 4))}"


def _dni(rng: random.Random) -> str:
    number = _digits(rng, 8)
    return f"DNI: {number}{'TRWAGMYFPDXBNJZSQVHLCKE'[int(number) % 23]}"


_PERSONAL: dict[str, Callable[[random.Random], str]] = {
    "mail address": _mail,
    "phone number": lambda r: f"+49 {r.randrange(171, 179)} {_digits(r, 4)} {_digits(r, 3)}",
    "labelled phone number": lambda r: f"phone: ({r.randrange(212, 989)}) {r.randrange(231, 499)}-{_digits(r, 4)}",
    "bank account": _iban,
    "payment card": _card,
    "social security number": lambda r: f"{r.randrange(230, 650)}-{r.randrange(12, 99)}-{r.randrange(2310, 9876)}",
    "DNI": _dni,
    "national insurance number": lambda r: f"NINO: JK {_digits(r, 2)} {_digits(r, 2)} {_digits(r, 2)} C",
    "author line": lambda r: f"Author: {r.choice(_FIRST)} {r.choice(_LAST)}",
    "contributor": lambda r: f"Contributed by {r.choice(_FIRST)} {r.choice(_LAST)}.",
}  # fmt: skip
