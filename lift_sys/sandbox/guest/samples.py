"""Values worth trying: of each type the usual and the odd ones, and texts by what a parameter's name is about."""

from __future__ import annotations

INTS = (0, 1, 2, 3, 4, 5, 7, 8, 10, 12, -1, -2, -5, 16, 31, 60, 100, 255, 1000)
FLOATS = (0.0, 1.0, 0.5, 1.5, -1.5, 2.25, 3.7, -0.25, 10.0, 99.9, 1e-3, 1e6)
WORDS = ("a", "b", "abc", "foo", "bar", "hello", "Hello", "World", "x", "key", "test", "one", "two", "Z")
STRINGS = (
    "", "a", "abc", "hello", "Hello World", "foo bar baz", "foo_bar", "fooBar", "FooBarBaz", "foo-bar", "12", "0",
    "-7", "3.14", "a,b,c", "a b", "  padded ", "line one\nline two", "A", "aab", "abcba", "x=1", "key: value",
    "1.2.3", "été", "ünïcode ß", "日本", "a/b/c.txt", "f(x, y)", "[1, 2]", "{a}", "\"quoted\"", "tab\there", "UPPER",
    "a1b22", "2021-03-04", "10:30:15", "true", "%s", "<b>bold</b>", "aaa", "hello, world!", "x\n\ny", "#abc",
)  # fmt: skip
TOPICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("path file dir folder", ("a/b.txt", "/usr/lib/x.tar.gz", "name", "../up", "a//b/", "C:\\x\\y", ".hidden", "/")),
    ("url uri link href", ("http://example.com/a/b?x=1&y=2#top", "https://user@host:8080/", "//h/p", "mailto:a@b.c")),
    ("email mail", ("user@example.com", "a.b+c@sub.example.org", "no-at-sign", "@x.y", "a@b")),
    ("date day", ("2021-03-04", "2020-02-29", "1999-12-31", "01/02/2003", "2021-13-01")),
    ("time timestamp duration", ("10:30:15", "23:59", "1h30m", "00:00:00", "2021-03-04T10:30:15Z")),
    ("version", ("1.2.3", "2.0", "1.0.0-rc1", "v3.1", "1.10.0", "0.0.1+build")),
    ("color colour", ("#ff0000", "#abc", "red", "rgb(1, 2, 3)", "00FF7f")),
    ("html xml markup", ("<b>hi</b>", "a &amp; b", "<a href='x'>y</a>", "<br/>", "1 < 2")),
    ("json", ('{"a": 1}', "[1, 2]", "null", '"s"')),
    ("ip addr address host", ("127.0.0.1", "192.168.1.256", "::1", "example.com", "10.0.0.0/8", "host:80")),
    ("sep separator delimiter delim", (",", " ", "-", "", ", ", "ab")),
    ("char c ch letter", ("a", "Z", "0", " ", "é", "_", "\n")),
    ("hex digest", ("ff", "0x1F", "deadbeef", "zz", "")),
    ("encoding charset", ("utf-8", "ascii", "latin-1", "utf_16")),
    ("lang locale language", ("en", "en_US", "de-DE", "zh_Hans_CN", "pt_BR.UTF-8")),
    ("num number digits value", ("12", "-7", "3.14", "1e5", "0x10", "1,000", "abc", "007", "+5")),
    ("mime content type", ("text/html", "text/plain; charset=utf-8", "image/*;q=0.5")),
    ("expr equation formula", ("1 + 2 * 3", "(a)", "x**2", "((a) b)", ")(")),
    ("roman", ("XIV", "IX", "MCMXCIV", "abc")), ("isbn code", ("9780306406157", "0-306-40615-2", "X")),
)  # fmt: skip
BY_TOPIC = {word: values for words, values in TOPICS for word in words.split()}
ODD = (
    "\x00\t\x1f\x7f\x85\xa0\xad\xb5ßİıſ\u0301\u0378\u0640\u200b\u200f\u2028\u202e\u3000"
    "\ue000\ufb01\ufeff\ufffd\U0001f600\U000e0001"
)
"""Characters of unusual categories."""
