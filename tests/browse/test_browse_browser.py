"""`lift-sys browse` in a real browser: keys, scripts off, hostile rows, narrow and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browse_chromium import CHROMIUM, Browser

from lift_sys.data_synthesis.dataset import read_examples

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `apt-get install chromium`")
NAME = "document.activeElement.querySelector('code')?.textContent"
TITLE = "document.querySelector('h1')?.textContent"


def arrives(browser: Browser, script: str, value: str) -> None:
    """Wait for a page of which `script` gives `value`, and for its own script."""
    browser.wait(lambda: browser.run(script) == value and browser.run("document.readyState") == "complete")


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(tab: Browser) -> Browser:
    tab.look()
    tab.messages.clear()
    return tab


def test_keys_walk_the_list_open_a_row_and_come_back(browser: Browser, address: str) -> None:
    browser.open(f"{address}/")
    browser.press("j")
    browser.press("j")
    assert browser.run(NAME) == "double_1"
    browser.press("k")
    assert browser.run(NAME) == "double_0"
    browser.press("G")
    assert browser.run(NAME) == "double_49"
    browser.press("g")
    browser.press("Enter")
    arrives(browser, TITLE, "double_0")
    browser.press("j")
    arrives(browser, TITLE, "double_1")
    browser.press("k")
    arrives(browser, TITLE, "double_0")
    browser.press("Escape")
    arrives(browser, "location.pathname", "/")
    assert browser.run(NAME) == "double_0"  # where it was left
    assert browser.messages == []


def test_j_at_the_end_of_a_page_goes_to_the_next(browser: Browser, address: str) -> None:
    browser.open(f"{address}/")
    browser.press("G")
    browser.press("j")
    arrives(browser, "location.search", "?page=2")


def test_slash_searches_and_escape_leaves_the_field(browser: Browser, address: str) -> None:
    browser.open(f"{address}/")
    browser.press("/")
    assert browser.run("document.activeElement.id") == "q"
    browser.type("double_77")
    browser.press("j")  # in the field a letter is a letter
    assert browser.run("document.activeElement.value") == "double_77j"
    browser.press("Escape")
    assert browser.run("document.activeElement.tagName") == "BODY"
    browser.run("document.getElementById('q').value = 'double_77'")
    browser.press("/")
    browser.press("Enter")
    arrives(browser, "new URLSearchParams(location.search).get('q')", "double_77")
    assert browser.run("document.querySelectorAll('.rows li').length") == 1


def test_question_mark_shows_the_keys_and_escape_hides_them(browser: Browser, address: str) -> None:
    shown = "getComputedStyle(document.getElementById('keys')).display"
    browser.open(f"{address}/")
    assert browser.run(shown) == "none"
    browser.press("?")
    assert browser.run(shown) == "block"
    browser.press("Escape")
    assert browser.run(shown) == "none"


def test_all_is_reached_by_tab_and_focus_is_seen(browser: Browser, address: str) -> None:
    browser.open(f"{address}/?project=tools")
    seen = set()
    for _ in range(30):
        browser.press("Tab")
        seen.add(
            browser.run(
                "document.activeElement.name || document.activeElement.className || document.activeElement.tagName"
            )
        )
        width = browser.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width > 0, browser.run("document.activeElement.outerHTML")
    assert {"skip", "home", "q", "sort", "project", "survivors", "quality_min", "statements_max"} <= seen
    assert browser.run("document.activeElement.closest('.rows') !== null")


def test_hostile_rows_run_nothing(browser: Browser, address: str, folder: Path) -> None:
    row = next(row for row in read_examples(folder) if row.entry_point == "hostile")
    for path in ("/?page=3", f"/row/{row.id}", "/rejects?page=2"):
        browser.open(address + path)
        assert browser.run("document.body.textContent.includes('window.pwned=1')"), path
        assert browser.run("typeof window.pwned") == "undefined", path
        assert browser.run("document.querySelectorAll('main script, main img').length") == 0
    assert browser.messages == []


def test_it_reads_without_scripts(browser: Browser, address: str) -> None:
    browser.look(script=False)
    browser.open(f"{address}/?q=double_7")
    tree = browser.ask("DOM.getDocument", depth=-1)
    link = browser.ask("DOM.querySelector", nodeId=tree["root"]["nodeId"], selector=".rows a")
    attributes = browser.ask("DOM.getAttributes", nodeId=link["nodeId"])["attributes"]
    browser.open(address + attributes[attributes.index("href") + 1])
    document = browser.ask("DOM.getDocument", depth=0)["root"]["nodeId"]
    code = browser.ask("DOM.querySelector", nodeId=document, selector="pre.code .k")
    assert code["nodeId"] > 0


@pytest.mark.parametrize("path", ["/", "/?project=tools", "/rejects", "row"])
def test_a_narrow_screen_needs_no_sideways_scrolling(browser: Browser, address: str, folder: Path, path: str) -> None:
    rows = list(read_examples(folder))
    for width in (320, 390):
        browser.look(width=width)
        for target in [f"/row/{rows[0].id}", f"/row/{rows[-1].id}"] if path == "row" else [path]:
            browser.open(address + target)
            assert browser.run("document.documentElement.scrollWidth") <= width, target


def test_text_stands_out_in_light_and_dark(browser: Browser, address: str, folder: Path, tmp_path: Path) -> None:
    """WCAG 2: at least 4.5 to 1 for every piece of text on its background."""
    first = next(iter(read_examples(folder))).id
    script = (Path(__file__).parent / "contrast.js").read_text()
    for dark in (False, True):
        browser.look(dark=dark)
        for path in ("/?project=tools", f"/row/{first}", "/rejects"):
            browser.open(address + path)
            browser.run("document.querySelectorAll('details').forEach(d => { d.open = true })")
            assert browser.run(script) == [], (path, dark)
        browser.picture(tmp_path / "page.png")
        assert (tmp_path / "page.png").stat().st_size > 10_000
