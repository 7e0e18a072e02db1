"""Prompts to code, many at a time: a specification, candidates from two routes, checks, agreement, repair.

    prompt ── specification (under a grammar) ── candidates from it ──┐
       └───── candidates from the prompt itself ──────────────────────┴─ examine ── choose ── mend ── choose

Every element can be switched off (`ForwardConfig`), so that what it is worth can be measured.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from lift_sys.errors import IRError
from lift_sys.forward_mode.asking import examples_of, from_ir, to_repair
from lift_sys.forward_mode.candidates import Candidate, Known, Route, best, examine
from lift_sys.forward_mode.examples import arguments, find_examples
from lift_sys.forward_mode.variations import variations
from lift_sys.ir import IntermediateRepresentation
from lift_sys.ir.compact import grammar, parse
from lift_sys.providers import Completion, Provider, Request
from lift_sys.records.training import SYSTEM
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.judge import completion_text

_NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bdef\s+([A-Za-z_]\w*)\s*\(",
        r"\bclass\s+`?([A-Za-z_]\w*)",
        r"`([A-Za-z_]\w*)\([^`]*(?:->|: )[^`]*`",  # a signature
        r"`([A-Za-z_]\w*)(?:\([^`]*\))?`",
    )
)


@dataclass(frozen=True)
class ForwardConfig:
    """Which elements are used, and how much is spent."""

    specification: bool = True
    """Write a specification first, and code from it."""
    constrained: bool = True
    """Hold the specification to the grammar of the IR."""
    direct: bool = True
    """Write code from the prompt itself as well."""
    samples: int = 8
    """Candidates of each route; the first of them is greedy."""
    temperature: float = 0.8
    examples: bool = True
    """Run the prompt's examples."""
    predicates: bool = True
    """Hold candidates against the specification's predicates."""
    agreement: bool = True
    """Prefer behaviour that many candidates share."""
    repairs: int = 1
    """Rounds in which what fails is given back with the failing evidence."""
    max_tokens: int = 512
    seed: int = 0


@dataclass(frozen=True)
class Synthesis:
    """What came of a prompt."""

    prompt: str
    chosen: Candidate | None
    candidates: tuple[Candidate, ...]
    specification: str = ""
    unread: str = ""
    """Why the specification can't be read, where it can't."""
    unmet: tuple[str, ...] = ()
    """What could not be satisfied, a line each; empty where all that is known holds."""
    tokens: int = 0
    errors: tuple[str, ...] = ()
    """Requests that the provider could not answer."""

    @property
    def code(self) -> str:
        return self.chosen.code if self.chosen else ""

    @property
    def agreeing(self) -> int:
        """Candidates that behave as the chosen one, itself included."""
        if self.chosen is None or not self.chosen.behaviour:
            return 1 if self.chosen else 0
        return sum(candidate.behaviour == self.chosen.behaviour for candidate in self.candidates)


@dataclass
class _Work:
    """One prompt on its way."""

    prompt: str
    known: Known
    specification: str = ""
    unread: str = ""
    ir: IntermediateRepresentation | None = None
    candidates: list[Candidate] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    tokens: int = 0
    errors: list[str] = field(default_factory=list)


def entry_point_of(prompt: str) -> str:
    """The function or class that a prompt asks for: what its examples call, else what it names first; or empty."""
    for line in find_examples(prompt):
        tree = ast.parse(line.source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                return node.func.id
    return next((found[1] for pattern in _NAMES if (found := pattern.search(prompt))), "")


def synthesize(
    prompts: Sequence[str],
    provider: Provider,
    sandbox: Sandbox,
    config: ForwardConfig = ForwardConfig(),
    *,
    advance: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> list[Synthesis]:
    """Code for each prompt, with its evidence.

    Args:
        advance: called with the stage, how many of its answers are there, and how many there will be.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    run = _Run(provider, sandbox, config, advance)
    work = [run.begin(prompt) for prompt in prompts]
    if config.specification:
        run.specify(work)
    run.sample(work)
    for round_ in range(config.repairs):
        run.repair(work, round_)
    return [run.end(item) for item in work]


class _Run:
    def __init__(
        self,
        provider: Provider,
        sandbox: Sandbox,
        config: ForwardConfig,
        advance: Callable[[str, int, int], None],
    ) -> None:
        self.provider, self.sandbox, self.config, self.advance = provider, sandbox, config, advance

    def begin(self, prompt: str) -> _Work:
        lines = find_examples(prompt) if self.config.examples else ()
        name = entry_point_of(prompt)
        known = Known(name, lines, tuple(variations(arguments(lines, name), seed=self.config.seed)))
        return _Work(prompt, known)

    def specify(self, work: Sequence[_Work]) -> None:
        """A specification for each prompt, written greedily."""
        rules = grammar() if self.config.constrained else ""
        asked = [Request(item.prompt, SYSTEM["prompt_to_ir"], self.config.max_tokens, grammar=rules) for item in work]
        for item, answer in zip(work, self._answers("specify", asked), strict=True):
            if not self._count(item, answer):
                continue
            item.specification = answer.text.strip()
            try:
                item.ir = parse(item.specification)
            except IRError as error:
                item.unread = str(error)
                continue
            item.known = replace(
                item.known,
                name=item.known.name or item.ir.signature.name,
                ir=item.ir if self.config.predicates else None,
            )

    def sample(self, work: Sequence[_Work]) -> None:
        """Candidates of both routes; where there is no specification, all are from the prompt."""
        asked: list[tuple[_Work, Route, Request]] = []
        for item in work:
            routes: list[tuple[Route, str, str]] = []
            if item.ir is not None:
                routes.append(("ir", from_ir(item.ir, examples_of(item.prompt)), SYSTEM["ir_to_code"]))
            if self.config.direct or item.ir is None:
                routes.append(("direct", item.prompt, SYSTEM["prompt_to_code"]))
            for route, text, system in routes:
                asked += [(item, route, self._request(text, system, number)) for number in range(self.config.samples)]
        self._examine("write", asked)

    def repair(self, work: Sequence[_Work], round_: int) -> None:
        """Give the best candidate of each prompt that is not met back, with what it fails."""
        asked: list[tuple[_Work, Route, Request]] = []
        for item in work:
            found = best(item.candidates, agreement=self.config.agreement)
            if found is None or found.fault or not found.failures:
                continue
            text = to_repair(item.prompt, found.code, found.failures[:3])
            for number in range(max(1, self.config.samples // 2)):
                request = self._request(text, SYSTEM["repair"], number + round_ * self.config.samples)
                asked.append((item, "repair", request))
        if asked:
            self._examine("mend", asked)

    def end(self, item: _Work) -> Synthesis:
        chosen = best(item.candidates, agreement=self.config.agreement)
        return Synthesis(
            prompt=item.prompt,
            chosen=chosen,
            candidates=tuple(item.candidates),
            specification=item.specification,
            unread=item.unread,
            unmet=tuple(_unmet(chosen)),
            tokens=item.tokens,
            errors=tuple(item.errors),
        )

    def _request(self, text: str, system: str, number: int) -> Request:
        heat = self.config.temperature if number else 0.0
        return Request(text, system, self.config.max_tokens, heat, self.config.seed + number)

    def _answers(self, stage: str, asked: Sequence[Request]) -> list[Completion]:
        found = []
        for answer in self.provider.complete(asked):
            found.append(answer)
            self.advance(stage, len(found), len(asked))
        return found

    def _examine(self, stage: str, asked: Sequence[tuple[_Work, Route, Request]]) -> None:
        for (item, route, _), answer in zip(asked, self._answers(stage, [r for *_, r in asked]), strict=True):
            if not self._count(item, answer):
                continue
            code = completion_text(answer.text).strip()
            if answer.finish == "length" and "```" not in answer.text:
                continue  # cut off in the middle
            if code in item.seen:  # the same text counts once more for agreement, and is not run again
                item.candidates.append(replace(next(c for c in item.candidates if c.code == code), route=route))
                continue
            item.seen.add(code)
            item.candidates.append(examine(code, route, item.known, self.sandbox))

    def _count(self, item: _Work, answer: Completion) -> bool:
        item.tokens += answer.tokens
        if answer.finish == "error":
            item.errors.append(answer.detail)
        return answer.finish != "error"


def _unmet(chosen: Candidate | None) -> list[str]:
    if chosen is None:
        return ["no answer came"]
    if chosen.fault:
        return [chosen.fault]
    lines = [f"{f.call} should {f.expected}, but it {f.got}" for f in chosen.failures]
    return [*lines, *(f"the specification's `{predicate}` does not hold" for predicate in chosen.broken)]
