"""The licence of a file is what its header says, else the repository's; what can't be told is never guessed."""

from __future__ import annotations

import pytest
from curation_kit import row

from lift_sys.data_synthesis.curation.licences import Licences
from lift_sys.data_synthesis.notices import Unclear, copied_from, file_licence
from lift_sys.records import Licence, Rejection, RejectionReason, Repository

MIT = Repository(
    kind="sdist",
    name="toy",
    version="1.0",
    licence=Licence(spdx="MIT", text_sha256="0" * 64, path="LICENSE"),
    source_time="2026-01-01T00:00:00Z",
)
GRANT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the
Software, and to permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions
of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED
TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL
THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
DEALINGS IN THE SOFTWARE."""
CODE = "\n\ndef f():\n    return 1\n"

OWN = {
    "nothing": "",
    "the same id": "# SPDX-License-Identifier: MIT",
    "the same text": f'"""{GRANT}"""',
    "a sentence": "# This module is released under the MIT license, see LICENSE for details.",
    "the project's": "# Copyright 2020 The Toy Authors. All rights reserved; see the LICENSE file.",
    "coding line": "#!/usr/bin/env python\n# -*- coding: utf-8 -*-",
    "prose": '"""Classes derived from Node. Values are taken from the table and copied over."""',
}


@pytest.mark.parametrize("header", OWN.values(), ids=OWN)
def test_a_file_without_a_licence_of_its_own_has_the_repository_s(header: str) -> None:
    assert file_licence(header + CODE, "toy/core.py", MIT) == MIT.licence


FOREIGN = {
    "# SPDX-License-Identifier: Apache-2.0": "Apache-2.0",
    "# SPDX-License-Identifier: GPL-3.0": "GPL-3.0-only",
    "# SPDX-License-Identifier: (MIT OR Apache-2.0)": "MIT OR Apache-2.0",
    '# Licensed under the Apache License, Version 2.0 (the "License");\n# you may not use this file': "Apache-2.0",
    "# This Source Code Form is subject to the terms of the Mozilla Public\n# License, v. 2.0.": "MPL-2.0",
    '"""Doc.\n\n:license: 3-clause BSD\n"""': "BSD-3-Clause",
}


@pytest.mark.parametrize(("header", "spdx"), FOREIGN.items())
def test_a_header_decides(header: str, spdx: str) -> None:
    found = file_licence(header + CODE, "toy/core.py", MIT)
    assert isinstance(found, Licence)
    assert found.spdx == spdx
    assert found.path == "toy/core.py"
    assert found.text_sha256 not in (None, MIT.licence.text_sha256)


UNCLEAR = {
    "two ids": "# SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: Apache-2.0",
    "an id that is none": "# SPDX-License-Identifier: Toy-Licence",
    "two sentences": "# Released under the MIT license.\n# Parts under the Apache License, Version 2.0.",
    "a family": "# This program is free software under the GNU General Public License.",
    "a family that is not the project's": "# Use of this code is governed by a BSD-style license, see LICENSE.",
    "a family beside an id": "# Released under the MIT license. The parser is under the BSD license.",
    "public domain": '"""This module is in the public domain."""',
    "proprietary": "# Proprietary and confidential. Unauthorized copying is prohibited.",
    "copied": "# Copied from https://github.com/someone/other/blob/main/x.py",
    "adapted": '"""Adapted from the recipe of J. Doe."""',
    "stack overflow": "# https://stackoverflow.com/a/12345",
}


@pytest.mark.parametrize("header", UNCLEAR.values(), ids=UNCLEAR)
def test_what_can_not_be_told_is_unclear(header: str) -> None:
    found = file_licence(header + CODE, "toy/core.py", MIT)
    assert isinstance(found, Unclear)
    assert found.why


def test_a_family_stands_for_the_project_s_licence_of_that_family() -> None:
    own = MIT.licence.model_copy(update={"spdx": "BSD-3-Clause"})
    project = MIT.model_copy(update={"licence": own})
    header = "# Use of this code is governed by a BSD-style license, see LICENSE."
    assert file_licence(header + CODE, "toy/core.py", project) == own
    assert isinstance(file_licence(header + CODE, "toy/_vendor/core.py", project), Unclear)


def test_vendored_code_that_says_nothing_is_unclear_and_with_an_id_is_not() -> None:
    for path in ("toy/_vendor/six.py", "vendored/a/b.py", "src/toy/third_party/x.py", "toy/extern/y.py"):
        assert isinstance(file_licence(CODE, path, MIT), Unclear)
    found = file_licence("# SPDX-License-Identifier: ISC" + CODE, "toy/_vendor/six.py", MIT)
    assert isinstance(found, Licence)
    assert found.spdx == "ISC"
    assert file_licence(CODE, "toy/vendor_tools.py", MIT) == MIT.licence


def test_an_id_further_down_makes_the_file_unclear() -> None:
    text = CODE + "\n# SPDX-License-Identifier: GPL-2.0-only\ndef g():\n    return 2\n"
    assert isinstance(file_licence(text, "toy/core.py", MIT), Unclear)


def test_a_file_that_can_not_be_tokenised_is_still_read() -> None:
    broken = "# SPDX-License-Identifier: GPL-2.0-only\ndef f(:\n  '''"
    found = file_licence(broken, "toy/core.py", MIT)
    assert isinstance(found, Licence)
    assert found.spdx == "GPL-2.0-only"


@pytest.mark.parametrize(
    "text",
    [
        "The value is taken from the first argument.",
        "Each item copied from the list is adapted.",
        "settings are derived from the class attributes",
        "Names are copied from `source`.",
        "not taken from anywhere",
    ],
)
def test_speaking_of_data_is_no_notice(text: str) -> None:
    assert copied_from(text) is None


def reason(**changes: str | None) -> RejectionReason | None:
    code = changes.pop("code", None) or "def f():\n    return 1\n"
    found = next(Licences()([row(code, **changes)]))
    return found.reason if isinstance(found, Rejection) else None


def test_rows_need_one_allowed_licence_and_its_text() -> None:
    assert reason() is None
    assert reason(licence="Apache-2.0 OR BSD-2-Clause") is None
    assert reason(licence="NOASSERTION", licence_sha256=None) is None
    assert reason(licence="GPL-3.0-only") is RejectionReason.LICENCE
    assert reason(licence="MIT AND GPL-3.0-only") is RejectionReason.LICENCE
    assert reason(licence="MIT", licence_sha256=None) is RejectionReason.LICENCE_UNCLEAR
    assert reason(licence="some licence") is RejectionReason.LICENCE_UNCLEAR


def test_a_notice_in_the_code_of_a_row_is_seen() -> None:
    copied = "def f():\n    # Borrowed from https://stackoverflow.com/a/1\n    return 1\n"
    foreign = "# SPDX-License-Identifier: GPL-3.0-only\ndef f():\n    return 1\n"
    own = "# SPDX-License-Identifier: MIT\ndef f():\n    return 'copied from x'\n"
    assert reason(code=copied) is RejectionReason.LICENCE_UNCLEAR
    assert reason(code=foreign) is RejectionReason.LICENCE_UNCLEAR
    assert reason(code=own) is None
