"""What a task is held to before it is taken into a suite. Everything runs in the sandbox.

1. 500 different inputs can be drawn. The reference answers every input, in environments that differ in hash seed,
   time zone, locale, clock and order, and raises only what the prompt announces (and does raise that).
2. A second implementation, which is not the same code in other words, agrees on all of them.
3. The IR's predicates hold on every call that returns.
4. Each misreading that any input tells from the reference is ruled out by the prompt, in words that would be others
   if it were meant, and told by a hidden test.
5. Every mutant of the reference is killed by a hidden test, except those proven or argued to be equivalent.
6. An empty body, a constant and an argument handed back fail.

What fails is a `Refusal` that names the check and shows the input.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from lift_sys import wire
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.ir import (
    Assertion,
    Constraint,
    Effect,
    Intent,
    IntermediateRepresentation,
    Parameter,
    Provenance,
    Signature,
)
from lift_sys.records import (
    DRIVER,
    Expected,
    MutantEvidence,
    TestCase,
    WireValue,
    program_of,
    wire_literal,
    wire_text,
)
from lift_sys.records.tasks import Difficulty, Reading, Task
from lift_sys.sandbox.api import Environment, Limits, Sandbox
from lift_sys.sandbox.candidate import Call, Candidate, Outcome, read_outcome
from lift_sys.sandbox.environments import ENVIRONMENTS, PLAIN, order
from lift_sys.testing.blank import blank
from lift_sys.testing.drawing import POOL, Draft, Variant
from lift_sys.testing.mutants import MutationMatrix, run_mutants
from lift_sys.testing.prompts import prompt
from lift_sys.testing.running import meets
from lift_sys.testing.template import fill

VISIBLE = 3
LEAST, MOST = 12, 24
"""Hidden tests of a task."""
MUTANTS = 40
ENOUGH = 24
"""Inputs that kill a mutant, after which no more are looked for."""
SECONDS = 20.0
"""Wall-clock time for all inputs of one implementation."""
LONG = 220
"""Characters of a test's arguments and outcome beyond which a prompt does not show it."""
_FAILURES = (CandidateDied, CandidateTimeout, ResultTooLarge)


class Boxes(Protocol):
    """A warm sandbox for each environment."""

    def __getitem__(self, where: Environment) -> Sandbox: ...


class Refusal(Exception):
    """Why a task is not taken."""

    def __init__(self, label: str, check: str, detail: str) -> None:
        super().__init__(label, check, detail)
        self.label, self.check, self.detail = label, check, detail

    def __str__(self) -> str:
        return f"{self.label}: {self.check}: {self.detail}"


def accept(draft: Draft, category: str, boxes: Boxes) -> Task:
    """The task of a draft, with its evidence.

    Raises:
        Refusal: it fails a check.
        SandboxFault: our box broke; nothing is known.
    """
    return _Check(draft, category, boxes).task()


class _Check:
    def __init__(self, draft: Draft, category: str, boxes: Boxes) -> None:
        self.draft, self.category, self.boxes = draft, category, boxes
        if draft.drawn < POOL:
            raise self.refuse(
                "inputs", f"only {draft.drawn} different inputs can be drawn, {POOL} are needed: let its generators "
                "draw from more values"
            )  # fmt: skip
        self.texts = _distinct(draft)
        self.outcomes = self._reference()

    def refuse(self, check: str, detail: str) -> Refusal:
        return Refusal(self.draft.label, check, detail)

    def shown(self, index: int) -> str:
        """The call of an input, as a person would type it."""
        arguments = wire.decode(self.texts[index])
        assert isinstance(arguments, tuple)
        if self.draft.harness:
            return f"{self.draft.entry_point}{wire.literal(arguments[0])}, steps {wire.literal(arguments[1])}"
        return f"{self.draft.entry_point}({', '.join(map(wire.literal, arguments))})"

    def task(self) -> Task:
        draft = self.draft
        self._second()
        self._announced()
        readings = self._readings()
        matrix = self._mutants()
        hidden = self._choose(readings, matrix)
        visible = self._visible(hidden)
        self._trivial(hidden)
        tests = [*(self._test(i) for i in hidden), *(self._test(i, visible=True) for i in visible)]
        return Task(
            template=f"{self.category}.{draft.template.name}",
            category=self.category,
            difficulty=difficulty(draft, self.outcomes),
            held_out=draft.template.held_out,
            parameters=dict(draft.parameters),
            prompt=prompt(draft, tests[len(hidden) :], draft.rng),
            ir=self._ir(),
            entry_point=draft.entry_point,
            solution=draft.reference,
            second=draft.second,
            harness=draft.harness,
            tests=tuple(tests),
            readings=tuple(self._reading(variant, told, hidden) for variant, told in readings),
            mutation=matrix.evidence(hidden),
            inputs=len(self.texts),
        )

    def _run(self, code: str, numbers: Sequence[int], environment: Environment = PLAIN) -> tuple[list[Outcome], str]:
        """Outcomes in the order of `numbers`, as far as it got, and why it stopped."""
        driver = DRIVER if self.draft.harness else self.draft.entry_point
        answers: list[bytes] = []
        calls = [f"{self.texts[number]}\n{Call('').kwargs}".encode() for number in numbers]
        why = ""
        with Candidate(self.boxes[environment], Limits(call_seconds=SECONDS)) as candidate:
            try:
                candidate.run_into(answers, program_of(code, self.draft.harness), driver, calls)
            except _FAILURES as error:
                why = str(error) or type(error).__name__
        return [read_outcome(answer, candidate.limits) for answer in answers], why

    def _reference(self) -> list[Expected]:
        numbers = list(range(len(self.texts)))
        first: list[Outcome] = []
        for environment in ENVIRONMENTS:
            turn = order(environment, len(numbers))
            found, why = self._run(self.draft.reference, turn, environment)
            if why:
                at = turn[min(len(found), len(turn) - 1)]
                raise self.refuse("reference", f"it ended at {self.shown(at)}: {why}")
            outcomes = [outcome for _, outcome in sorted(zip(turn, found, strict=True), key=lambda pair: pair[0])]
            first = first or outcomes
            for index in numbers:
                if outcomes[index].value is None and outcomes[index].raises is None:
                    raise self.refuse("reference", f"{self.shown(index)} returns what is not plain")
                if (outcomes[index].value, outcomes[index].raises) != (first[index].value, first[index].raises):
                    raise self.refuse(
                        "flaky", f"{self.shown(index)} is {_said(first[index])} in one environment and "
                        f"{_said(outcomes[index])} in another ({environment.name})"
                    )  # fmt: skip
        return [_expected(outcome) for outcome in first]

    def _second(self) -> None:
        draft = self.draft
        if normal(draft.second) == normal(draft.reference):
            raise self.refuse("second implementation", "it is the reference again")
        found, why = self._run(draft.second, range(len(self.texts)))
        for index, outcome in enumerate(found):
            if not meets(self.outcomes[index], outcome):
                gives = f"the reference gives {_told(self.outcomes[index])}, the second {_said(outcome)}"
                raise self.refuse("second implementation", f"{self.shown(index)}: {gives}")
        if why:
            raise self.refuse("second implementation", f"it ended at {self.shown(len(found))}: {why}")

    def _announced(self) -> None:
        """Exceptions are those that the prompt announces, all of them occur, and the predicates hold."""
        raised: dict[str, int] = {}
        for index, outcome in enumerate(self.outcomes):
            if outcome.raises is not None:
                raised.setdefault(outcome.raises, index)
        announced = self.draft.template.raises
        for name, index in raised.items():
            if name not in announced:
                raise self.refuse(
                    "edge case", f"{self.shown(index)} raises {name}, and the prompt says nothing of it"
                )
        for name, detail in announced.items():
            if detail not in self.draft.details:
                raise self.refuse("edge case", f"{name} is announced by {detail!r}, which is no detail")
            if name not in raised and not self.draft.harness:
                raise self.refuse(
                    "edge case", f"the prompt announces {name}, and no input of {len(self.texts)} raises it"
                )
        self._predicates()

    def _predicates(self) -> None:
        from lift_sys.reverse_mode.predicates import check

        predicates = [fill(text, self.draft.values) for text in self.draft.template.properties]
        returned = [i for i, outcome in enumerate(self.outcomes) if outcome.raises is None]
        calls = [_Observed(self._test(i)) for i in returned]
        for text, row in zip(predicates, check(self.boxes[PLAIN], predicates, self._driven, calls), strict=True):
            if not all(held is True for held in row):
                index = returned[next(place for place, held in enumerate(row) if held is not True)]
                raise self.refuse(
                    "IR", f"`{text}` does not hold on {self.shown(index)}, which is {_told(self.outcomes[index])}"
                )

    def _readings(self) -> list[tuple[Variant, list[int]]]:
        found = []
        for variant in self.draft.variants:
            outcomes, why = self._run(variant.code, range(len(self.texts)))
            told = [i for i, outcome in enumerate(outcomes) if not meets(self.outcomes[i], outcome)]
            if why and not told:
                told = [len(outcomes)] if len(outcomes) < len(self.texts) else []
            reading = variant.misreading
            if told and not self._ruled_out(variant):
                index = told[0]
                other = _said(outcomes[index]) if index < len(outcomes) else why
                raise self.refuse(
                    "ambiguous",
                    f"a reading of the kind {reading.kind!r} gives {other} for {self.shown(index)}, the reference "
                    f"{_told(self.outcomes[index])}, and the prompt does not say which is meant",
                )
            found.append((variant, told))
        if not any(told for _, told in found):
            raise self.refuse("readings", "no misreading of the template differs from the reference on any input")
        return found

    def _ruled_out(self, variant: Variant) -> bool:
        """Whether the prompt holds what the reading cites, and would not if another option were meant."""
        draft, cited = self.draft, variant.misreading.says
        says = draft.details.get(cited) or fill(cited, draft.values)
        if not says or says.lower() not in draft.request.lower():
            return False
        if variant.values is None:
            return True
        texts = draft.template.details.get(cited, (cited,))
        return says not in [fill(text, variant.values) for text in texts]

    def _mutants(self) -> MutationMatrix:
        """The matrix over the inputs; a survivor of all of them is equivalent, and argued to be."""
        matrix = self._matrix()
        if matrix.detail:
            raise self.refuse("mutants", matrix.detail)
        arguments = {_squeezed(fill(e.change, self.draft.values)): e.why for e in self.draft.template.equivalents}
        settled = (self._settled(m, kills, arguments) for m, kills in zip(matrix.mutants, matrix.kills, strict=True))
        return replace(matrix, mutants=tuple(settled))

    def _settled(self, mutant: MutantEvidence, kills: Sequence[int], arguments: Mapping[str, str]) -> MutantEvidence:
        if kills or mutant.equivalent:
            return mutant
        change = f"{mutant.before} -> {mutant.after}"
        why = arguments.get(_squeezed(change))
        if why is None:
            raise self.refuse(
                "mutants",
                f"line {mutant.line}, `{change}`: none of {len(self.texts)} inputs tells it. Give it an input that "
                "does, write the reference so that it can't arise, or argue that it is equivalent",
            )
        return mutant.model_copy(update={"equivalent": True, "proof": f"argued: {why}"})

    def _matrix(self) -> MutationMatrix:
        draft = self.draft
        tests = [self._test(number) for number in range(len(self.texts))]
        matrices = [
            run_mutants(
                self.boxes[PLAIN], draft.reference, entry, tests, MUTANTS, harness=draft.harness, enough=ENOUGH
            )
            for entry in self._entries
        ]
        found = [matrix for matrix in matrices if not matrix.detail]
        if not found:
            return matrices[0]
        return MutationMatrix(
            mutants=tuple(mutant for matrix in found for mutant in matrix.mutants),
            kills=tuple(kills for matrix in found for kills in matrix.kills),
            got=tuple(got for matrix in found for got in matrix.got),
        )

    @cached_property
    def _entries(self) -> list[str]:
        """What is mutated: the function, or each method of the class."""
        if not self.draft.harness:
            return [self.draft.entry_point]
        for node in ast.parse(self.draft.reference).body:
            if isinstance(node, ast.ClassDef) and node.name == self.draft.entry_point:
                return [f"{node.name}.{item.name}" for item in node.body if isinstance(item, ast.FunctionDef)]
        raise self.refuse("reference", f"it defines no class {self.draft.entry_point}")

    def _choose(self, readings: Sequence[tuple[Variant, list[int]]], matrix: MutationMatrix) -> list[int]:
        """Inputs, ascending, that together tell every fault that any input tells; short ones first.

        Greedy set cover. A fault is a misreading, a mutant, or a solver that does nothing.
        """
        faults = [set(told) for _, told in readings if told]
        faults += [set(kills) for kills in matrix.kills if kills]
        faults += [{i for i in range(len(self.texts)) if not self._is_echo(i, slot)} for slot in range(self._arity)]
        cost = [len(text) + len(_told(self.outcomes[i])) for i, text in enumerate(self.texts)]
        said = [str(outcome) for outcome in self.outcomes]
        chosen: list[int] = []
        counts = Counter(index for fault in faults for index in fault)
        while faults:
            best = min(counts, key=lambda index: (-counts[index], cost[index], index))
            chosen.append(best)
            counts.subtract(index for fault in faults if best in fault for index in fault)
            faults = [fault for fault in faults if best not in fault]
        # More tests of other outcomes and sizes, so that no lucky guess and no constant passes.
        seen = Counter(said[i] for i in chosen)
        while len(chosen) < LEAST or (len(seen) == 1 < len(set(said))):
            left = [i for i in range(len(self.texts)) if i not in chosen]
            best = min(left, key=lambda i: (seen[said[i]], cost[i] > LONG, -i))
            chosen.append(best)
            seen[said[best]] += 1
        if len(chosen) > MOST:
            raise self.refuse("tests", f"{len(chosen)} tests are needed to tell all faults, {MOST} may be kept")
        return sorted(chosen)

    def _visible(self, hidden: Sequence[int]) -> list[int]:
        """Inputs to show: none of the hidden ones, each of another outcome where there are any, of common length."""
        left = [i for i in range(len(self.texts)) if i not in hidden and self.outcomes[i].raises is None]
        if not left:
            raise self.refuse("inputs", "every input that returns is needed as a hidden test")
        typical = sorted(len(self.texts[i]) for i in left)[len(left) * 2 // 3]
        chosen: list[int] = []
        seen: Counter[str] = Counter()
        for _ in range(min(VISIBLE, len(left))):
            rest = [i for i in left if i not in chosen]
            best = min(
                rest,
                key=lambda i: (seen[str(self.outcomes[i])], -self._variety(i), abs(len(self.texts[i]) - typical), i),
            )
            chosen.append(best)
            seen[str(self.outcomes[best])] += 1
        return chosen

    def _variety(self, index: int) -> int:
        """Of a class: how many different things its steps return."""
        return len(set(map(str, json.loads(wire_text(self.outcomes[index].value))))) if self.draft.harness else 0

    def _trivial(self, hidden: Sequence[int]) -> None:
        code = self.draft.reference
        for entry in self._entries:
            code = blank(code, entry)
        found, _ = self._run(code, hidden)
        if len(found) == len(hidden) and all(
            meets(self.outcomes[i], outcome) for outcome, i in zip(found, hidden, strict=True)
        ):
            raise self.refuse("trivial", "an empty body passes every hidden test")
        if len({str(self.outcomes[i]) for i in hidden}) == 1:
            raise self.refuse("trivial", f"every hidden test expects {_told(self.outcomes[hidden[0]])}")
        for slot in range(self._arity):
            if all(self._is_echo(i, slot) for i in hidden):
                raise self.refuse("trivial", f"every hidden test expects argument {slot} back")

    @cached_property
    def _arity(self) -> int:
        return min(len(json.loads(text)["t"]) for text in self.texts)

    def _is_echo(self, index: int, slot: int) -> bool:
        outcome = self.outcomes[index]
        given = json.loads(self.texts[index])["t"][slot]
        return outcome.raises is None and wire_text(given) == wire_text(outcome.value)

    def _test(self, index: int, *, visible: bool = False) -> TestCase:
        arguments = tuple(json.loads(self.texts[index])["t"])
        return TestCase(args=arguments, expected=self.outcomes[index], oracle="generated", visible=visible)

    def _reading(self, variant: Variant, told: Sequence[int], hidden: Sequence[int]) -> Reading:
        reading = variant.misreading
        places = [place for place, index in enumerate(hidden) if index in told]
        return Reading(kind=reading.kind, says=reading.says, code=variant.code, told_by=min(places, default=None))

    @cached_property
    def _driven(self) -> Signature:
        """The signature of what the tests call."""
        if self.draft.harness:
            return Signature(name=DRIVER, parameters=(Parameter(name="arguments"), Parameter(name="steps")))
        return self._lifted.signature

    @cached_property
    def _lifted(self) -> IntermediateRepresentation:
        name = f"{self.draft.entry_point}.__init__" if self.draft.harness else self.draft.entry_point
        return self._lift(self.draft.reference, name)

    def _lift(self, source: str, name: str) -> IntermediateRepresentation:
        from lift_sys.reverse_mode.lifter import lift_source

        for found, ir in lift_source(source):
            if found == name:
                return ir
        raise self.refuse("reference", f"it defines no {name}")

    def _ir(self) -> IntermediateRepresentation:
        draft, lifted = self.draft, self._lifted
        says = Provenance(source="user")
        raised = (
            Effect(kind="raises", description=f"{name}: {draft.details[detail]}", provenance=says)
            for name, detail in draft.template.raises.items()
        )
        # The reference has no annotations; the prompt's signature does.
        returns = f" -> {draft.entry_point}" if draft.harness else ""
        stub = f"def {draft.entry_point}{draft.signature}{returns}:\n    ...\n"
        promised = self._lift(stub, draft.entry_point).signature
        kept = (
            e for e in lifted.effects if e.kind != "raises" and not draft.harness
        )  # a constructor sets attributes
        methods = (f"has the method `{method}`" for method in draft.methods)
        settled = (text for name, text in draft.details.items() if name not in draft.template.raises.values())
        properties = (fill(text, draft.values) for text in draft.template.properties)
        return IntermediateRepresentation(
            intent=Intent(summary=draft.wording, provenance=says),
            signature=promised.model_copy(update={"provenance": says}),
            effects=(*kept, *raised),
            assertions=tuple(
                Assertion(
                    kind="postcondition",
                    predicate=text,
                    provenance=Provenance(source="user", observed_calls=len(self.texts)),
                )
                for text in properties
            ),
            constraints=tuple(Constraint(description=text, provenance=says) for text in (*methods, *settled)),
        )


@dataclass(frozen=True)
class _Observed:
    """A test, as the checker of predicates wants a call."""

    test: TestCase

    @property
    def args(self) -> tuple[WireValue, ...]:
        return self.test.args

    @property
    def kwargs(self) -> dict[str, WireValue]:
        return {}

    @property
    def outcome(self) -> Expected:
        return self.test.expected


def difficulty(draft: Draft, outcomes: Sequence[Expected]) -> Difficulty:
    """Easy, medium or hard, by points for what the solver must write and what it must keep in mind.

                                         0      1       2       3
        decision points                  <= 2   <= 4    <= 7    more
        statements of the reference      <= 4   <= 9    <= 16   more
        nesting of blocks                <= 1   2       more
        details that the prompt settles  <= 2   <= 4    more
        kinds of outcome                 1      more

    0 to 3 points are easy, 4 to 6 medium, 7 to 11 hard.
    """
    tree = ast.parse(draft.reference)
    nodes = list(ast.walk(tree))
    decisions = sum(isinstance(node, _DECISIONS) for node in nodes)
    decisions += sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    statements = sum(isinstance(node, ast.stmt) for node in nodes)
    kinds = {outcome.raises or _kind(outcome.value) for outcome in outcomes}
    points = (
        _step(decisions, 2, 4, 7)
        + _step(statements, 4, 9, 16)
        + _step(_depth(tree), 1, 2)
        + _step(len(draft.details), 2, 4)
        + _step(len(kinds), 1)
    )
    return "easy" if points <= 3 else "medium" if points <= 6 else "hard"


_DECISIONS = (ast.If, ast.For, ast.While, ast.IfExp, ast.ExceptHandler, ast.comprehension, ast.match_case)
_BLOCKS = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Match)


def _depth(node: ast.AST) -> int:
    below = max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)
    return below + isinstance(node, _BLOCKS)


def _step(value: int, *limits: int) -> int:
    """How many of the limits are passed."""
    return sum(value > limit for limit in limits)


def _kind(value: object) -> str:
    return ",".join(value) if isinstance(value, dict) else type(value).__name__


def _distinct(draft: Draft) -> list[str]:
    """The wire texts of the arguments, each once, edges first."""
    return list(dict.fromkeys(wire.encode(arguments) for arguments in draft.calls))


def _expected(outcome: Outcome) -> Expected:
    if outcome.raises is not None:
        return Expected(raises=outcome.raises)
    return Expected(value=None if outcome.value is None else json.loads(outcome.value))


def _told(expected: Expected) -> str:
    return expected.raises or wire_literal(expected.value)


def _said(outcome: Outcome) -> str:
    if outcome.value is None and outcome.raises is None:
        return "a value that is not plain"
    return _told(_expected(outcome))


def normal(code: str) -> str:
    """Code without comments, layout and the names of its own."""
    tree = ast.parse(code)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        for field in ("id", "arg", "name"):
            if isinstance(name := getattr(node, field, None), str) and not hasattr(builtins, name):
                setattr(node, field, names.setdefault(name, f"n{len(names)}"))
    return ast.unparse(tree)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
