"""Candidates for one prompt: checked against everything that is known before any hidden test.

Five checks, from cheap to dear: the text parses and defines what is asked for; the parameters are those of the
signature; the prompt's examples; on inputs like those of the examples, the result's type and the predicates of the
specification; and, among candidates that are equal so far, on how many inputs they agree. The last is the dual
agreement of CodeT (Chen et al. 2022, "CodeT: Code generation with generated tests"): a set of candidates that behave
alike counts by its size and by the checks that it passes.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lift_sys.forward_mode.asking import LONG, Failure, call_text, outcome
from lift_sys.forward_mode.examples import DEFINITION, Line, Names, tree_of
from lift_sys.forward_mode.prompts import read_signature
from lift_sys.forward_mode.running import FAILURES, Script, Seen, meaning, run_examples, run_scripts, wire_of
from lift_sys.forward_mode.variations import inputs_of
from lift_sys.ir import IntermediateRepresentation, Signature
from lift_sys.ir.compact import signature_line
from lift_sys.records import Expected
from lift_sys.reverse_mode.predicates import check
from lift_sys.reverse_mode.static_assertions import type_predicate
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.candidate import clean

Route = Literal["direct", "ir", "repair"]
SHOWN_LINE = 80
"""Characters that are shown of a line that does not parse, and of what Python says of it."""


@dataclass(frozen=True)
class Known:
    """What candidates are held against."""

    name: str
    """What they must define; empty where it is not known."""
    examples: tuple[Line, ...] = ()
    scripts: tuple[Script, ...] = ()
    """What is run to see how they behave."""
    signature: Signature | None = None
    """What parameters and results are held against."""
    ir: IntermediateRepresentation | None = None
    """The specification whose predicates they are held against."""


@dataclass(frozen=True)
class Candidate:
    """One answer of a model and what was seen of it."""

    code: str
    route: Route
    fault: str = ""
    """Why it can't be used at all."""
    failures: tuple[Failure, ...] = ()
    """Examples that it does not meet."""
    broken: tuple[str, ...] = ()
    """Predicates of the specification that do not hold on some input."""
    mistyped: tuple[str, ...] = ()
    """In what it is at odds with the signature, or with inputs like those of the examples."""
    evidence: tuple[str, ...] = ()
    """What shows its faults besides failed examples, such as a call that breaks a predicate: a short line each."""
    checks: int = 0
    """How many predicates, types and whole runs it was held against."""
    behaviour: tuple[str, ...] = ()
    """What it does with each script; empty where it was not asked."""

    @property
    def passes(self) -> bool:
        return not (self.fault or self.failures or self.broken or self.mistyped)

    @property
    def unmet(self) -> list[str]:
        """What it does not satisfy, a line each."""
        if self.fault:
            return [self.fault]
        lines = [f"{f.call} should {f.expected}, but it {f.got}" for f in self.failures]
        lines += self.mistyped
        return [*lines, *(f"the specification's `{predicate}` does not hold" for predicate in self.broken)]

    @property
    def share(self) -> float:
        """How much of the specification and the signature it meets, never 0: either may itself be wrong."""
        return 1 - (len(self.broken) + len(self.mistyped)) / (self.checks + 1)


def examine(code: str, route: Route, known: Known, sandbox: Sandbox) -> Candidate:
    """Run a candidate against what is known.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    fault = _unfit(code, known.name)
    if fault:
        return Candidate(code, route, fault, evidence=(_shown(fault),))
    failures, fault = run_examples(code, known.examples, sandbox)
    if fault:
        return Candidate(code, route, fault, evidence=(_shown(f"run on the examples, {fault}"),))
    odd = [found] if known.signature and (found := _odd_parameters(code, known.signature)) else []
    evidence = [*odd]
    try:
        seen = run_scripts(code, known.scripts, sandbox) if known.scripts else []
    except FAILURES as error:
        seen, whole = [], "it fails as a whole on inputs like those of the examples"
        odd, evidence = [*odd, whole], [*evidence, f"{whole}: {error}"]
    checked = _checked(_calls(seen, known), known, sandbox)
    return Candidate(
        code=code,
        route=route,
        failures=tuple(failures),
        broken=checked.broken,
        mistyped=(*odd, *checked.mistyped),
        evidence=tuple(map(_shown, [*evidence, *checked.evidence])),
        checks=checked.count + (known.signature is not None) + bool(known.scripts),
        behaviour=tuple("\n".join(f"{kind} {meaning(text)}" for kind, text in lines) for lines in seen),
    )


def _shown(text: str) -> str:
    return clean(text, LONG)


def _unfit(code: str, name: str) -> str:
    tree = tree_of(code)
    if tree is None:
        return f"it does not parse{_where(code)}"
    defined = {node.name for node in ast.iter_child_nodes(tree) if isinstance(node, DEFINITION)}
    if name and name not in defined | Names(code).made:  # a name may be bound, or defined under a condition
        return f"it defines no {name}"
    return "" if defined or name else "it defines nothing"


def _where(code: str) -> str:
    """In which line code does not parse, and why; empty where Python does not say, as of what is nested too deep."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        line, why = (clean(text.strip(), SHOWN_LINE) for text in (error.text or "", error.msg))
        return f": line {error.lineno}, `{line}`: {why}" if error.lineno else f": {why}"
    except (ValueError, RecursionError, MemoryError):
        pass
    return ""


def _odd_parameters(code: str, signature: Signature) -> str:
    """What a caller by the signature would stumble over; a parameter more is fine where it has a default."""
    functions = [node for node in ast.walk(tree_of(code) or ast.Module([], [])) if isinstance(node, ast.FunctionDef)]
    node = next((node for node in functions if node.name == signature.name), None)
    try:
        found = read_signature(f"def {node.name}({ast.unparse(node.args)})") if node else None
    except RecursionError:  # a default nested so deep that it can't be written again
        return f"its parameters can't be read, which should be {signature_line(signature)}"
    if found is None:
        return ""
    wanted, own = ({p.name for p in one.parameters} for one in (signature, found))
    starred = {p.name for p in found.parameters if p.kind.startswith("var_")}
    needed = {p.name for p in found.parameters if p.default is None} - starred
    fits = needed <= wanted and (starred or wanted <= own)
    return "" if fits else f"it is {signature_line(found)}, not {signature_line(signature)}"


@dataclass(frozen=True)
class _Observed:
    """A call, as the checker of predicates wants it."""

    args: tuple[Any, ...]
    outcome: Expected
    kwargs: dict[str, Any] = field(default_factory=dict)


def _calls(seen: Sequence[Sequence[Seen]], known: Known) -> list[_Observed]:
    """The scripts that are one plain call with a plain result."""
    found = []
    for script, lines in zip(known.scripts, seen, strict=False):
        args = inputs_of(script, known.name)
        result = wire_of(lines[0][1]) if args and lines and lines[0][0] == "value" else ""
        if result:
            found.append(_Observed(tuple(json.loads(args)["t"]), Expected(value=json.loads(result))))
    return found


@dataclass(frozen=True)
class _Checked:
    """What predicates and the result's type say of calls."""

    broken: tuple[str, ...] = ()
    mistyped: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    count: int = 0
    """How many checks there are."""


def _checked(calls: Sequence[_Observed], known: Known, sandbox: Sandbox) -> _Checked:
    """Hold calls against the predicates and the result's type, each with the first call that breaks it. Of calls that
    a precondition rules out nothing is asked."""
    ir = known.ir if known.ir and known.ir.signature.name == known.name else None
    signature = ir.signature if ir else known.signature
    before = [clause.predicate for clause in ir.assertions if clause.kind == "precondition"] if ir else []
    after = [clause.predicate for clause in ir.assertions if clause.kind != "precondition"] if ir else []
    returns = known.signature.returns if known.signature else None
    typed = _type_check(returns)
    if not calls or signature is None or not (after or typed):
        return _Checked()
    try:
        rows = check(sandbox, [*before, *after, *typed], signature, calls)
    except FAILURES:
        return _Checked()
    # A precondition that can't be evaluated (None) rules nothing out: else it would switch off what comes after it.
    allowed = [all(row[place] is not False for row in rows[: len(before)]) for place in range(len(calls))]
    breaking = [
        next((call for call, ok, found in zip(calls, allowed, row, strict=True) if ok and found is False), None)
        for row in rows[len(before) :]
    ]
    wanted = [f"where `{predicate}` should hold" for predicate in after] + [f"which is not {returns}"] * len(typed)
    return _Checked(
        broken=tuple(predicate for predicate, call in zip(after, breaking, strict=False) if call),
        mistyped=(f"it does not always return {returns}",) if typed and breaking[-1] else (),
        evidence=tuple(
            f"{call_text(known.name, call)} {outcome(call.outcome, 's')}, {what}"
            for what, call in zip(wanted, breaking, strict=True)
            if call
        ),
        count=len(breaking),
    )


def _type_check(returns: str | None) -> list[str]:
    """The predicate that an annotation amounts to, where it says something that can be checked."""
    tree = tree_of(returns or "", "eval")
    predicate = type_predicate(tree.body, frozenset()) if isinstance(tree, ast.Expression) else None
    return [predicate] if predicate else []


def best(candidates: Sequence[Candidate], *, agreement: bool = True) -> Candidate | None:
    """The candidate to take: the one that meets most examples; among those, by how many behave as it does, times the
    share of the specification and the signature that it meets; among those, the first."""
    usable = [candidate for candidate in candidates if not candidate.fault]
    if not usable:
        return candidates[0] if candidates else None
    fewest = min(len(candidate.failures) for candidate in usable)
    left = [candidate for candidate in usable if len(candidate.failures) == fewest]
    alike = Counter(candidate.behaviour for candidate in left)

    def merit(candidate: Candidate) -> float:
        agree = alike[candidate.behaviour] if agreement and candidate.behaviour else 1
        return agree * candidate.share

    return max(left, key=merit)
