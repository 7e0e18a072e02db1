from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("suite", "the synthetic suite (tests/synthetic)")
    group.addoption("--provider", default="", help="run this provider's model on the suite, not the references")
    group.addoption("--model", default="", help="the model that the provider is to run")
