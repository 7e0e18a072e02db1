"""Searching, selecting and resuming against a small GitHub that is held to GitHub's own OpenAPI description."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from github_kit import FakeGithub, Fault, Repo, fake_github
from sources_kit import git, repository

from lift_sys.data_synthesis.github_scraper import (
    FakeClock,
    GithubSource,
    Query,
    Selection,
    Settings,
    Token,
    scrape_github,
)
from lift_sys.data_synthesis.sources import checkout_all, load_sources
from lift_sys.data_synthesis.sources.lock import Lock
from lift_sys.errors import ConfigError, LiftError, RateLimited, ServiceUnavailable, SourceError, StorageError

SECRET = "ghp_NotARealTokenButSecret"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGithub]:
    with fake_github(tmp_path / "served") as fake:
        yield fake
        assert fake.problems == []


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"tests/test_one.py": b"def test_one():\n    pass\n", "demo/a.py": b"a = 1\n"}
    return repository(tmp_path_factory.mktemp("honest") / "project", files)


def serve(fake: FakeGithub, honest: Path, *repos: Repo) -> None:
    for repo in repos:
        fake.repos.append(repo)
        shutil.copytree(honest / ".git", fake.root / f"{repo.name}.git")


def scrape(fake: FakeGithub, out: Path, query: Query | None = None, count: int = 10, **settings: Any) -> Selection:
    base = Settings(api=fake.api, server=fake.server, clock=FakeClock(), jobs=2)
    return scrape_github(
        query or Query(licences=("MIT",)), count, out, settings=replace(base, **settings), refresh=False
    )


def names(selection: Selection) -> list[str]:
    return [entry.name for entry in selection.entries]


def test_most_starred_first_and_the_lock_is_all_that_a_later_run_needs(
    fake: FakeGithub, honest: Path, tmp_path: Path
) -> None:
    serve(fake, honest, Repo(1, "a/few", 10), Repo(2, "b/many", 900), Repo(3, "c/some", 500))
    selection = scrape(fake, tmp_path / "out", count=2)
    assert names(selection) == ["b/many", "c/some"]
    entry = selection.entries[0]
    assert (entry.kind, entry.version) == ("github", git(honest, "rev-parse", "HEAD"))
    assert entry.url == f"{fake.server}/b/many.git"
    assert entry.licence is not None
    assert entry.licence.spdx == "MIT"
    Lock(sources=selection.entries).save(tmp_path / "lock.json")
    fake.requests.clear()
    (made, _) = checkout_all(load_sources(tmp_path / "lock.json"), tmp_path / "elsewhere")
    assert not isinstance(made, LiftError)
    assert made.files == ("demo/__init__.py", "demo/a.py", "tests/test_one.py")
    assert (made.repository.kind, made.repository.name, made.repository.archive_sha256) == ("github", "b/many", None)
    assert fake.asked("/api/") == []
    fake.requests.clear()
    again = checkout_all(load_sources(tmp_path / "lock.json", offline=True), tmp_path / "out")
    assert next(one.repository for one in again if not isinstance(one, LiftError)) == made.repository
    assert fake.requests == []


def test_every_condition_is_asked_for_and_checked_again(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    good = Repo(1, "a/good", 100, topics=("parsing", "x"))
    wrong = {
        "few": {"stars": 9},
        "famous": {"stars": 10_000},
        "copyleft": {"licence": "GPL-3.0"},
        "none": {"licence": None},
        "fork": {"fork": True},
        "old": {"archived": True},
        "asleep": {"pushed": "2019-01-01T00:00:00Z"},
        "huge": {"size": 90_000},
        "other": {"language": "Rust"},
        "plain": {"topics": ()},
        "late": {"created": "2024-01-01T00:00:00Z"},
    }
    made = [
        replace(good, number=10 + n, name=f"b/{name}", **change) for n, (name, change) in enumerate(wrong.items())
    ]
    serve(fake, honest, good, *made)
    query = Query(
        licences=("MIT", "Apache-2.0"),
        stars=(10, 1000),
        size_kib=(1, 1000),
        pushed_since="2025-01-01",
        created=("2019-01-01", "2023-12-31"),
        topics=("parsing",),
    )
    selection = scrape(fake, tmp_path / "out", query)
    assert names(selection) == ["a/good"]
    assert selection.found == 1
    searches = [query for path, query, _ in fake.requests if path.endswith("/search/repositories")]
    assert len(searches) == 2


def test_a_search_that_is_days_behind_is_not_believed(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(
        fake, honest, Repo(1, "a/good", 900), Repo(2, "b/soon", 800), Repo(3, "c/gone", 700), Repo(4, "d/dmca", 600)
    )
    original = fake.answered

    def later(path: str, query: dict[str, list[str]]) -> Any:
        if path == "/repos/b/soon":
            return 200, {}, replace(fake.repos[1], archived=True).described(full=True)
        if path == "/repos/c/gone":
            return 404, {}, {"message": "Not Found"}
        return original(path, query)

    fake.answered = later  # type: ignore[method-assign]
    fake.lasting["/api/repos/d/dmca"] = Fault(
        451, body={"message": "Repository access blocked", "block": {"reason": "dmca"}}
    )
    selection = scrape(fake, tmp_path / "out")
    assert {decision.asked: decision.outcome.value for decision in selection.decisions} == {
        "a/good": "taken",
        "b/soon": "archived",
        "c/gone": "gone",
        "d/dmca": "blocked",
    }
    assert sum(selection.counts.values()) == len(selection.decisions)


def test_a_rename_is_followed_and_recorded(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(7, "new/name"))
    fake.moved["old/name"] = "new/name"
    selection = scrape(fake, tmp_path / "out", Query(names=("old/name",)))
    (decision,) = selection.decisions
    assert (decision.asked, decision.name, decision.detail) == ("old/name", "new/name", "renamed from old/name")
    assert selection.entries[0].url == f"{fake.server}/new/name.git"


def test_another_repository_under_a_known_name_is_not_taken(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/name"))
    original = fake.answered

    def squatted(path: str, query: dict[str, list[str]]) -> Any:
        if path == "/repos/a/name":
            return 200, {}, replace(fake.repos[0], number=99).described(full=True)
        return original(path, query)

    fake.answered = squatted  # type: ignore[method-assign]
    (decision,) = scrape(fake, tmp_path / "out").decisions
    assert (decision.outcome.value, decision.detail) == ("gone", "another repository (99) now has this name")


def test_a_repository_without_tests_is_refused_before_its_content_is_fetched(
    fake: FakeGithub, honest: Path, tmp_path: Path
) -> None:
    bare = repository(
        tmp_path / "bare", {"tests/__init__.py": b"", "tests/conftest.py": b"", "contest.py": b"x = 1\n"}
    )
    serve(fake, bare, Repo(1, "a/untested", 900))
    serve(fake, honest, Repo(2, "b/tested", 100))
    selection = scrape(fake, tmp_path / "out")
    assert [decision.outcome.value for decision in selection.decisions] == ["no_tests", "taken"]
    posts = [path for path in fake.asked("/a/untested.git") if path.endswith("git-upload-pack")]
    assert len(posts) == 2  # protocol 2: list the refs, fetch commit and trees; no third request for content
    relaxed = scrape(fake, tmp_path / "out", Query(licences=("MIT",), tests=False))
    assert names(relaxed) == ["a/untested", "b/tested"]


def test_more_than_a_thousand_results_are_all_found(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(9999, "a/top", 10_000))
    for n in range(2349):
        day = f"{2010 + n % 12}-{1 + n % 9:02}-{1 + n % 27:02}T{n % 24:02}:00:{n % 60:02}Z"
        fake.repos.append(Repo(n + 1, f"o/r{n}", stars=n % 700, created=day))
    selection = scrape(fake, tmp_path / "out", count=1)
    assert names(selection) == ["a/top"]
    assert selection.found == 2350
    assert selection.notes == ()


def test_a_second_with_too_many_is_said(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(9999, "a/top", 10_000))
    fake.repos += [Repo(n + 1, f"o/r{n}", stars=n) for n in range(1000)]
    query = Query(licences=("MIT",), created=("2020-06-01", "2020-06-01"))
    selection = scrape(fake, tmp_path / "out", query, count=1)
    assert selection.found == 1000
    assert len(selection.notes) == 1
    assert "1001 repositories were made in one second" in selection.notes[0]


def test_results_that_github_left_out_are_looked_for_again(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"))
    fake.incomplete = 1
    selection = scrape(fake, tmp_path / "out")
    assert names(selection) == ["a/one"]
    assert len(fake.asked("/api/search")) == 3
    assert selection.notes == ()


def test_results_that_moved_between_pages_are_not_lost(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(999, "a/top", 10_000))
    fake.repos += [Repo(n + 1, f"o/r{n}", stars=n, created=f"20{10 + n % 12}-03-01T00:00:00Z") for n in range(150)]
    fake.shuffled = 1
    selection = scrape(fake, tmp_path / "out", count=1)
    assert selection.found == 151
    assert selection.notes == ()


def test_spread_depends_on_the_seed_and_on_nothing_else(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    fake.repos += [Repo(n + 1, f"o/r{n}", stars=n) for n in range(30)]
    fake.lasting["/api/repos/"] = Fault(404)

    def order(folder: str, seed: int, jobs: int) -> list[str]:
        query = Query(licences=("MIT",), order="spread", seed=seed)
        return [decision.name for decision in scrape(fake, tmp_path / folder, query, jobs=jobs).decisions]

    first = order("one", 0, 1)
    fake.repos.reverse()
    assert order("two", 0, 4) == first
    assert order("three", 1, 1) != first


@pytest.mark.parametrize("jobs", [1, 3, 8])
def test_the_selection_does_not_depend_on_the_number_of_jobs(
    fake: FakeGithub, honest: Path, tmp_path: Path, jobs: int
) -> None:
    serve(fake, honest, *(Repo(n, f"o/r{n}", stars=n) for n in range(1, 6)))
    fake.lasting["/o/r4.git"] = Fault(404)
    fake.lasting["/o/r1.git"] = Fault(503)  # never needed, so no reason to stop
    selection = scrape(fake, tmp_path / "out", count=3, jobs=jobs)
    assert [(one.name, one.outcome.value) for one in selection.decisions] == [
        ("o/r5", "taken"),
        ("o/r4", "gone"),
        ("o/r3", "taken"),
        ("o/r2", "taken"),
    ]


def test_two_queries_share_no_state(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"), Repo(2, "b/two", topics=("x",)))
    both = scrape(fake, tmp_path / "out")
    one = scrape(fake, tmp_path / "out", Query(licences=("MIT",), topics=("x",)))
    assert (names(both), names(one)) == (["a/one", "b/two"], ["b/two"])
    assert scrape(fake, tmp_path / "out") == both


def test_answers_are_asked_for_again_with_their_etag_after_a_restart(
    fake: FakeGithub, honest: Path, tmp_path: Path
) -> None:
    serve(fake, honest, Repo(1, "a/one"))
    first = scrape(fake, tmp_path / "out")
    shutil.rmtree(next((tmp_path / "out/github").glob("*/search")))
    shutil.rmtree(next((tmp_path / "out/github").glob("*/decisions")))
    second = scrape(fake, tmp_path / "out")
    assert second == first
    assert (first.unchanged, second.unchanged, second.requests) == (0, 2, 2)


def test_damaged_answers_and_parts_on_disk_are_fetched_again(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"))
    first = scrape(fake, tmp_path / "out")
    for path in (tmp_path / "out/github").rglob("*.json"):
        path.write_bytes(path.read_bytes().replace(b"a/one", b"a/two")[:-3])
    assert scrape(fake, tmp_path / "out") == first


def test_a_finished_scrape_asks_nothing(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"), Repo(2, "b/two", 50))
    first = scrape(fake, tmp_path / "out", count=1)
    fake.requests.clear()
    assert scrape(fake, tmp_path / "out", count=1) == first
    assert fake.requests == []
    assert names(scrape(fake, tmp_path / "out", count=2)) == ["a/one", "b/two"]


# limits and faults


@pytest.mark.parametrize(
    ("fault", "slept"),
    [
        (Fault(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1750000900"}), [901.0]),
        (Fault(429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1750000900", "Retry-After": "7"}), [7.0]),
        (Fault(403, {"Retry-After": "42"}), [42.0]),
        (Fault(429, {"Retry-After": "42"}), [42.0]),
        (Fault(403, body={"message": "You have exceeded a secondary rate limit."}), [60.0]),
        (Fault(429, {"Retry-After": "soon"}), [60.0]),
        (Fault(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12"}), [1.0]),
        (Fault(502), [1.0]),
        (Fault(503, {"Retry-After": "20"}), [20.0]),
        (Fault(cut=True), [1.0]),
        (Fault(drop=True), [1.0]),
        (Fault(304), [1.0]),
        (Fault(200, {"Content-Encoding": "gzip"}), [1.0]),
    ],
)
def test_a_fault_costs_the_right_wait_and_nothing_else(
    fake: FakeGithub, honest: Path, tmp_path: Path, fault: Fault, slept: list[float]
) -> None:
    serve(fake, honest, Repo(1, "a/one"))
    fault.headers.setdefault("Date", "Sun, 15 Jun 2025 15:06:40 GMT")  # the fake clock's own time
    fake.faults["/api/search/repositories"] = [fault]
    clock = FakeClock()
    assert names(scrape(fake, tmp_path / "out", clock=clock)) == ["a/one"]
    assert clock.slept == slept


def test_secondary_limits_wait_longer_each_time(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"))
    fake.faults["/api/search/repositories"] = [Fault(429), Fault(429), Fault(429)]
    clock = FakeClock()
    assert names(scrape(fake, tmp_path / "out", clock=clock)) == ["a/one"]
    assert clock.slept == [60.0, 120.0, 240.0]


def test_the_last_request_of_the_hour_is_followed_by_the_wait(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"), Repo(2, "b/two"))
    body = fake.repos[0].described(full=True)
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1750000100",
        "Date": "Sun, 15 Jun 2025 15:06:40 GMT",
    }
    fake.faults["/api/repos/a/one"] = [Fault(200, headers, body)]
    clock = FakeClock()
    assert len(scrape(fake, tmp_path / "out", clock=clock).entries) == 2
    assert clock.slept == [101.0]


def test_a_wait_that_is_too_long_ends_the_run_and_the_next_goes_on(
    fake: FakeGithub, honest: Path, tmp_path: Path
) -> None:
    serve(fake, honest, Repo(1, "a/one"), Repo(2, "b/two"))
    fake.faults["/api/repos/b/two"] = [Fault(429, {"Retry-After": "90000"})]
    with pytest.raises(RateLimited, match="finished work is kept"):
        scrape(fake, tmp_path / "out")
    searches = len(fake.asked("/api/search"))
    assert len(scrape(fake, tmp_path / "out").entries) == 2
    assert len(fake.asked("/api/search")) == searches


def test_a_host_that_keeps_failing_is_given_up(fake: FakeGithub, tmp_path: Path) -> None:
    fake.lasting["/api/"] = Fault(502)
    clock = FakeClock()
    with pytest.raises(ServiceUnavailable, match="GitHub answers 502, 6 times in a row"):
        scrape(fake, tmp_path / "out", clock=clock)
    assert clock.slept == [1.0, 2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (Fault(401, body={"message": "Bad credentials"}), ConfigError, "GITHUB_TOKEN"),
        (Fault(422, body={"message": "Validation Failed"}), ConfigError, "can't carry out the search"),
        (Fault(301, {"Location": "http://169.254.169.254/latest"}), SourceError, "another host"),
        (Fault(302, {"Location": "file:///etc/passwd"}), SourceError, "another host"),
        (Fault(301), SourceError, "another host"),
        (Fault(418, body={"message": "\x1b[31mtea"}), SourceError, r"418 \(\?\[31mtea"),
        (Fault(200, body={"items": 3}), SourceError, "no total_count"),
    ],
)
def test_what_can_not_be_waited_out_is_said(
    fake: FakeGithub, tmp_path: Path, fault: Fault, kind: type[LiftError], told: str
) -> None:
    fake.lasting["/api/search"] = fault
    with pytest.raises(kind, match=told):
        scrape(fake, tmp_path / "out")


def test_redirects_in_a_circle_end(fake: FakeGithub, tmp_path: Path) -> None:
    fake.lasting["/api/search"] = Fault(301, {"Location": f"{fake.api}/search/repositories"})
    with pytest.raises(SourceError, match="in a circle"):
        scrape(fake, tmp_path / "out")


def test_odd_results_are_counted_and_passed_over(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"))
    good = fake.repos[0].described(full=False)
    odd = [None, {}, {**good, "full_name": "../../etc"}, {**good, "id": "1"}, {**good, "stargazers_count": None}]
    lie = {**good, "id": 2, "full_name": "b/lie", "fork": True}
    answer = {"total_count": 7, "incomplete_results": False, "items": [*odd, lie, good]}
    fake.faults["/api/search/repositories"] = [Fault(200, body=answer)]
    selection = scrape(fake, tmp_path / "out")
    assert names(selection) == ["a/one"]
    assert selection.found == 2
    assert [note.split(" ", 1)[0] for note in selection.notes] == ["5", "1"]


def test_a_git_server_that_recovers_and_one_that_does_not(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/shaky", 900), Repo(2, "b/dead", 800), Repo(3, "c/fine", 700))
    fake.faults["/a/shaky.git/info/refs"] = [Fault(502), Fault(drop=True)]
    fake.lasting["/b/dead.git"] = Fault(503)
    with pytest.raises(ServiceUnavailable, match="--skip-unreachable"):
        scrape(fake, tmp_path / "out")
    assert names(scrape(fake, tmp_path / "out", count=1)) == ["a/shaky"]
    selection = scrape(fake, tmp_path / "out", skip_unreachable=True)
    assert [decision.outcome.value for decision in selection.decisions] == ["taken", "unreachable", "taken"]


def test_a_rename_after_the_lock_is_followed_by_git(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "old/name"))
    lock = tmp_path / "lock.json"
    Lock(sources=scrape(fake, tmp_path / "out").entries).save(lock)
    (fake.root / "new").mkdir()
    (fake.root / "old/name.git").rename(fake.root / "new/name.git")
    fake.moved["old/name"] = "new/name"
    (source,) = load_sources(lock)
    made = source.checkout(tmp_path / "fresh")
    assert made.repository.name == "old/name"
    assert "demo/a.py" in made.files


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(451), "withholds it"),
        (Fault(404), "deleted, renamed or made private"),
        (Fault(403), "failed"),
        (Fault(301, {"Location": "http://127.0.0.2:1/x/info/refs"}), "another host"),
        (Fault(301, {"Location": "file:///etc/info/refs"}), "another host"),
        (Fault(301, {"Location": "/login"}), "another host or page"),
    ],
)
def test_a_locked_repository_that_is_no_longer_there(
    fake: FakeGithub, honest: Path, tmp_path: Path, fault: Fault, told: str
) -> None:
    serve(fake, honest, Repo(1, "a/one"))
    Lock(sources=scrape(fake, tmp_path / "out").entries).save(tmp_path / "lock.json")
    fake.lasting["/a/one.git"] = fault
    (source,) = load_sources(tmp_path / "lock.json")
    with pytest.raises(SourceError, match=told):
        source.checkout(tmp_path / "fresh")


def test_a_licence_that_the_texts_do_not_confirm_is_refused(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/says-apache", licence="Apache-2.0"))
    (decision,) = scrape(fake, tmp_path / "out", Query(licences=("Apache-2.0",))).decisions
    assert decision.outcome.value == "licence"
    assert decision.detail == "GitHub says Apache-2.0, the texts say MIT"


def test_github_s_word_is_no_licence(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    """Where a repository has no licence text at all, what GitHub says does not stand in for it."""
    bare = repository(tmp_path / "bare", {"tests/test_x.py": b"", "LICENSE": b""})
    git(bare, "rm", "--quiet", "LICENSE")
    git(bare, "commit", "--quiet", "-m", "second")
    serve(fake, bare, Repo(1, "a/unlicensed"))
    (decision,) = scrape(fake, tmp_path / "out").decisions
    assert (decision.outcome.value, decision.detail) == ("licence", "no licence found")


# the token


def test_the_token_goes_to_the_api_and_nowhere_else(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"))
    selection = scrape(fake, tmp_path / "out", token=Token(SECRET))
    Lock(sources=selection.entries).save(tmp_path / "out/lock.json")
    for path, query, headers in fake.requests:
        expected = f"Bearer {SECRET}" if path.startswith("/api/") else None
        assert headers.get("authorization") == expected
        assert SECRET not in path + query
    kept = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(kept) > 5
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]
    assert SECRET not in repr(Token(SECRET)) + repr(selection)


def test_credentials_of_the_user_s_own_files_are_not_sent(
    fake: FakeGithub, honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(fake, honest, Repo(1, "new/name"))
    fake.moved["old/name"] = "new/name"
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    scrape(fake, tmp_path / "out", Query(names=("old/name",)))
    GithubSource("old/name", url=f"{fake.server}/old/name.git").checkout(tmp_path / "fresh")
    assert not [path for path, _, headers in fake.requests if "authorization" in headers]


def test_git_never_sees_the_token(
    fake: FakeGithub, honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for git writes down its arguments and environment, then becomes git."""
    serve(fake, honest, Repo(1, "a/one"))
    seen, real = tmp_path / "seen", shutil.which("git")
    stand_in = tmp_path / "bin/git"
    stand_in.parent.mkdir()
    stand_in.write_text(f'#!/bin/sh\n{{ env; echo "$@"; }} >> {seen}\nexec {real} "$@"\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    settings = Settings.from_environment(os.environ)
    assert settings.token is not None
    assert names(scrape(fake, tmp_path / "out", token=settings.token)) == ["a/one"]
    assert "cat-file" in seen.read_text()
    assert SECRET not in seen.read_text()


@pytest.mark.parametrize(
    "api", ["http://api.example.invalid", "https://user:x@example.invalid", "ftp://x", "x", "https://"]
)
def test_addresses_that_are_not_used(tmp_path: Path, api: str) -> None:
    with pytest.raises(ConfigError):
        scrape_github(Query(), 1, tmp_path, settings=Settings(api=api, token=Token(SECRET), clock=FakeClock()))


@pytest.mark.parametrize("text", ["two words", "line\nbreak", "é", "x" * 1001])
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(ConfigError) as told:
        Settings.from_environment({"GITHUB_TOKEN": text})
    assert text not in str(told.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "Python stars:>1"},
        {"topics": ("a b",)},
        {"topics": ("x license:gpl",)},
        {"licences": ()},
        {"licences": ("mit OR gpl",)},
        {"stars": (5, 1)},
        {"stars": (-1, None)},
        {"pushed_since": "yesterday"},
        {"pushed_since": "2025-02-30"},
        {"created": ("2025-01-01", "2024-01-01")},
        {"names": ("../etc",)},
        {"names": ("a/b/c",)},
        {"names": ("a/..",)},
        {"names": ("-a/b",)},
        {"names": ("a/b.git",)},
        {"names": ("a/b\n",)},
        {"order": "best"},
    ],
)
def test_queries_that_say_something_else(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Query(**wrong)


# the command


def command(fake: FakeGithub, folder: Path, *arguments: str) -> Any:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "COLUMNS": "120",
        "GITHUB_API_URL": fake.api,
        "GITHUB_SERVER_URL": fake.server,
        "GITHUB_TOKEN": SECRET,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    program = "import sys; from lift_sys.cli import main; sys.argv[0] = 'lift-sys'; main()"
    line = [sys.executable, "-c", program, "scrape", "github", *arguments]
    return subprocess.Popen(
        line, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_command_writes_a_lock_and_tells_what_it_did(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one", 900), Repo(2, "b/two", 800), Repo(3, "c/three", 10))
    done = command(fake, tmp_path, "-n", "5", "--licence", "MIT", "--stars", "50..", "--lock", "my.lock.json")
    out, errors = done.communicate()
    assert done.returncode == 0, errors
    assert "2 taken of 2 looked at" in out
    assert "Fewer fit than were asked for" in out
    assert [entry.name for entry in Lock.load(tmp_path / "my.lock.json").sources] == ["a/one", "b/two"]
    assert SECRET not in out + errors
    again = command(fake, tmp_path, "a/one", "x/absent", "--json")
    rows = [json.loads(line) for line in again.communicate()[0].splitlines()]
    assert [(row["asked"], row["outcome"]) for row in rows] == [("a/one", "taken"), ("x/absent", "gone")]


def killed_at(fake: FakeGithub, folder: Path, number: int) -> bool:
    """Starts a scrape and kills it in the middle of its nth request; whether it got that far."""
    fake.requests.clear()
    process: list[subprocess.Popen[str]] = []

    def hook(seen: int) -> None:
        if seen == number:
            process[0].kill()
            process[0].wait()

    fake.on_request = hook
    with command(fake, folder, *ARGUMENTS) as child:
        process.append(child)
        child.communicate()
    fake.on_request = lambda seen: None
    return child.returncode != 0


ARGUMENTS = ("-n", "3", "--licence", "MIT", "--licence", "ISC", "--stars", "1..", "--lock", "my.lock.json", "-j", "2")


def kill_and_compare(fake: FakeGithub, tmp_path: Path, points: range) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    with command(fake, whole, *ARGUMENTS) as child:
        child.communicate()
    assert child.returncode == 0
    kills = sum(killed_at(fake, broken, number) for number in points)
    assert kills >= 2
    with command(fake, broken, *ARGUMENTS) as child:
        child.communicate()
    assert (broken / "my.lock.json").read_bytes() == (whole / "my.lock.json").read_bytes()
    reports = [
        next((folder / "build/cache/sources/github").glob("*/selection.json")).read_bytes()
        for folder in (whole, broken)
    ]
    assert reports[0] == reports[1]


@pytest.fixture
def crowd(fake: FakeGithub, honest: Path) -> FakeGithub:
    serve(fake, honest, *(Repo(n, f"o/r{n}", stars=50 + n) for n in range(1, 5)))
    serve(fake, honest, Repo(9, "o/gone", stars=900))
    fake.lasting["/api/repos/o/gone"] = Fault(404)
    return fake


def test_a_killed_scrape_goes_on_and_ends_with_the_same_lock(crowd: FakeGithub, tmp_path: Path) -> None:
    kill_and_compare(crowd, tmp_path, range(3, 9, 4))


@pytest.mark.slow
def test_a_scrape_killed_at_every_request_ends_with_the_same_lock(crowd: FakeGithub, tmp_path: Path) -> None:
    kill_and_compare(crowd, tmp_path, range(1, 21))


def test_two_scrapes_of_one_query_do_not_write_together(fake: FakeGithub, honest: Path, tmp_path: Path) -> None:
    serve(fake, honest, Repo(1, "a/one"))

    def second(seen: int) -> None:
        if seen == 1:
            with pytest.raises(StorageError, match="another run"):
                scrape(fake, tmp_path / "out")

    fake.on_request = second
    assert names(scrape(fake, tmp_path / "out")) == ["a/one"]
