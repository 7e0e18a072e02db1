"""What the pages of `lift-sys browse` hold, asked for without a browser."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
import time
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from browse_rows import EVIL, write_rows
from browse_server import LIFT_SYS

from lift_sys.data_synthesis.dataset import read_examples
from lift_sys.errors import ConfigError, StorageError
from lift_sys.reports.browse.catalogue import open_catalogue
from lift_sys.reports.browse.query import Query, match_of, search
from lift_sys.reports.browse.show import visible, web_address


def get(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return found


def listed(text: str) -> list[str]:
    return re.findall(r'class="head"><code>([^<]*)</code>', text)


def counted(text: str) -> str:
    found = re.search(r'role="status">([^<,]*)', text)
    return found[1].strip() if found else ""


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/", "121 rows"),
        ("/?q=double_7", "11 rows"),
        ("/?q=number", "0 rows"),
        ("/?q=please+double", "120 rows"),
        ("/?q=doub", "120 rows"),
        ("/?project=parts", "60 rows"),
        ("/?category=text&project=parts", "30 rows"),
        ("/?oracle=generated", "120 rows"),
        ("/?oracle=doctest", "0 rows"),
        ("/?licence=MIT&difficulty=easy", "120 rows"),
        ("/?quality_min=0.9&quality_max=0.95", "6 rows"),
        ("/?mutation_min=0.4", "120 rows"),
        ("/?mutation_max=0.4", "1 row"),
        ("/?statements_min=6", "17 rows"),
        ("/?survivors=none", "0 rows"),
        ("/?survivors=some", "121 rows"),
        ("/?projection=-", "121 rows"),
        ("/rejects", "71 rejects"),
        ("/rejects?reason=flaky", "25 rejects"),
        ("/rejects?q=lost_6+tools", "11 rejects"),
        ("/rejects?q=100%25", "0 rejects"),
    ],
)
def test_filters_and_search_find_what_fits(address: str, path: str, count: str) -> None:
    status, text, _ = get(address, path)
    assert (status, counted(text)) == (200, count)


def test_pages_hold_each_row_once_in_order(address: str) -> None:
    pages = [listed(get(address, f"/?page={number}")[1]) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 21]
    assert [name for page in pages for name in page][:120] == [f"double_{number}" for number in range(120)]


def test_order_is_the_one_asked_for(address: str) -> None:
    assert listed(get(address, "/?sort=quality")[1])[0] == "double_99"
    assert listed(get(address, "/?sort=statements")[1])[:2] == ["double_6", "double_13"]


@pytest.mark.parametrize(
    "query",
    [
        "q=%22%29+OR+1",
        "q=a*%20NEAR(",
        "q=%00%FF",
        "page=-3",
        "page=99999999999",
        "quality_min=nan",
        "quality_min=1e999",
        "sort=id;DROP",
        "project=%27%20OR%201=1--",
        "survivors=x",
        "q=" + "x" * 5000,
        "statements_max=",
        "q=_",
    ],
)
def test_no_address_breaks_the_list(address: str, query: str) -> None:
    assert get(address, f"/?{query}")[0] == 200
    assert get(address, f"/rejects?{query}")[0] == 200


@pytest.mark.parametrize("path", ["/row/zzz", "/row/00000000", "/row/%27", "/nothing", "/static/../app.py", "/docs"])
def test_what_is_not_there_is_said(address: str, path: str) -> None:
    status, text, headers = get(address, path)
    assert status == 404
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "Show all rows" in text or path.startswith("/static")


def test_a_row_shows_everything(address: str, folder: Path) -> None:
    row = next(row for row in read_examples(folder) if row.entry_point == "double_3")
    text = unescape(re.sub(r"<[^>]+>", "", get(address, f"/row/{row.id}?q=double&sort=name")[1]))
    for told in (
        "Write `double_3`.",
        "Write `double_3`, please.",
        "Twice n.",
        "visible",
        "hidden",
        "recorded",
        "generated",
        "survived boundary, line 3",
        "killed constant, line 3 by test 1",
        "equivalent",
        "proved by bytecode",
        "-     if n > 10:",
        "+     if n >= 10:",
        "Test 1 got 5",
        "Twice, number 3.",
        "tools 1.0",
        "MIT",
        "one_process",
        "double_5 tools",
        row.id,
    ):
        assert told in text, told


def test_neighbours_follow_the_search(address: str, folder: Path) -> None:
    ids = {row.entry_point: row.id for row in read_examples(folder)}
    text = get(address, f"/row/{ids['double_61']}?project=parts")[1]
    assert re.findall(r'rel="(\w+)" href="/row/(\w+)\?project=parts"', text) == [
        ("prev", ids["double_60"]),
        ("next", ids["double_62"]),
    ]
    assert "2 of 60" in text


def test_mined_text_is_text(address: str, folder: Path) -> None:
    row = next(row for row in read_examples(folder) if row.entry_point == "hostile")
    for path in (f"/row/{row.id}", "/?page=3", f"/?q={quote(EVIL)}", f"/?project={quote(EVIL)}", "/rejects?page=2"):
        text = get(address, path)[1]
        assert "<script>window" not in text, path
        assert "<img" not in text, path
        assert 'href="javascript' not in text, path
        assert "\u202e" not in text, path
        assert "\u0007" not in text, path
        assert "{{7*7}}" in text or "49" not in text, path


def test_nothing_inline_and_nothing_foreign(address: str, folder: Path) -> None:
    first = next(iter(read_examples(folder))).id
    for path in ("/", "/rejects", f"/row/{first}", "/nothing"):
        _, text, headers = get(address, path)
        tags = re.findall(r"<[^>]*>", re.sub(r'="[^"]*"', "=", text))
        assert not [tag for tag in tags if re.search(r"^<style|\s(style|on\w+)=|^<(script|iframe)(?! src=)", tag)], (
            path
        )
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil:1"]
)
def test_another_host_name_is_refused(address: str, host: str) -> None:
    status, text, _ = get(address, "/", Host=host)
    assert status == 421
    assert "double" not in text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:8765", "[::1]", "[::1]:8765"])
def test_loopback_names_are_answered(address: str, host: str) -> None:
    assert get(address, "/", Host=host)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(address: str, method: str) -> None:
    assert get(address, "/", method)[0] == 405


def test_it_listens_on_loopback_alone(address: str) -> None:
    """Each address of 127/8 is loopback, but only the one was bound."""
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", int(address.rpartition(":")[2])))


def test_a_published_folder_and_a_file_are_read(folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "v1.jsonl"
    shutil.copy(folder / "examples.jsonl", rows)
    known = json.loads((folder / "manifest.json").read_text())
    published = {key: known[key] for key in ("schema_version", "rows")} | {"name": "v1", "files": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(published))
    for place in (tmp_path, rows):
        catalogue = open_catalogue(place)
        with catalogue.connect() as database:
            assert search(database, Query()).total == 121
        database.close()
        assert catalogue.rejects is None


def test_the_index_is_made_once_and_again_when_the_rows_change(tmp_path: Path) -> None:
    place = write_rows(tmp_path / "dataset", 20)
    told: list[tuple[int, int]] = []
    open_catalogue(place, lambda done, total: told.append((done, total)))
    assert told[-1] == (92, 92)
    told.clear()
    open_catalogue(place, lambda done, total: told.append((done, total)))
    assert told == []
    shutil.rmtree(place)
    write_rows(place, 30)
    open_catalogue(place, lambda done, total: told.append((done, total)))
    assert told[-1] == (102, 102)


def test_a_wrong_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        open_catalogue(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="holds no rows"):
        open_catalogue(tmp_path)
    place = write_rows(tmp_path / "dataset", 3)
    with (place / "examples.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(StorageError, match="changed"):
        open_catalogue(place)


def test_a_port_in_use_is_told(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run([LIFT_SYS, "browse", str(folder), "--port", port], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_words_of_a_search_are_never_syntax() -> None:
    assert match_of('a" OR b* ^c (d) NEAR') == '"a"* "OR"* "b"* "c"* "d"* "NEAR"*'
    assert match_of("snake_case ... _") == '"snake_case"*'


def test_unseen_characters_are_shown() -> None:
    assert visible("a\u202eb\u200bc\x1b[0m\td\n") == "a⟨U+202E⟩b⟨U+200B⟩c⟨U+001B⟩[0m\td\n"
    assert web_address("javascript:x") is web_address("//x") is web_address("http://[") is None


@pytest.mark.slow
def test_ten_thousand_rows_answer_in_a_tenth_of_a_second(tmp_path: Path) -> None:
    catalogue = open_catalogue(write_rows(tmp_path / "dataset", 10_000))
    asked = [
        {},
        {"q": "double"},
        {"q": "please double_9"},
        {"sort": "quality", "page": "150"},
        {"oracle": "recorded", "quality_min": "0.3", "survivors": "some", "sort": "name", "q": "write"},
    ]
    for given in asked:
        times = []
        for _ in range(9):
            started = time.process_time()
            with catalogue.connect() as database:
                assert search(database, Query.read(given)).rows
            database.close()
            times.append(time.process_time() - started)
        assert sorted(times)[4] < 0.1, given
