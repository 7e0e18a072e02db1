from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest

NO_SKIPS = os.environ.get("LIFT_SYS_NO_SKIPS") == "1"
"""Set by `.ci/run`, which installs all that tests use: there a skip for want of something is an error."""
MAY_SKIP = (
    # not root, or no second user
    "only root can become somebody else",
    "only root may look into the box's processes",
    "needs root, to give it up, and a system's Python",
    "becoming another user takes root, as in a container",
    "no interpreter that an ordinary user can read",
    # another architecture, kernel or size of machine
    "the numbers are those of x86_64",
    "no control groups here",
    "no device that is always full",
    "this machine has memory for it",
    # another Python, or no second one
    "that interpreter is too old",
    "ctypes is built into this interpreter",
    "the known answer is of Python 3.11",
    "no other Python is there",
    "harbor needs Python 3.12",
    # a promise that a provider of fixed texts doesn't make
    "its texts are what they are",
    "it can be asked anything",
)
"""Why a test may be skipped even there: nothing that could be installed would let it run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("suite", "the synthetic suite (tests/synthetic)")
    group.addoption("--provider", default="", help="run this provider's model on the suite, not the references")
    group.addoption("--model", default="", help="the model that the provider is to run")


def pytest_configure(config: pytest.Config) -> None:
    # What a shell starts in the background ignores SIGINT, and so do its children: tests send it to them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    provider, model = config.getoption("--provider"), config.getoption("--model")
    if model and not provider:
        raise pytest.UsageError(
            f"--model {model} says nothing without --provider: add --provider local (or openai, scripted), "
            "or leave --model out to judge the references"
        )
    if provider and config.getoption("dist", "no") != "no":
        raise pytest.UsageError(
            "each worker of pytest-xdist would run a model of its own on every task: leave -n out with --provider"
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_skip(report)
    return report


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a failure of a skip that nothing on the list allows; an expected failure is none."""
    if not (NO_SKIPS and report.skipped and isinstance(report.longrepr, tuple)):
        return
    path, line, reason = report.longrepr
    if not any(allowed in reason for allowed in MAY_SKIP):
        report.outcome = "failed"
        report.longrepr = f"LIFT_SYS_NO_SKIPS: {reason} ({path}:{line})"
