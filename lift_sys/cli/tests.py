"""`lift-sys tests`: suites of tasks that are made from templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lift_sys.cli.console import Console
    from lift_sys.executors import Executor
    from lift_sys.reports.suite import Comparison, Facts
    from lift_sys.testing.comparing import Score

tests = typer.Typer(
    name="tests", help="Make, check and measure suites of tasks from templates.", no_args_is_help=True
)
SHOWN = 20


@tests.command("generate")
def generate(
    out: Annotated[Path, typer.Option("--out", help="The suite's file (JSONL).")],
    seed: Annotated[
        int,
        typer.Option(
            "--seed", min=0, help="Another seed gives other tasks, never the same; 0 to 17 have all they need."
        ),
    ] = 1,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many tasks.")] = 500,
    training: Annotated[
        bool, typer.Option("--training", help="Tasks to train on: none of the templates that are held out.")
    ] = False,
    allow_refused: Annotated[
        int,
        typer.Option("--allow-refused", min=0, help="Drafts that may be refused: others take their place."),
    ] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 takes every core.")] = 0,
) -> None:
    """Draw a suite from a seed. Every task is checked in the sandbox before it is taken.

    A draft that is refused is in no suite, whatever is allowed: another combination of its template takes its place.

    Example:  lift-sys tests generate --seed 7 --count 200 --out private.jsonl

    Exit codes: 0 done, 1 a template is at fault (its message shows the input), 2 bad settings, 3 no sandbox here,
    5 the file can't be written.
    """
    import asyncio
    import sys
    import time

    from lift_sys.cli.console import Console
    from lift_sys.executors import make_executor
    from lift_sys.sandbox import open_sandbox
    from lift_sys.storage import check_writable
    from lift_sys.testing.suite import write_suite
    from lift_sys.testing.test_generator import Generation
    from lift_sys.testing.test_generator import generate as make

    check_writable(out)  # fail before any work is done, not in the middle
    open_sandbox().close()
    began = time.monotonic()

    async def run() -> Generation:
        async with make_executor("local", jobs) as workers:
            return await make(seed, count, workers, training=training, advance=_on(console))

    with Console() as console:
        found = asyncio.run(run())
    write_suite(out, found.suite)
    print(
        f"{out}: {count} tasks of {len({t.template for t in found.suite.tasks})} templates, seed {seed}, "
        f"in {time.monotonic() - began:.0f} s; {len(found.near)} left out as near-duplicates, "
        f"{len(found.refusals)} drafts refused"
    )
    for category, number in found.short.items():
        print(f"note: {category} has {number} tasks only; its templates are used up at seed {seed}", file=sys.stderr)
    _tell("left out", found.near)
    _tell("refused", found.refusals)
    if len(found.refusals) > allow_refused:
        raise typer.Exit(1)


@tests.command("check", no_args_is_help=True)
def check(
    name: Annotated[str, typer.Argument(metavar="CATEGORY[.NAME]", help="A template, or all of a category.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed to draw tasks with.")] = 1,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Tasks to draw of each template.")] = 5,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Do not print the prompts.")] = False,
) -> None:
    """Try a template while you write it: draws tasks, checks them, and prints prompts, evidence and refusals.

    Example:  lift-sys tests check list_operations.longest_run_beyond

    Exit codes: 0 every draft was taken, 1 some were refused or a template made none, 2 there is no such template,
    3 no sandbox here.
    """
    import sys
    from collections import Counter

    from lift_sys.errors import TemplateError
    from lift_sys.testing.templates import templates_of
    from lift_sys.testing.test_generator import Order, make_tasks, why_none

    category, _, wanted = name.partition(".")
    chosen = [template for template in templates_of(category) if wanted in ("", template.name)]
    if not chosen:
        raise TemplateError(f"{category} has no template {wanted!r}")
    failed = False
    for template in chosen:
        made = make_tasks(Order(category, template.name, seed, count))
        failed |= bool(made.refusals) or not made.tasks
        kinds = Counter(task.difficulty for task in made.tasks)
        print(f"{template.name}: {template.size} combinations, {len(made.tasks)} tasks taken, {dict(kinds)}")
        for task in () if quiet else made.tasks:
            told = sum(reading.told_by is not None for reading in task.readings)
            print(
                f"\n--- {task.parameters}: {task.difficulty}, {len(task.hidden)} hidden tests, "
                f"{task.mutation.killed} of {task.mutation.total} mutants killed, "
                f"{told} of {len(task.readings)} readings told, {task.inputs} inputs\n{task.prompt}"
            )
        _tell("left out", made.near)
        _tell("refused", made.refusals)
        if not made.tasks and not made.refusals:
            print(f"no task: {why_none(template, made)}", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


@tests.command("validate", no_args_is_help=True)
def validate(
    suite: Annotated[Path, typer.Argument(metavar="FILE", help="A suite, as `tests generate` writes it.")],
    runs: Annotated[int, typer.Option("--runs", min=1, help="Environments that each implementation runs in.")] = 1,
    against: Annotated[
        list[Path] | None, typer.Option("--against", help="Another suite that may share no task. Repeatable.")
    ] = None,
    dataset: Annotated[
        Path | None, typer.Option("--dataset", help="A dataset, for the solver that takes its nearest row.")
    ] = None,
    scores: Annotated[
        list[Path] | None, typer.Option("--scores", help="What `tests baseline` wrote of a model. Repeatable.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again/--no-again", help="Draw it again from its seed, timed: the same tasks must come.")
    ] = False,
    human_eval: Annotated[
        bool, typer.Option("--human-eval/--no-human-eval", help="Measure HumanEval's own tests beside it.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Write this Markdown file, and an HTML file with charts beside it."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 takes every core.")] = 0,
) -> None:
    """Show again, on the file alone, all that a suite promises.

    Example:  lift-sys tests validate tests/synthetic/suite_v1.jsonl --runs 3

    Exit codes: 0 all of it holds, 1 something does not, 2 bad settings, 3 no sandbox here, 5 a file can't be used.
    """
    import asyncio
    import time

    from lift_sys.cli.console import Console, command_line
    from lift_sys.config import usable_cores
    from lift_sys.executors import make_executor
    from lift_sys.reports import suite as reports
    from lift_sys.sandbox import open_sandbox
    from lift_sys.storage import check_writable
    from lift_sys.testing import comparing
    from lift_sys.testing.solvers import SOLVERS, Nearest
    from lift_sys.testing.suite import read_suite
    from lift_sys.testing.test_generator import near_duplicates, nearest
    from lift_sys.testing.validation import Again, Checked, draw_again
    from lift_sys.testing.validation import validate as check_all

    found = read_suite(suite)
    others = [read_suite(path) for path in against or []]
    measured = [comparing.read_scores(path, found) for path in scores or []]
    answers: dict[str, dict[str, str]] = {}
    if dataset is not None:
        row = Nearest.of(comparing.dataset_lines(dataset))
        answers[NEAREST] = {task.id: row(task) for task in found.tasks}
    if report is not None:
        check_writable(report)
    open_sandbox().close()
    seconds: dict[str, float] = {}
    comparisons: list[Comparison] = []
    drawn: list[Again] = []

    async def run() -> list[Checked]:
        async with make_executor("local", jobs) as workers:
            if again:
                drawn.append(await draw_again(found, workers, jobs or usable_cores(), advance=_on(console)))
            began = time.monotonic()
            console.start("judge", len(found.tasks))
            checked = await check_all(
                found.tasks, workers, runs=runs, answers=answers, advance=lambda: console.advance("judge")
            )
            seconds["every task checked"] = time.monotonic() - began
            comparisons.append(reports.of_suite(found, checked))
            if human_eval:
                start = time.monotonic()
                comparisons.append(await _human_eval(workers))
                seconds["HumanEval's own tests measured"] = time.monotonic() - start
            else:
                comparisons.append(reports.Comparison("HumanEval"))
            return checked

    with Console() as console:
        checked = asyncio.run(run())
    alike = [(other, comparing.shared(found, other)) for other in others]
    facts = reports.Facts(
        suite=found,
        checked=checked,
        runs=runs,
        near_duplicates=near_duplicates(found.tasks),
        nearest=nearest(found.tasks),
        scores=[
            comparing.score_of(name, found.tasks, [name in item.solved_by for item in checked])
            if name in SOLVERS or name in answers
            else comparing.Score(name, 0, 0)
            for name in (*SOLVERS, NEAREST)
        ],
        models=measured,
        comparisons=comparisons,
        shared=[(other, len(lines)) for other, lines in alike],
        again=drawn[0] if drawn else None,
        seconds=seconds,
        made_by=command_line(),
    )
    wrong = _wrong(facts) + [line for _, lines in alike for line in lines]
    if report is not None:
        reports.write(report, report.with_suffix(".html"), facts)
    _summary(facts, report)
    for line in wrong[:SHOWN]:
        print(f"does not hold: {line}")
    if wrong:
        raise typer.Exit(1)


MOST_SOLVED = 0.05
"""Share of a suite that a solver which knows nothing may pass."""
NEAREST = "nearest row of the dataset"


def _wrong(facts: Facts) -> list[str]:
    """What does not hold, a line each."""
    lines = []
    for task, item in zip(facts.suite.tasks, facts.checked, strict=True):
        lines += [f"{task.name}: flake: {text}" for text in item.flips]
        lines += [f"{task.name}: a mutant survives: {text}" for text in item.survivors]
        lines += [f"{task.name}: a misreading passes: {text}" for text in item.passed_readings]
        lines += [f"{task.name}: {text}" for text in item.faults]
    if facts.again is not None and facts.again.differing:
        lines.append(f"`{facts.suite.head.command}` gives {facts.again.differing} other tasks now")
    if facts.near_duplicates:
        lines.append(f"{facts.near_duplicates} pairs of prompts are near-duplicates")
    lines += [
        f"{score.solver} solves {score.share:.1%}, at most {MOST_SOLVED:.0%} may be solved by what knows nothing"
        for score in facts.scores
        if score.share is not None and score.share > MOST_SOLVED
    ]
    return lines


def _summary(facts: Facts, report: Path | None) -> None:
    killed, mutants = (sum(getattr(item, name) for item in facts.checked) for name in ("killed", "mutants"))
    proven, argued = (sum(getattr(item, name) for item in facts.checked) for name in ("proven", "argued"))
    print(f"{facts.suite.head.suite}: {len(facts.suite.tasks)} tasks, {facts.runs} runs of two implementations each")
    print(f"  flakes: {sum(len(item.flips) for item in facts.checked)}")
    print(f"  mutants killed: {killed} of {mutants}; {proven} more proven equivalent, {argued} argued")
    print(f"  near-duplicate prompts: {facts.near_duplicates}")
    for other, count in facts.shared:
        print(f"  tasks shared with {other.head.suite}: {count}")
    if facts.again is not None:
        print(f"  drawn again in {facts.again.seconds:.0f} s: {facts.again.differing} tasks differ")
    for score in (*facts.scores, *facts.models):
        print(f"  {score.solver}: {_told(score)}")
    for item in facts.comparisons[1:]:
        killed = f"{item.killed} of {item.mutants} mutants killed by its own tests"
        print(f"  {item.name}: {killed if item.tasks else 'not measured'}")
    for what, took in facts.seconds.items():
        print(f"  {what} in {took:.0f} s")
    if report is not None:
        print(f"  {report} and {report.with_suffix('.html')} written")


def _told(score: Score) -> str:
    if score.share is None:
        return "not measured"
    return f"{score.solved} of {score.of} tasks solved ({score.share:.1%})"


async def _human_eval(workers: Executor) -> Comparison:
    """HumanEval's own tests, on mutants of its own solutions."""
    from statistics import mean, median

    from lift_sys.data_synthesis.curation.benchmarks import load_human_eval
    from lift_sys.errors import LiftError
    from lift_sys.reports.suite import Comparison
    from lift_sys.sandbox import open_sandbox
    from lift_sys.testing.comparing import Solved, kills

    with open_sandbox() as sandbox:
        problems = load_human_eval(sandbox).problems
    items = [
        Solved(p.solution, p.entry_point, tuple((call.args, call.expected) for call in p.calls)) for p in problems
    ]
    killed = total = 0
    async for done in workers.map_unordered(kills, items):
        if done.failure is not None or done.result is None:
            raise LiftError(f"{problems[done.index].id}: {done.failure}")
        killed += done.result[0]
        total += done.result[1]
    return Comparison(
        name="HumanEval",
        tasks=len(problems),
        prompt_words=median(len(problem.prompt.split()) for problem in problems),
        tests=mean(len(problem.calls) for problem in problems),
        mutants=total,
        killed=killed,
    )


@tests.command("baseline", no_args_is_help=True)
def baseline(
    suite: Annotated[Path, typer.Argument(metavar="FILE", help="A suite, as `tests generate` writes it.")],
    provider: Annotated[str, typer.Option("--provider", help="local, openai or scripted.")] = "local",
    model: Annotated[
        str, typer.Option("--model", help="Empty for the embedded one; else a folder, an id or the server's name.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Where answers go; by default beside the others in build.")
    ] = None,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="Longest answer, in tokens.")] = 512,
) -> None:
    """Ask a model for every task, greedily, and judge its answers. A run that was stopped goes on.

    Example:  lift-sys tests baseline tests/synthetic/suite_v1.jsonl --provider local

    Exit codes: 0 done, 1 some tasks could not be asked, 2 bad settings, 3 no sandbox here, 5 a file can't be used.
    """
    import time
    from collections import Counter

    from lift_sys.cli.console import Console
    from lift_sys.providers import make_provider
    from lift_sys.sandbox import open_sandbox
    from lift_sys.testing.comparing import score_of, verdict
    from lift_sys.testing.measuring import measure
    from lift_sys.testing.suite import read_suite

    found = read_suite(suite)
    open_sandbox().close()
    began = time.monotonic()
    with make_provider(provider, model) as asked, Console() as console:
        name = asked.model.rpartition("/")[2].replace("@", "-")
        path = out or Path("build") / "baseline" / f"{found.head.suite}-{provider}-{name}.jsonl"
        console.start("answers", len(found.tasks))
        answers = measure(
            found, asked, path, max_tokens=max_tokens, advance=lambda done: console.advance("answers", done)
        )
        label = asked.model
    counts = Counter(answer.status for answer in answers)
    score = score_of(label, found.tasks, [verdict(answer.status) for answer in answers])
    print(f"{label}: {_told(score)}")
    print(f"  {dict(counts)}, {sum(answer.tokens for answer in answers):,} tokens, {time.monotonic() - began:.0f} s")
    for way, parts in score.parts.items():
        print(f"  by {way}:")
        for part, (solved, of) in parts.items():
            print(f"    {part}: {solved} of {of} ({solved / of:.1%})")
    print(f"  every answer: {path}")
    if counts["error"]:
        raise typer.Exit(1)


def _on(console: Console) -> Callable[[int], None]:
    """Shows how far the templates are: called with their number, then with 0 for each that is done."""

    def advance(total: int) -> None:
        if total:
            console.start("templates", total)
        else:
            console.advance("templates")

    return advance


def _tell(what: str, found: Sequence[object]) -> None:
    import sys

    for one in found[:SHOWN]:
        print(f"{what}: {one}", file=sys.stderr)
    if len(found) > SHOWN:
        print(f"{what}: {len(found) - SHOWN} more", file=sys.stderr)
