"""Prompts to code, many at a time: a specification, candidates from two routes, checks, agreement, repair.

    prompt ── specification (under a grammar) ── candidates from it ──┐
       └───── candidates from the prompt itself ──────────────────────┴─ examine ── choose ── mend ── choose

Every element can be switched off (`ForwardConfig`), so that what it is worth can be measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lift_sys.errors import ConfigError, IRError
from lift_sys.forward_mode.asking import examples_of, from_ir, to_repair
from lift_sys.forward_mode.candidates import Candidate, Known, Route, best, examine
from lift_sys.forward_mode.examples import find_examples
from lift_sys.forward_mode.prompts import entry_point_of, signature_of
from lift_sys.forward_mode.variations import scripts_of, variations
from lift_sys.ir import IntermediateRepresentation
from lift_sys.ir.compact import grammar, parse
from lift_sys.providers import Completion, Provider, Request
from lift_sys.records.training import SYSTEM
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.judge import completion_text

_FENCE = re.compile(r"^```", re.MULTILINE)
_METHOD = re.compile(r"def \w+\((?:self|cls)\b")
"""How the specification of a method begins: what code must define is its class, of which it says nothing."""
VERSION = 5
"""Raised whenever the same answers of a model would lead to other code."""
ELEMENTS: dict[str, dict[str, Any]] = {
    "specification": {"specification": False},
    "grammar": {"constrained": False},
    "direct": {"direct": False},
    "examples": {"examples": False},
    "types": {"types": False},
    "predicates": {"predicates": False},
    "agreement": {"agreement": False},
    "repair": {"repairs": 0},
}
"""What can be switched off, and by which settings."""


@dataclass(frozen=True)
class ForwardConfig:
    """Which elements are used, and how much is spent.

    Raises:
        ConfigError: a number is out of its range.
    """

    specification: bool = True
    """Write a specification first, and code from it."""
    constrained: bool = True
    """Hold the specification to the grammar of the IR."""
    direct: bool = True
    """Write code from the prompt itself as well."""
    samples: int = 8
    """Candidates of each route; the first of them is greedy."""
    temperature: float = 0.8
    top_p: float = 0.95
    examples: bool = True
    """Hold candidates against the prompt's examples."""
    types: bool = True
    """Hold parameters and results against the signature."""
    predicates: bool = True
    """Hold candidates against the specification's predicates."""
    agreement: bool = True
    """Prefer behaviour that many candidates share."""
    repairs: int = 1
    """Rounds in which what fails is given back with the failing evidence."""
    max_tokens: int = 512
    seed: int = 0

    def __post_init__(self) -> None:
        Request("", "", self.max_tokens, self.temperature, top_p=self.top_p)  # it knows the ranges

    def without(self, names: Iterable[str]) -> ForwardConfig:
        """The same with some elements switched off.

        Raises:
            ConfigError: there is no such element, or nothing is left to ask.
        """
        config = self
        for name in names:
            if name not in ELEMENTS:
                raise ConfigError(f"there is no element {name!r}: {', '.join(ELEMENTS)}")
            config = replace(config, **ELEMENTS[name])
        if not config.specification and not config.direct:
            raise ConfigError("without specification and direct there is nothing to ask")
        return config

    @property
    def off(self) -> list[str]:
        """The elements that are switched off."""
        return [name for name, off in ELEMENTS.items() if replace(self, **off) == self]


@dataclass(frozen=True)
class Synthesis:
    """What came of a prompt."""

    prompt: str
    chosen: Candidate | None
    candidates: tuple[Candidate, ...]
    specification: str = ""
    unread: str = ""
    """Why the specification can't be read, where it can't."""
    examples: int = 0
    """Examples that were found in the prompt, and that candidates were held against."""
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
    specified: bool = False
    """Whether the prompt is a specification itself."""
    specification: str = ""
    unread: str = ""
    ir: IntermediateRepresentation | None = None
    candidates: list[Candidate] = field(default_factory=list)
    seen: dict[str, Candidate] = field(default_factory=dict)
    """By code, what was run."""
    tokens: int = 0
    errors: list[str] = field(default_factory=list)


def synthesize(
    prompts: Sequence[str],
    provider: Provider,
    sandbox: Sandbox,
    config: ForwardConfig = ForwardConfig(),
    *,
    specified: bool = False,
    advance: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> list[Synthesis]:
    """Code for each prompt, with its evidence.

    Args:
        specified: the prompts are specifications with examples, as `from_ir` writes them. So none is written, and
            all candidates but the repairs are of the route `ir`.
        advance: called with the stage, how many of its answers are there, and how many there will be.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    run = _Run(provider, sandbox, config, advance)
    work = [run.begin(prompt, specified) for prompt in prompts]
    if config.specification and not specified:
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

    def begin(self, prompt: str, specified: bool) -> _Work:
        name = "" if specified and _METHOD.match(prompt) else entry_point_of(prompt)
        lines = find_examples(prompt, name)
        known = Known(
            name=name,
            examples=lines if self.config.examples else (),
            scripts=tuple(variations(scripts_of(lines), seed=self.config.seed)),
            signature=signature_of(prompt, name) if self.config.types else None,
        )
        item = _Work(prompt, known, specified)
        if specified:
            self._specify(item, prompt.removesuffix(examples_of(prompt)))
        return item

    def specify(self, work: Sequence[_Work]) -> None:
        """A specification for each prompt, written greedily."""
        rules = grammar() if self.config.constrained else ""
        asked = [Request(item.prompt, SYSTEM["prompt_to_ir"], self.config.max_tokens, grammar=rules) for item in work]
        for item, answer in zip(work, self._answers("specify", asked), strict=True):
            if self._count(item, answer):
                self._specify(item, answer.text)

    def _specify(self, item: _Work, text: str) -> None:
        """Hold the candidates of a prompt against a specification, where it can be read."""
        item.specification = text.strip()
        try:
            item.ir = parse(item.specification)
        except IRError as error:
            item.unread = str(error)
            return
        written = item.ir.signature
        name = item.known.name or ("" if _METHOD.match(item.specification) else written.name)
        item.known = replace(
            item.known,
            name=name,
            signature=item.known.signature or (written if self.config.types and written.name == name else None),
            ir=item.ir if self.config.predicates else None,
        )

    def sample(self, work: Sequence[_Work]) -> None:
        """Candidates of both routes; where there is no specification, all are from the prompt. Among equals the first
        is taken, so those that rest on the prompt alone come first."""
        asked: list[tuple[_Work, Route, Request]] = []
        for item in work:
            routes: list[tuple[Route, str, str]] = []
            if item.specified:
                routes.append(("ir", item.prompt, SYSTEM["ir_to_code"]))
            elif self.config.direct or item.ir is None:
                routes.append(("direct", item.prompt, SYSTEM["prompt_to_code"]))
            if item.ir is not None and not item.specified:
                routes.append(("ir", from_ir(item.ir, examples_of(item.prompt)), SYSTEM["ir_to_code"]))
            for route, text, system in routes:
                asked += [(item, route, self._request(text, system, number)) for number in range(self.config.samples)]
        self._examine("write", asked)

    def repair(self, work: Sequence[_Work], round_: int) -> None:
        """Give the best candidate of each prompt that is not met back, with what shows it."""
        asked: list[tuple[_Work, Route, Request]] = []
        for item in work:
            found = best(item.candidates, agreement=self.config.agreement)
            text = to_repair(item.prompt, found.code, found.failures, found.evidence) if found else ""
            if not text:
                continue
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
            examples=len(item.known.examples),
            unmet=tuple(chosen.unmet if chosen else ["no answer came"]),
            tokens=item.tokens,
            errors=tuple(item.errors),
        )

    def _request(self, text: str, system: str, number: int) -> Request:
        config = self.config
        heat = config.temperature if number else 0.0
        return Request(text, system, config.max_tokens, heat, config.seed + number, config.top_p)

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
            if answer.finish == "length" and not _is_closed(answer.text):
                item.candidates.append(Candidate(code, route, "it was cut off"))
                continue
            if code not in item.seen:  # the same text counts once more for agreement, and is not run again
                item.seen[code] = examine(code, route, item.known, self.sandbox)
            item.candidates.append(replace(item.seen[code], route=route))

    def _count(self, item: _Work, answer: Completion) -> bool:
        item.tokens += answer.tokens
        if answer.finish == "error":
            item.errors.append(answer.detail)
        return answer.finish != "error"


def _is_closed(text: str) -> bool:
    """Whether an answer holds a block of code, and no block that is open at its end."""
    fences = len(_FENCE.findall(text))
    return fences > 0 and fences % 2 == 0
