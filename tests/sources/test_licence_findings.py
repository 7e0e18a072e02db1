"""Licences: read from what is declared and what the texts say, never guessed."""

from __future__ import annotations

import pytest
from sources_kit import MIT, Shelf, project, tar_gz

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.licences import PERMISSIVE, Policy, find, normalise, permits, settle
from lift_sys.records import Licence, RejectionReason

ISC = """ISC License

Copyright (c) 2020, A. N. Author

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.
"""


def info(*lines: str) -> bytes:
    return "\n".join(["Metadata-Version: 2.4", "Name: demo", "Version: 1", *lines, "", ""]).encode()


def classifier(name: str) -> str:
    return f"Classifier: License :: OSI Approved :: {name}"


@pytest.mark.parametrize(
    ("metadata", "texts", "spdx", "status"),
    [
        (info("License-Expression: MIT"), {"LICENSE": MIT}, "MIT", "clear"),
        (info("License-Expression: mit"), {"LICENSE": MIT}, "MIT", "clear"),
        (info("License-Expression: GPL-3.0"), {}, "GPL-3.0-only", "clear"),
        (info("License-Expression: MIT OR ISC"), {"LICENSE.MIT": MIT, "LICENSE.ISC": ISC}, "MIT OR ISC", "clear"),
        (info("License: MIT"), {"LICENCE.txt": MIT}, "MIT", "clear"),
        (info(classifier("MIT License")), {"LICENSE": MIT}, "MIT", "clear"),
        (info(classifier("MIT License")), {}, "MIT", "clear"),
        (info(), {"LICENSE": MIT}, "MIT", "clear"),
        (info("License: see the file"), {"LICENSE": ISC}, "ISC", "clear"),
        (info("License-Expression: MIT"), {"LICENSE": ISC}, "MIT", "review"),
        (info("License-Expression: MIT"), {"LICENSE": "All rights reserved."}, "MIT", "review"),
        (info("License-Expression: My-Own"), {"LICENSE": MIT}, "NOASSERTION", "review"),
        (info(classifier("ISC License (ISCL)")), {"LICENSE": MIT}, "MIT", "review"),
        (info(classifier("BSD License")), {}, "NOASSERTION", "review"),
        (info(classifier("GNU General Public License v3 (GPLv3)")), {"LICENSE": MIT}, "NOASSERTION", "review"),
        (info(), {"LICENSE": MIT, "LICENSE.other": ISC}, "NOASSERTION", "review"),
        (info(), {"LICENSE": "All rights reserved."}, "NOASSERTION", "review"),
        (info(), {}, "NOASSERTION", "unknown"),
        (info(), {"LICENSE": ""}, "NOASSERTION", "review"),
        (b"\xff\xfe\x00junk" * 100, {"LICENSE": "\x00" * 1000}, "NOASSERTION", "review"),
        (info("License-Expression: " + "(" * 400 + "MIT"), {}, "NOASSERTION", "review"),
        (info("License-Expression: MIT " + "OR MIT " * 400), {}, "NOASSERTION", "review"),
    ],
)
def test_what_is_found(metadata: bytes, texts: dict[str, str], spdx: str, status: str) -> None:
    found = find({"PKG-INFO": metadata, **{name: text.encode() for name, text in texts.items()}})
    assert (found.licence.spdx, found.status) == (spdx, status)
    assert (found.licence.text_sha256 is None) == (not texts)


def test_a_project_table_counts_where_there_is_no_metadata_file() -> None:
    table = b'[project]\nlicense = "ISC"\n'
    assert find({"pyproject.toml": table, "LICENSE": ISC.encode()}).status == "clear"
    assert find({"pyproject.toml": table, "LICENSE": MIT.encode()}).status == "review"


@pytest.mark.parametrize(
    ("expression", "permitted"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-2.0-only) AND Apache-2.0", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("Apache-2.0 WITH LLVM-exception", False),
    ],
)
def test_which_expressions_are_permissive(expression: str, permitted: bool) -> None:
    assert permits(expression, PERMISSIVE) is permitted


def test_every_permissive_id_is_a_current_spdx_id() -> None:
    assert {normalise(spdx) for spdx in PERMISSIVE} == set(PERMISSIVE)


def test_a_repository_under_review_gives_no_files_and_one_rejection(tmp_path: object) -> None:
    shelf = Shelf(tmp_path)  # type: ignore[arg-type]
    archive = tar_gz(project({"LICENSE.other": ISC.encode()}))
    made = shelf.read(archive)
    assert made.files == ()
    assert [item.reason for item in made.rejections] == [RejectionReason.LICENCE]
    assert "texts say ISC, MIT" in made.rejections[0].detail
    allowed = shelf.source(archive, policy=Policy(allow_review=True)).checkout(shelf.cache)
    assert allowed.files == ("demo/__init__.py",)


def test_a_reviewer_settles_it_only_for_the_text_reviewed() -> None:
    texts = {"LICENSE": MIT.encode(), "LICENSE.other": ISC.encode()}
    digest = find(texts).licence.text_sha256
    decided = settle(find(texts), Licence(spdx="MIT AND ISC", text_sha256=digest))
    assert (decided.licence.spdx, decided.status) == ("MIT AND ISC", "clear")
    assert settle(find(texts), Licence(spdx="MIT", text_sha256="0" * 64)).status == "review"
    assert settle(find({"LICENSE": MIT.encode()}), Licence(spdx="ISC", text_sha256=digest)).status == "review"


def test_vendored_code_under_another_licence_is_left_out(tmp_path: object) -> None:
    shelf = Shelf(tmp_path)  # type: ignore[arg-type]
    files = {
        "demo/vendor/LICENSE": b"All rights reserved.",
        "demo/vendor/x.py": b"x = 1\n",
        "demo/same/LICENSE": MIT.encode(),
        "demo/same/y.py": b"y = 1\n",
    }
    made = shelf.read(tar_gz(project(files)))
    assert made.files == ("demo/__init__.py", "demo/same/y.py")
    assert [(item.path, item.reason) for item in made.rejections] == [("demo/vendor/x.py", RejectionReason.LICENCE)]


def test_nothing_heavy_is_loaded_before_it_is_needed() -> None:
    import subprocess
    import sys

    code = "import sys, lift_sys.data_synthesis.sources.sdist; print([m for m in sys.modules if m in {names}])"
    names = {"requests", "pypi_simple", "license_expression", "licenseclassifier"}
    done = subprocess.run(
        [sys.executable, "-c", code.format(names=names)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    assert licences.PERMISSIVE
