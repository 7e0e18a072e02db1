"""`lift-sys show`: one example in full."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.text import Text

    from lift_sys.records import Example, TestCase


def show(
    folder: Annotated[Path, typer.Argument(help="A dataset folder written by `lift-sys generate`.")],
    example: Annotated[
        str | None, typer.Argument(help="An id (or its first letters), or an entry point; the best one without it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as it is stored.")] = False,
) -> None:
    """Show one example in full: prompt, IR, code, tests, mutants, verdict and provenance.

    Example:  lift-sys show build/demo is_sorted

    Exit codes: 0 shown, 2 no such example, 5 no dataset in the folder.
    """
    from lift_sys.data_synthesis.dataset import read_examples
    from lift_sys.errors import ConfigError

    chosen = None
    for candidate in read_examples(folder):
        if example is None:
            if chosen is None or _rank(candidate) > _rank(chosen):
                chosen = candidate
        elif candidate.id.startswith(example) or candidate.entry_point == example:
            chosen = candidate
            break
    if chosen is None and example is None:
        raise ConfigError(f"{folder} holds no example: no function was kept, {folder}/report.md says why")
    if chosen is None:
        raise ConfigError(f"no example {example!r} in {folder}: `lift-sys show {folder}` shows the best one")
    if as_json:
        print(chosen.to_line())
    else:
        _render(chosen)


def _rank(example: Example) -> tuple[float, str]:
    return example.quality.score, example.id


def _render(example: Example) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.syntax import Syntax

    console = Console()
    provenance = example.provenance
    console.rule(f"[bold]{example.entry_point}[/]  {example.id[:12]}", align="left")
    console.print(Panel(_plain(example.prompt), title="Prompt (specification)", title_align="left"))
    for register, text in example.prompts.items():
        if text != example.prompt:
            console.print(Panel(_plain(text), title=f"Prompt ({register})", title_align="left"))
    console.print(Panel(_ir_view(example), title="IR", title_align="left"))
    code = Syntax(example.code, "python", background_color="default", word_wrap=True)
    console.print(Panel(code, title="Code", title_align="left"))
    console.print(Panel(_tests_view(example), title=f"Tests ({len(example.tests)})", title_align="left"))
    console.print(Panel(_mutants_view(example), title="Mutants", title_align="left"))
    seeds = ", ".join(map(str, example.verdict.hash_seeds))
    missing = ", ".join(example.verdict.missing_protections) or "none"
    console.print(
        f"[bold]Verdict[/]     [green]{example.verdict.status}[/] in {' and '.join(example.verdict.regimes)}, "
        f"hash seeds {seeds}; missing protections: {missing}"
    )
    parts = ", ".join(f"{name} {value:.2f}" for name, value in example.quality.components.items())
    console.print(f"[bold]Quality[/]     {example.quality.score:.2f} ({parts})")
    console.print(
        f"[bold]Provenance[/]  {provenance.repository} {provenance.version}, {provenance.path}"
        f" lines {provenance.first_line}-{provenance.last_line}\n"
        f"            licence {provenance.licence} (text {str(provenance.licence_sha256)[:12]}), "
        f"{provenance.time}, lift-sys {provenance.code_version}\n            {provenance.url or 'no URL'}",
        highlight=False,
    )


def _plain(text: str) -> Text:
    from rich.text import Text

    return Text(text)


def _ir_view(example: Example) -> Text:
    from rich.text import Text

    ir, view = example.ir, Text()
    view.append("intent      ", "bold").append(ir.intent.summary + "\n")
    parameters = ", ".join(
        f"{p.name}: {p.type_hint or '?'}" + (f" = {p.default}" if p.default is not None else "")
        for p in ir.signature.parameters
    )
    view.append("signature   ", "bold").append(
        f"{ir.signature.name}({parameters}) -> {ir.signature.returns or '?'}\n"
    )
    for effect in ir.effects:
        view.append("effect      ", "bold").append(f"{effect.kind}: {effect.description}\n")
    for clause in ir.assertions:
        calls = clause.provenance.observed_calls if clause.provenance else None
        view.append(f"{clause.kind:<14}"[:14], "bold").append(clause.predicate)
        view.append(f"   held on {calls} calls\n" if calls else "\n", "dim")
    for hole in ir.holes:
        view.append("hole        ", "bold yellow").append(f"{hole.identifier}: {hole.type_hint} {hole.description}\n")
    view.rstrip()
    return view


def assertion_text(entry_point: str, test: TestCase) -> str:
    """A test as the assert statement that a person would write."""
    from lift_sys.records import wire_literal

    arguments = [wire_literal(value) for value in test.args]
    arguments += [f"{name}={wire_literal(value)}" for name, value in test.kwargs.items()]
    call = f"{entry_point}({', '.join(arguments)})"
    if test.expected.raises is not None:
        return f"{call}  # raises {test.expected.raises}"
    return f"assert {call} == {wire_literal(test.expected.value)}"


def _tests_view(example: Example) -> Text:
    from rich.text import Text

    view = Text()
    for test in example.tests:
        mark = "visible" if test.visible else "hidden "
        view.append(f"{mark} {test.oracle:<9} ", "dim").append(assertion_text(example.entry_point, test) + "\n")
    view.rstrip()
    return view


def _mutants_view(example: Example) -> Text:
    from rich.text import Text

    view = Text(f"{example.mutation.killed} of {example.mutation.total} killed\n")
    for mutant in example.mutation.mutants:
        if mutant.equivalent:
            fate, style = "equivalent", "dim"
        elif mutant.killed_by is None:
            fate, style = "survived", "yellow"
        else:
            fate, style = f"test {mutant.killed_by}", "green"
        view.append(f"{fate:<11}", style).append(f"line {mutant.line}: {mutant.before}  ->  {mutant.after}\n")
    view.rstrip()
    return view
