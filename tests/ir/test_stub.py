"""`lift -> render stub -> lift` is a fixpoint, and every stub is valid Python."""

from __future__ import annotations

import ast
import glob
import os
import re
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lift_sys.ir import (
    Assertion,
    Constraint,
    Effect,
    Intent,
    IntermediateRepresentation,
    Metadata,
    Parameter,
    Provenance,
    Signature,
    TypedHole,
)
from lift_sys.reverse_mode.lifter import lift_source
from lift_sys.reverse_mode.stub import lift_stub, render_stub

awkward = st.sampled_from(
    ["", " ", '"', '"""', "'''", "\\", "\\n", "a\nb", "\r", "\t x", "x ", '"quoted"', "\x00", "é", "​", "- x",
     "key: value", "Ensures:", "    deep", "\\N{DASH}", "\u2028", "𝕏", "a\\", 'ends with "', "{x}", "%s", "# no"]
)  # fmt: skip
texts = st.one_of(awkward, st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.just("plain words"))
names = st.one_of(st.sampled_from(["x", "items", "n", "self", "naïve", "class", "result", "__debug__"]), texts)
hints = st.one_of(
    st.none(),
    st.sampled_from(["int", "list[ str ]", "'T'", "x: int", "(int)", "a\n| b", "1 +", "(yield)", "(y := 1)"]),
    texts,
)
provenances = st.none() | st.builds(
    Provenance,
    source=st.sampled_from(["static", "observed", "user"]),
    confidence=st.floats(0, 1),
    evidence=st.lists(texts, max_size=3).map(tuple),
    observed_calls=st.none() | st.integers(0, 10**6),
)
holes = st.lists(
    st.builds(
        TypedHole,
        identifier=texts,
        type_hint=texts,
        description=texts,
        constraints=st.lists(texts, max_size=2).map(tuple),
        kind=st.sampled_from(["intent", "signature", "effect", "assertion", "implementation"]),
    ),
    max_size=2,
).map(tuple)
kinds = st.sampled_from(["positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"])
parameters = st.builds(
    Parameter,
    name=names,
    type_hint=hints,
    description=st.none() | texts,
    default=st.none() | st.sampled_from(["None", "'\\n'", "[1, 2]", "lambda: 0", "x y", "[(yield)]"]) | texts,
    kind=kinds,
    provenance=provenances,
)
optional = st.none() | texts
irs = st.builds(
    IntermediateRepresentation,
    intent=st.builds(Intent, summary=texts, rationale=optional, holes=holes, provenance=provenances),
    signature=st.builds(
        Signature,
        name=names,
        parameters=st.lists(parameters, max_size=4).map(tuple),
        returns=hints,
        holes=holes,
        provenance=provenances,
    ),
    effects=st.lists(
        st.builds(
            Effect,
            kind=st.sampled_from(["raises", "network", "async"]),
            description=texts,
            holes=holes,
            provenance=provenances,
        ),
        max_size=2,
    ).map(tuple),
    assertions=st.lists(
        st.builds(
            Assertion,
            kind=st.sampled_from(["precondition", "postcondition", "invariant"]),
            predicate=texts,
            rationale=optional,
            holes=holes,
            provenance=provenances,
        ),
        max_size=4,
    ).map(tuple),
    constraints=st.lists(st.builds(Constraint, description=texts, provenance=provenances), max_size=2).map(tuple),
    metadata=st.builds(
        Metadata,
        source_path=optional,
        language=st.just("python") | texts,
        origin=optional,
        evidence=st.lists(texts, max_size=2).map(tuple),
    ),
)


@settings(max_examples=200, deadline=None)
@given(irs)
def test_any_ir_survives_the_stub(ir: IntermediateRepresentation) -> None:
    stub = render_stub(ir)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(stub, "<stub>", "exec")
    assert lift_stub(stub) == ir
    assert render_stub(lift_stub(stub)) == stub


def test_lifted_functions_of_the_standard_library_survive_the_stub() -> None:
    folder = os.path.dirname(ast.__file__)
    count = 0
    for path in sorted(glob.glob(os.path.join(folder, "[a-h]*.py")))[:25]:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        for qualname, ir in lift_source(text, path=os.path.basename(path)):
            assert lift_stub(render_stub(ir)) == ir, (path, qualname)
            count += 1
    assert count > 300


def test_the_stub_says_the_signature_in_python_when_python_can() -> None:
    signature = Signature(
        name="clamp",
        parameters=(
            Parameter(name="x", type_hint="int", kind="positional_only"),
            Parameter(name="lo", default="0"),
            Parameter(name="hi", type_hint="int | None", default="None", kind="keyword_only"),
        ),
        returns="int",
    )
    ir = IntermediateRepresentation(
        intent=Intent(summary="Limit a number."),
        signature=signature,
        assertions=(Assertion(kind="postcondition", predicate="result >= lo"),),
    )
    stub = render_stub(ir)
    assert stub.startswith("def clamp(x: int, /, lo=0, *, hi: int | None = None) -> int:\n")
    assert "    Ensures:\n        - result >= lo\n" in stub
    assert "Signature:" not in stub


@pytest.mark.parametrize(
    "text",
    ["", "x = 1", "def f(): pass", "def f(:", 'def f():\n    """s\n    Ensures:\n  - odd\n    """', "\x00"],
)
def test_what_is_no_stub_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        lift_stub(text)


def test_the_example_in_the_documentation_is_true() -> None:
    text = (Path(__file__).parents[2] / "docs" / "IR.md").read_text(encoding="utf-8")
    (_, stub), value = re.findall(r"```python\n(.*?)```", text, re.DOTALL), re.search(
        r"```json\n(.*?)```", text, re.DOTALL
    )  # fmt: skip
    assert value is not None
    ir = IntermediateRepresentation.model_validate_json(value[1])
    assert lift_stub(stub) == ir
    assert render_stub(ir) == stub
