"""Secrets and personal data: planted ones are found wherever they stand, examples and plain code are let through."""

from __future__ import annotations

import pytest
from curation_kit import call, row

from lift_sys.data_synthesis.curation.personal import PersonalData, find_personal
from lift_sys.data_synthesis.curation.planted import PLACES, plant, planted
from lift_sys.data_synthesis.curation.secrets import Secrets, find_secrets
from lift_sys.records import Rejection, RejectionReason

BASE = row("def f(a):\n    return a + 1\n")
PLANTED = list(planted(seed=7, rounds=3))


@pytest.mark.parametrize("place", PLACES)
def test_what_is_planted_is_found_wherever_it_stands(place: str) -> None:
    for item in PLANTED:
        step = PersonalData() if item.personal else Secrets()
        found = next(step([plant(BASE, item.line, place)]))
        assert isinstance(found, Rejection), item.kind
        wanted = RejectionReason.PERSONAL_DATA if item.personal else RejectionReason.SECRET
        assert found.reason is wanted


def test_a_rejection_does_not_repeat_what_it_found() -> None:
    for item in PLANTED:
        step = PersonalData() if item.personal else Secrets()
        found = next(step([plant(BASE, item.line, "comment")]))
        assert isinstance(found, Rejection)
        words = [word.strip("'\"<>.") for word in item.line.split() if len(word) > 12]
        assert not any(word in found.detail for word in words)


NO_SECRET = [
    "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'",
    "https://user:pass@example.com/path",
    "http://user:hunter22@localhost:8080/",
    "password = 'correct horse battery staple'",
    "token = 'abcdefghijklmnopqrstuvwxyz0123456789'",
    "api_key = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
    "secret_key = 'your-secret-key-goes-here-123'",
    "token_pattern = r'[A-Za-z_][A-Za-z0-9_]*'",
    "TOKENS = 'NAME NUMBER STRING NEWLINE INDENT'",
    "-----BEGIN RSA PRIVATE KEY-----",
    "0123456789abcdef0123456789abcdef",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'",
]
NOBODY = [
    "user@example.com, a@b.co, john.doe@mail.example.org, foo@bar.com, git@github.com, name@domain.tld",
    "x@y.T and self@other.inv and icon@2x.png and __import__@module.py",
    "4111 1111 1111 1111 and 4242424242424242 and 4503599627370496 and 4.111111111111117",
    "DE89370400440532013000 and GB82 WEST 1234 5698 7654 32 and DE00000000000000000000",
    "phone: 555-0134 and +1 212 555 0199 and +44 20 7946 0018 and call(12, 34, 56) and +1.4142135623731",
    "078-05-1120 and 2024-01-02 and 123-45-6789 and 000-12-3456 and 192.168.10.1 and 10.0.0.7",
    "RSSMRA85T10A562S and DNI: 12345678Z",
    "Author: Name and written by the team and authors: see AUTHORS and reported by Python Software",
    "version 1.2.3-45-6789 and uuid 123e4567-e89b-12d3-a456-426614174000",
]


@pytest.mark.parametrize("text", NO_SECRET)
def test_examples_and_plain_code_are_no_secrets(text: str) -> None:
    assert list(find_secrets(text)) == []


@pytest.mark.parametrize("text", NOBODY)
def test_made_up_people_and_reserved_numbers_are_nobody(text: str) -> None:
    assert list(find_personal(text)) == []


def test_a_wrong_check_digit_is_no_number() -> None:
    iban = next(item.line for item in PLANTED if item.kind == "bank account")
    card = next(item.line for item in PLANTED if item.kind == "payment card")
    for line in (iban, card):
        broken = line[:-1] + str((int(line[-1]) + 1) % 10)
        assert list(find_personal(line))
        assert not list(find_personal(broken))


def test_numbers_of_tests_are_not_read_as_cards() -> None:
    example = BASE.model_copy(update={"tests": (call(4929123485671239, result=1), *BASE.tests)})
    assert next(PersonalData()([example])) == example


def test_a_long_line_without_a_match_takes_no_time_to_speak_of() -> None:
    """Patterns that backtrack would need minutes for these."""
    for text in ("a" * 200_000, "password " * 20_000, "1 " * 50_000, "author " * 20_000, "a.b@" * 30_000):
        assert list(find_secrets(text)) == []
        assert list(find_personal(text)) == []
