"""`lift-sys synthesize-code`: from a prompt to code, with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lift_sys.forward_mode.synthesis import Synthesis


def synthesize_code(
    prompt: Annotated[
        str, typer.Argument(help="What the code is to do, with examples if there are any; `-` reads it.")
    ],
    provider: Annotated[str, typer.Option("--provider", help="local, openai or scripted.")] = "local",
    model: Annotated[
        str, typer.Option("--model", help="Empty for the embedded one; else a folder, an id or the server's name.")
    ] = "",
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Candidates of each route.")] = 8,
    temperature: Annotated[float, typer.Option("--temperature", min=0.0, help="Of all but the first one.")] = 0.8,
    top_p: Annotated[float, typer.Option("--top-p", min=0.0, max=1.0, help="Of all but the first one.")] = 0.95,
    specification: Annotated[
        bool, typer.Option("--specification/--no-specification", help="Write a specification first.")
    ] = True,
    constrained: Annotated[
        bool, typer.Option("--grammar/--no-grammar", help="Hold the specification to the IR's grammar.")
    ] = True,
    direct: Annotated[bool, typer.Option("--direct/--no-direct", help="Write code from the prompt as well.")] = True,
    examples: Annotated[bool, typer.Option("--examples/--no-examples", help="Run the prompt's examples.")] = True,
    types: Annotated[bool, typer.Option("--types/--no-types", help="Check parameters and results.")] = True,
    predicates: Annotated[
        bool, typer.Option("--predicates/--no-predicates", help="Check the specification's predicates.")
    ] = True,
    agreement: Annotated[
        bool, typer.Option("--agreement/--no-agreement", help="Prefer what many candidates agree on.")
    ] = True,
    repairs: Annotated[int, typer.Option("--repairs", min=0, help="Rounds of repair from what fails.")] = 1,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="Longest answer, in tokens.")] = 512,
    seed: Annotated[int, typer.Option("--seed", help="Of the candidates and of the inputs tried.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with all candidates.")] = False,
) -> None:
    """Write code for a prompt, run it in the sandbox, and say what holds and what does not.

    Example:  lift-sys synthesize-code 'Write `double(x: int) -> int`. For example, `double(2)` returns `4`.'

    Exit codes: 0 all that is known of the prompt holds, 1 something does not (it is said what), 2 bad settings,
    3 no sandbox here.
    """
    import sys

    from lift_sys.cli.console import Console
    from lift_sys.errors import ConfigError
    from lift_sys.forward_mode.synthesis import ForwardConfig, synthesize
    from lift_sys.providers import make_provider
    from lift_sys.sandbox import open_sandbox

    text = sys.stdin.read() if prompt == "-" else prompt
    if not text.strip():
        raise ConfigError("the prompt is empty")
    if not specification and not direct:
        raise ConfigError("--no-specification and --no-direct leave nothing to ask")
    config = ForwardConfig(
        specification=specification,
        constrained=constrained,
        direct=direct,
        samples=samples,
        temperature=temperature,
        top_p=top_p,
        examples=examples,
        types=types,
        predicates=predicates,
        agreement=agreement,
        repairs=repairs,
        max_tokens=max_tokens,
        seed=seed,
    )
    started: set[str] = set()

    def advance(stage: str, done: int, total: int) -> None:
        if stage not in started:
            started.add(stage)
            console.start(stage, total)
        console.advance(stage)

    with open_sandbox() as sandbox, make_provider(provider, model) as asked, Console() as console:
        (found,) = synthesize([text], asked, sandbox, config, advance=advance)
    _print_json(found) if as_json else _print(found)
    if found.unmet:
        raise typer.Exit(1)


def _print(found: Synthesis) -> None:
    import sys

    if found.code:
        print(found.code)
    lines = [f"{len(found.candidates)} candidates, {found.tokens} tokens"]
    checks = found.chosen.checks if found.chosen else 0
    if found.examples or checks:
        lines.append(f"held against {found.examples} examples of the prompt and {checks} other checks")
    else:
        lines.append("held against nothing: the prompt shows no example that can be read (docs/FORWARD_MODE.md)")
    if found.chosen and not found.chosen.fault:
        kept = sum(candidate.passes for candidate in found.candidates)
        lines.append(f"{kept} meet all that is known; {found.agreeing} behave as this one ({found.chosen.route})")
    if found.specification:
        lines.append(f"specification{f' (can not be read: {found.unread})' if found.unread else ''}:")
        lines += [f"  {line}" for line in found.specification.splitlines()]
    lines += [f"not met: {line}" for line in found.unmet]
    lines += [f"not answered: {detail}" for detail in found.errors]
    print("\n".join(lines), file=sys.stderr)


def _print_json(found: Synthesis) -> None:
    import json
    from dataclasses import asdict

    print(json.dumps(asdict(found), default=str))
