"""Bad input: every file that can't be lifted is a typed rejection, and the files beside it are lifted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lift_sys.data_synthesis.batch_lifter import FileResult, lift_checkout, lift_path, local_checkout
from lift_sys.executors.inline import InlineExecutor
from lift_sys.executors.local import LocalExecutor
from lift_sys.records import RejectionReason
from lift_sys.reverse_mode.source_text import MAX_BYTES

GOOD = b"def good(x):\n    return x\n"
SYNTAX, LIMIT, UNDECODABLE = RejectionReason.SYNTAX_ERROR, RejectionReason.PARSER_LIMIT, RejectionReason.UNDECODABLE
BAD = {
    "nul_bytes": (b"x = 1\n\0\n", SYNTAX),
    "nul_in_string": (b"x = 'a\0b'\n", SYNTAX),
    "python_2_print": (b"print 'hello'\n", SYNTAX),
    "python_2_except": (b"try:\n    pass\nexcept E, e:\n    pass\n", SYNTAX),
    "python_2_backticks": (b"x = `1`\n", SYNTAX),
    "unclosed_bracket": (b"x = (1,\n", SYNTAX),
    "unclosed_string": (b"x = '''abc\n", SYNTAX),
    "bad_indent": (b"def f():\n    x\n  y\n", SYNTAX),
    "tabs_and_spaces": (b"if 1:\n        x\n\ty\n", SYNTAX),
    "return_in_the_air": (b"def f(:\n  return\n", SYNTAX),
    "binary": (bytes(range(1, 256)), UNDECODABLE),
    "latin_1_without_cookie": ("x = 'ä'\n".encode("latin-1"), UNDECODABLE),
    "unknown_cookie": (b"# coding: klingon\nx = 1\n", UNDECODABLE),
    "cookie_of_no_text_codec": (b"# coding: rot13\nk = 1\n", UNDECODABLE),
    "cookie_against_mark": (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", UNDECODABLE),
    "utf_16": ("x = 1\n".encode("utf-16"), None),
    "lone_surrogate_by_codec": (b"# coding: utf-7\nx = '+2AA-'\n", UNDECODABLE),
    "backslash_at_the_end": (b"x = 1 \\\n", SYNTAX),
    "nested_minus": (b"x = " + b"-" * 120_000 + b"1\n", LIMIT),
    "long_sum": (b"x = 1" + b"+1" * 120_000 + b"\n", LIMIT),
    "nested_not": (b"x = " + b"not " * 120_000 + b"1\n", LIMIT),
    "nested_brackets": (b"(" * 120_000 + b")" * 120_000, LIMIT),
    "deep_attributes": (b"a" + b".b" * 120_000 + b"\n", LIMIT),
    "deep_calls": (b"f" + b"()" * 120_000 + b"\n", LIMIT),
    "nested_lambdas": (b"x = " + b"lambda: " * 50_000 + b"1\n", LIMIT),
    "deep_blocks": (b"".join(b" " * i + b"if 1:\n" for i in range(150)) + b" " * 150 + b"pass\n", LIMIT),
    "many_elifs": (b"if 1: pass\n" + b"elif 1: pass\n" * 30_000, LIMIT),
    "too_large": (b"x = 1\n" * (MAX_BYTES // 6 + 1), RejectionReason.TOO_LARGE),
    "integer_too_long": (b"x = " + b"1" * 10_000 + b"\n", SYNTAX),
}


def lift_one(folder: Path, data: bytes, executor=None) -> dict[str, FileResult]:
    (folder / "bad.py").write_bytes(data)
    (folder / "good.py").write_bytes(GOOD)
    return {result.path: result for result in lift_path(folder, executor or InlineExecutor())}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_a_typed_rejection_and_the_others_are_lifted(tmp_path, case):
    data, reason = BAD[case]
    results = lift_one(tmp_path, data)
    assert len(results["good.py"].functions) == 1
    assert results["bad.py"].functions == ()
    (rejection,) = results["bad.py"].rejections
    assert rejection.stage == "extract"
    assert rejection.qualname is None
    assert rejection.reason in ((reason,) if reason else (SYNTAX, UNDECODABLE))
    assert "\n" not in rejection.detail


def test_a_line_of_100_megabytes_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "bad.py").open("wb") as file:
        file.truncate(100_000_000)
    (tmp_path / "good.py").write_bytes(GOOD)
    bad, good = lift_path(tmp_path, InlineExecutor())
    assert bad.rejections[0].reason == RejectionReason.TOO_LARGE
    assert len(good.functions) == 1


ODD = {
    "byte_order_mark": b"\xef\xbb\xbf" + GOOD,
    "windows_line_ends": GOOD.replace(b"\n", b"\r\n"),
    "old_mac_line_ends": GOOD.replace(b"\n", b"\r"),
    "form_feeds": b"\x0c\n" + GOOD + b"\x0c",
    "latin_1_with_cookie": "# -*- coding: latin-1 -*-\nA = 'äöü'\n".encode("latin-1") + GOOD,
    "cookie_on_line_two": "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nA = '€'\n".encode("cp1252") + GOOD,
    "no_last_newline": GOOD.rstrip(),
    "unicode_names": "größe = 1\n".encode() + GOOD,
    "astral_text_before_on_the_line": "A = '😀'; B = ('ä', 1)\n".encode() + GOOD,
    "unicode_line_separators": "A = '\u2028\x85'  # \x1c\n".encode() + GOOD,
    "surrogate_escape_in_docstring": b"def other():\n    '\\ud800 alone'\n" + GOOD,
    "bad_escapes": b"A = '\\d \\8'\n" + GOOD,
    "assert_on_tuple": b"assert (1, 'always')\n1 is 1\n" + GOOD,
    "long_flat_and": b"A = 1" + b" and 1" * 50_000 + b"\n" + GOOD,
    "some_hundred_elifs": b"if 1: pass\n" + b"elif 1: pass\n" * 300 + GOOD,
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_file_that_python_reads_is_lifted(tmp_path, case):
    results = lift_one(tmp_path, ODD[case])
    bad = results["bad.py"]
    assert bad.rejections == ()
    good = bad.functions[-1].function
    assert good.name == "good"
    assert good.source == GOOD.decode().rstrip()
    assert good.slice is not None
    assert good.slice.code == GOOD.decode()


def test_links_devices_pipes_and_missing_files_are_not_opened(tmp_path):
    (tmp_path / "secret.txt").write_bytes(GOOD)
    (tmp_path / "link.py").symlink_to("secret.txt")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "good.py").write_bytes(GOOD)
    checkout = local_checkout(tmp_path)
    files = (*checkout.files, "folder.py", "gone.py")
    checkout = type(checkout)(checkout.repository, checkout.folder, files, checkout.import_roots)
    results = {result.path: result for result in lift_checkout(checkout, InlineExecutor())}
    for name in ("link.py", "loop.py", "zero.py", "pipe.py", "folder.py", "gone.py"):
        assert [r.reason for r in results[name].rejections] == [RejectionReason.UNREADABLE], name
    assert len(results["good.py"].functions) == 1


def test_a_name_that_is_no_utf_8_is_rejected_and_nothing_crashes(tmp_path):
    name = os.fsdecode(b"b\xffd.py")
    (tmp_path / name).write_bytes(GOOD)
    (tmp_path / "good.py").write_bytes(GOOD)
    results = lift_path(tmp_path, InlineExecutor())
    assert sum(len(result.functions) for result in results) == 1
    (rejection,) = [rejection for result in results for rejection in result.rejections]
    assert rejection.reason == RejectionReason.UNREADABLE
    assert "\\udcff" in rejection.path


def test_empty_folders_and_empty_files_yield_nothing(tmp_path):
    assert lift_path(tmp_path, InlineExecutor()) == []
    (tmp_path / "empty.py").write_bytes(b"")
    (only,) = lift_path(tmp_path, InlineExecutor())
    assert (only.functions, only.rejections) == ((), ())


def test_bad_files_on_a_pool(tmp_path):
    for name, (data, _) in BAD.items():
        (tmp_path / f"{name}.py").write_bytes(data)
    (tmp_path / "good.py").write_bytes(GOOD)
    results = lift_path(tmp_path, LocalExecutor(2))
    assert {result.path for result in results if result.rejections} == {f"{name}.py" for name in BAD}
    assert [result.path for result in results] == sorted(result.path for result in results)
