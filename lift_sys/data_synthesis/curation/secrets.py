"""Secrets in a row: keys and tokens by their form, and random strings that are assigned to a telling name.

Forms come from the regex plugins of detect-secrets (those that flag ordinary code are left
out) and from `_FORMS` for what it lacks. What stands in documentation as an example is no secret: see
`is_placeholder`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from lift_sys.data_synthesis.curation.texts import Find, scan
from lift_sys.records import Example, Rejection, RejectionReason

_LEFT_OUT = {
    "Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector", "KeywordDetector",
    "PrivateKeyDetector",  # flags the header line that code compares with; `_FORMS` asks for the key
}  # fmt: skip

_FORMS = {
    "private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\+n)*([A-Za-z0-9+/=]{24,})",
    "GitHub token": r"\b(gh[opusr]_[0-9A-Za-z_]{36,})\b",
    "GitLab token": r"\b(gl(?:pat|dt|ft|soat|rt|ptt|oas)-[0-9A-Za-z_-]{20,})",
    "Google API key": r"\b(AIza[0-9A-Za-z_-]{35})(?![0-9A-Za-z_-])",
    "GitHub fine-grained token": r"\b(github_pat_[0-9A-Za-z_]{36,})\b",
    "Anthropic key": r"\b(sk-ant-[0-9A-Za-z_-]{20,})",
    "OpenAI key": r"\b(sk-(?:proj-|svcacct-)?[0-9A-Za-z_-]{40,})",
    "Hugging Face token": r"\b(hf_[0-9A-Za-z]{30,})\b",
    "AWS secret key": r"(?i)aws.{0,30}?[\"'=:\s]([0-9A-Za-z/+]{40})(?![0-9A-Za-z/+=])",
    "Slack webhook": r"(https://hooks\.slack\.com/services/T[0-9A-Z]+/B[0-9A-Z]+/[0-9A-Za-z]{20,})",
    "Stripe key": r"\b((?:sk|rk)_(?:live|test)_[0-9A-Za-z]{20,})\b",
    "DigitalOcean token": r"\b(do[opr]_v1_[0-9a-f]{64})\b",
    "Databricks token": r"\b(dapi[0-9a-f]{32})\b",
    "Shopify token": r"\b(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})\b",
}
_NAMED = re.compile(
    r"(?i)(?:passw(?:or)?d|passwd|pwd|secret|token|api_?key|access_?key|private_?key|credential|auth_?key)"
    r"[\w.-]{0,30}[\"']?\]?\s*(?::\s*str\s*)?(?:=|:|=>)\s*[bru]?[\"']([^\"'\s]{16,})[\"']"
)
"""A string given to a name that speaks of a secret; the entropy decides."""
MIN_ENTROPY = 3.5
"""Bits a character: English words stay below 3.4 at this length, random base64 of 20 characters is near 4."""
_MARKERS = re.compile(
    r"(?i)example|sample|dummy|placeholder|change_?me|insert|redacted|lorem|hunter2|your[-_]|x{5}|\.\.\.|<|\{"
    r"|(?:^|[-_.:/])(?:test|fake|foo|bar|spam|xxx|secret|passw\w*)(?:[-_.:/]|$)"
)
"""Words that say that a value is none. Short ones count only when they stand alone: random letters spell them too."""
_RUNS = (
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "01234567890123456789",
    "98765432109876543210",
    "0123456789abcdef0123456789abcdef",
    "0123456789ABCDEF0123456789ABCDEF",
    "deadbeefdeadbeef",
)
KNOWN_EXAMPLES = frozenset(
    {
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        # the token that jwt.io shows, and the one of RFC 7519, by their signatures
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }
)
_RESERVED_HOST = re.compile(
    r"(?i)(?:^|\.)(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|local|internal|domain\.\w+|host(?:name)?|server)"
    r"(?::\d+)?$|^(?:127|10|192\.168)\.[\d.]+|^\[?::1|^(?:foo|bar|baz|a|b|x|y|google|python|host|site|server|db)\.?\w*$"
)


class SecretFind(Find):
    """Shown with its start, which tells its owner which one it is."""

    @property
    def shown(self) -> str:
        return f"{self.kind} in {self.part}: {self.value[:4]}... ({len(self.value)} characters)"


def find_secrets(text: str, part: str = "text") -> Iterator[SecretFind]:
    """Every secret in a text, placeholders left out."""
    for kind, pattern in _patterns().items():
        for match in pattern.finditer(text):
            if not is_placeholder(match[1]):
                yield SecretFind(kind, part, match[1])
    for plugin in _plugins():
        for value in plugin.analyze_string(text):
            if plugin.secret_type == "Basic Auth Credentials":
                if not _example_login(text, value):
                    yield SecretFind("password in a URL", part, value)
            elif re.search(r"\d", value) and not is_placeholder(value):
                yield SecretFind(plugin.secret_type, part, value)
    for match in _NAMED.finditer(text):
        if entropy(match[1]) >= MIN_ENTROPY and _mixed(match[1]) and not is_placeholder(match[1]):
            yield SecretFind("random string with a telling name", part, match[1])


def is_placeholder(value: str) -> bool:
    """Whether a value is documentation: a published example, a word that says so, an alphabet or a repetition."""
    if any(known in value for known in KNOWN_EXAMPLES) or _MARKERS.search(value):
        return True
    body = re.sub(r"^[A-Za-z]{2,8}[-_]", "", value)
    if len(set(body)) <= max(4, len(body) // 6):
        return True
    return any(run[i : i + 8] in value for run in _RUNS for i in range(len(run) - 7))


def entropy(text: str) -> float:
    """Shannon entropy of the characters, in bits each."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def _mixed(value: str) -> bool:
    """Letters and digits, no words: prose, paths, URLs and identifiers are no keys."""
    if re.search(r"[/\\]{2}|^[^\w-]|[%$(\[]|^[a-z]+(?:[-_.:/][a-z]+)+$", value):
        return False
    return bool(re.search(r"\d", value)) and bool(re.search(r"[A-Za-z]", value))


def _example_login(text: str, password: str) -> bool:
    """A login in a URL that shows a format: reserved hosts, short or wordlike passwords."""
    at = text.find(f":{password}@")
    host = re.split(r"[/?#\s\"'`>),]", text[at + len(password) + 2 :], maxsplit=1)[0] if at >= 0 else ""
    wordlike = len(password) < 8 or not (re.search(r"\d", password) and re.search(r"[A-Za-z]", password))
    return wordlike or bool(_RESERVED_HOST.search(host)) or is_placeholder(password)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {kind: re.compile(pattern) for kind, pattern in _FORMS.items()}


@cache
def _plugins() -> tuple[Any, ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes: Any = get_mapping_from_secret_type_to_class().values()
    return tuple(
        plugin() for plugin in sorted(classes, key=lambda plugin: plugin.__name__) if plugin.__name__ not in _LEFT_OUT
    )


@dataclass(frozen=True)
class Secrets:
    """The step: a row with a secret anywhere is rejected as `secret`; the detail never holds the secret."""

    name: str = "secrets"

    def __call__(self, examples: Iterable[Example]) -> Iterator[Example | Rejection]:
        return scan(examples, find_secrets, RejectionReason.SECRET)
