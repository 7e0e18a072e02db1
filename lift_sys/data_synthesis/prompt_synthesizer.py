"""Prompts for a function, in three registers, that never give its body away.

    request         what a person would type: one or two sentences, the signature, an example
    specification   everything that is known: behaviour, parameters, result, errors, guarantees, examples
    stub            imports, `def` line and docstring, to be completed (as in HumanEval, Chen et al. 2021)

What the prompt is built on is its level, from the best to the poorest: the docstring, then comments and parameter
documentation, then recorded calls or doctests, then the name with hints and effects, then generated calls alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.data_synthesis.leaks import leaks_body
from lift_sys.data_synthesis.prompt_material import Level, Material, Pick, gather
from lift_sys.data_synthesis.prompt_request import request
from lift_sys.data_synthesis.prompt_specification import complete_stub, specification
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Function, TestCase

REGISTERS = ("request", "specification", "stub")


@dataclass(frozen=True)
class PromptSet:
    """Prompt by register, and the level they rest on."""

    prompts: dict[str, str]
    level: Level


class PromptSynthesizer:
    """Deterministic: wordings are chosen by the seed and a hash of the function, never at random."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def synthesize(
        self, function: Function, ir: IntermediateRepresentation, tests: Sequence[TestCase] = ()
    ) -> PromptSet:
        """The prompts of one function. Of the tests only the visible ones are shown."""
        material = gather(function, ir, tests)
        pick = self._picker(function)
        allowed = _quotable(material)
        prompts = {}
        for register, write in (("request", request), ("specification", specification), ("stub", complete_stub)):
            prompt = write(material, pick)
            if leaks_body(prompt, function, allowed=allowed):
                prompt = write(material.bare(), pick)
            prompts[register] = prompt
        return PromptSet(prompts, material.level)

    def _picker(self, function: Function) -> Pick:
        key = f"{self.seed}\0{function.qualname}\0{function.source}"

        def pick(slot: str, variants: Sequence[str]) -> str:
            digest = hashlib.sha256(f"{key}\0{slot}".encode("utf-8", "surrogatepass")).digest()
            return variants[int.from_bytes(digest[:4], "big") % len(variants)]

        return pick


def _quotable(material: Material) -> list[str]:
    """Texts that a prompt may quote: the cleaned documentation, the signature and the examples."""
    texts = [material.summary, *material.body, material.returns, material.header.call_signature()]
    texts += [parameter.description for parameter in material.parameters]
    texts += [parameter.default or "" for parameter in material.parameters]
    texts += [example.doctest() for example in material.examples]
    texts += [material.outline.text] if material.outline else []
    return [*texts, material.preamble(), material.short_preamble(), material.header.definition()]
