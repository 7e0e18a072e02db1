"""In the shape of SWE-bench, at the level of one function: JSONL of instances, as `swebench` reads them.

    SPLIT.jsonl     the stub is the base, the reference the patch; every test that the stub fails is FAIL_TO_PASS
    repair.jsonl    the buggy code is the base, the fix the patch (when the dataset has repair tasks)
    checkout.py     makes the git repository of an instance, with exactly its `base_commit`
    support/        what the tests import, a part of every repository
    dockerfiles/    one for each image that instances name

Shaped only: the repositories are those of one function, made by `checkout.py`, not the projects'.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from lift_sys.data_synthesis.exports.asking import question
from lift_sys.data_synthesis.exports.containers import REQUIREMENTS, dockerfile, image_name, requirements_file
from lift_sys.data_synthesis.exports.naming import plain_name, row_name
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.registry import PYTHON, Options
from lift_sys.data_synthesis.exports.source import Source
from lift_sys.data_synthesis.exports.stubs_judged import StubJudge
from lift_sys.data_synthesis.exports.testfiles import SOLUTION, TESTS, file_of_tests, names_of, support_files
from lift_sys.data_synthesis.patch import make_patch
from lift_sys.records import Example, Requirement, TestCase
from lift_sys.records.repair import RepairTask
from lift_sys.testing.blank import blank

AUTHOR, MOMENT = "lift-sys <lift-sys@localhost>", "0 +0000"
PYTEST = "RUN apt-get update && apt-get install -y --no-install-recommends git && pip install pytest\n"
Row = dict[str, Any]


def write(source: Source, output: Output, options: Options) -> dict[str, int]:
    python = source.python or PYTHON
    support = support_files(runner=False)
    images: dict[str, tuple[Requirement, ...]] = {}
    counts = {}
    with StubJudge(options.wheels) as judge:
        for split in source.splits:
            rows = (_generation(example, judge, python, support, images) for example in source.examples(split))
            counts[f"{split}.jsonl"] = output.lines(f"{split}.jsonl", rows)
    if repairs := output.lines("repair.jsonl", (_repair(task, python, support, images) for task in source.repairs())):
        counts["repair.jsonl"] = repairs
    for image, requirements in sorted(images.items()):
        folder = f"dockerfiles/{plain_name(image.partition(':')[2])}"
        output.text(f"{folder}/Dockerfile", dockerfile(python, requirements, extra=PYTEST))
        if requirements:
            output.text(f"{folder}/{REQUIREMENTS}", requirements_file(requirements))
    bundle = files("lift_sys.data_synthesis.exports") / "bundle"
    for name, text in support.items():
        output.text(f"support/{name}", text)
    output.text("checkout.py", (bundle / "checkout.py").read_text(encoding="utf-8"))
    return counts


def _generation(
    example: Example, judge: StubJudge, python: str, support: dict[str, str], images: dict[str, Any]
) -> Row:
    stub = blank(example.code, example.entry_point)
    passed = judge.passed(example, stub)
    names = names_of(example.tests)
    return {
        **_instance(example, row_name(example), stub, example.code, example.tests, python, support, images),
        "problem_statement": question(example),
        "FAIL_TO_PASS": _ids(name for name, good in zip(names, passed, strict=True) if not good),
        "PASS_TO_PASS": _ids(name for name, good in zip(names, passed, strict=True) if good),
    }


def _repair(task: RepairTask, python: str, support: dict[str, str], images: dict[str, Any]) -> Row:
    from lift_sys.data_synthesis.patch import apply_patch

    tests = (*task.failing, *task.passing)
    names = names_of(tests)
    fixed = apply_patch(task.buggy_code, task.fix)
    name = f"repair-{plain_name(task.provenance.qualname, 32)}-{task.id[:16]}"
    return {
        **_instance(task, name, task.buggy_code, fixed, tests, python, support, images),
        "problem_statement": task.prompt,
        "FAIL_TO_PASS": _ids(names[: len(task.failing)]),
        "PASS_TO_PASS": _ids(names[len(task.failing) :]),
    }


def _ids(names: Any) -> str:
    """Ids as pytest prints them, as the JSON text that SWE-bench's own files hold."""
    return json.dumps([f"{TESTS}::{name}" for name in names])


def _instance(
    row: Example | RepairTask,
    name: str,
    before: str,
    after: str,
    tests: Sequence[TestCase],
    python: str,
    support: dict[str, str],
    images: dict[str, Any],
) -> Row:
    place = row.provenance
    image = image_name(python, row.requirements)
    images[image] = row.requirements
    before, after = _ended(before), _ended(after)
    base = {SOLUTION: before, **({REQUIREMENTS: requirements_file(row.requirements)} if row.requirements else {})}
    commit = base_commit(base | support)
    test_patch = _added(TESTS, file_of_tests(tests, row.entry_point, row.harness))
    return {
        "instance_id": f"lift-sys__{name}",
        "repo": f"lift-sys/{name}",
        "base_commit": commit,
        "environment_setup_commit": commit,
        "version": place.version,
        "patch": f"diff --git a/{SOLUTION} b/{SOLUTION}\n{make_patch(before, after)}",
        "test_patch": test_patch,
        "hints_text": "",
        "created_at": place.time,
        "image": image,
        "log_parser": "parse_log_pytest",
        "eval_type": "pass_and_fail",
        "eval_script": _eval_script(commit, test_patch, sorted(support)),
        "base_files": base,
        "base_support": sorted(support),
        "row": row.id,
        "project": place.repository,
        "licence": place.licence,
    }


def _ended(code: str) -> str:
    """With a line feed at the end: a patch without one is a trap for tools."""
    return code if code.endswith("\n") else code + "\n"


def _added(name: str, text: str) -> str:
    """A patch that adds a file."""
    lines = _ended(text).split("\n")[:-1]
    head = f"diff --git a/{name} b/{name}\nnew file mode 100644\n--- /dev/null\n+++ b/{name}\n"
    return head + f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)


def _eval_script(commit: str, test_patch: str, support: Sequence[str]) -> str:
    """As SWE-bench's own: what the tests need is put back, whatever a patch did to it, before they are added."""
    mark = "EOF_" + hashlib.sha256(test_patch.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return (
        "#!/bin/bash\nset -uxo pipefail\ncd /testbed\n"
        f"git checkout {commit} {' '.join(support)}\n"
        f"rm -f {TESTS} conftest.py pytest.ini tox.ini setup.cfg pyproject.toml\n"
        f"git apply -v - <<'{mark}'\n{test_patch}{mark}\n"
        ": '>>>>> Start Test Output'\n"
        f"python -m pytest -rA --tb=short -p no:cacheprovider {TESTS}\n"
        ": '>>>>> End Test Output'\n"
        f"rm -f {TESTS}\n"
    )


def base_commit(base: dict[str, str]) -> str:
    """The id of the git commit that holds these files, made by `AUTHOR` at `MOMENT` with the message `base`."""
    tree = b""
    for name, text in sorted(base.items()):
        blob = _object("blob", text.encode("utf-8", "surrogatepass"))
        tree += f"100644 {name}".encode() + b"\0" + bytes.fromhex(blob)
    who = f"{AUTHOR} {MOMENT}"
    return _object("commit", f"tree {_object('tree', tree)}\nauthor {who}\ncommitter {who}\n\nbase\n".encode())


def _object(kind: str, data: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()
