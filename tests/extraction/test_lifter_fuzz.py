"""Fuzzing: real sources, damaged at random, lead to functions or typed rejections and to nothing else."""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path

import pytest

from lift_sys.data_synthesis.batch_lifter import lift_path
from lift_sys.executors.local import LocalExecutor

STDLIB = Path(sysconfig.get_paths()["stdlib"])
NAMES = ("textwrap.py", "heapq.py", "dataclasses.py", "typing.py", "enum.py", "statistics.py", "json/decoder.py")
TOKENS = [b"(", b")", b":", b"\n", b"\r", b"    ", b"\t", b"def ", b"lambda: ", b"yield ", b"*", b"**", b"[", b"'",
          b'"""', b"\0", b"\xff", b"\\", b"async ", b"import x\n", b"from . import y\n", b"#", b"\x0c", b":=",
          b"global z\n", "ß".encode(), b"{", b"f'{", b"}", b";", b"if 1:\n", b"else:\n", b"try:\n", b"@",
          b"_" * 300]  # fmt: skip


def damaged(data: bytes, random_: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(random_.randint(1, 6)):
        place = random_.randrange(len(lines))
        action = random_.randrange(5)
        if action == 0:
            del lines[place : place + random_.randint(1, 3)]
            lines = lines or [b""]
        elif action == 1:
            column = random_.randint(0, len(lines[place]))
            lines[place] = lines[place][:column] + random_.choice(TOKENS) + lines[place][column:]
        elif action == 2:
            other = random_.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        elif action == 3:
            lines[place] = lines[place].replace(random_.choice([b"self", b"None", b"=", b",", b"x"]), b"", 1)
        else:
            lines.insert(place, random_.choice(lines))
    return b"\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_damaged_sources_are_functions_or_typed_rejections(tmp_path, seed):
    random_ = random.Random(seed)
    sources = [(STDLIB / name).read_bytes() for name in NAMES]
    for number in range(150):
        (tmp_path / f"m{number:03}.py").write_bytes(damaged(random_.choice(sources), random_))
    results = lift_path(tmp_path, LocalExecutor(2))
    assert len(results) == 150
    for result in results:
        reasons = [rejection.reason.value for rejection in result.rejections]
        assert set(reasons) <= {"syntax_error", "undecodable", "parser_limit"}, result.rejections
        try:
            tree = ast.parse((tmp_path / result.path).read_bytes())
        except (SyntaxError, ValueError):
            assert reasons
            continue
        assert not reasons
        expected = sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))
        assert len(result.functions) == expected
        for one in result.functions:
            assert one.ir is not None
            if one.function.slice is not None:
                ast.parse(one.function.slice.code)
