"""`lift-sys evaluate`: a model on tasks that it has not seen, alone or against another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lift_sys.cli.console import Console
    from lift_sys.evaluation.judging import Examiner
    from lift_sys.evaluation.models import Named
    from lift_sys.evaluation.questions import Question
    from lift_sys.evaluation.runner import Measured, Setting
    from lift_sys.forward_mode.synthesis import ForwardConfig
    from lift_sys.reports.evaluation import Facts

SUITE = Path("tests/synthetic/suite_v1.jsonl")
ROWS = Path("training_data/test.jsonl")
DATASET = Path("build/synthetic_v1")
CANDIDATES = "candidates.sqlite"
"""What a model has answered to searches, beside its answers without one."""
FEWEST = 16
"""Questions that a search is given at once, at least: its first step, one specification each, wants a full batch."""


def evaluate(
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help="PROVIDER:MODEL (local, openai, scripted), a folder or an id; `local` is the embedded one; "
            "answers:PATH takes what an evaluation kept and asks nothing.",
        ),
    ] = "local",
    against: Annotated[
        str | None, typer.Option("--against", help="The model to compare it with, named the same way.")
    ] = None,
    suite: Annotated[
        Path | None, typer.Option("--suite", help=f"A suite; by default {SUITE}, where it is there.")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option("--rows", help=f"The test split; by default {ROWS}, where it is there.")
    ] = None,
    dataset: Annotated[Path, typer.Option("--dataset", help="The dataset that the split was made of.")] = DATASET,
    human_eval: Annotated[
        bool, typer.Option("--human-eval/--no-human-eval", help="Ask HumanEval's problems.")
    ] = True,
    specifications: Annotated[
        bool, typer.Option("--specifications", help="Ask for the specification of each task as well.")
    ] = False,
    from_ir: Annotated[
        bool, typer.Option("--from-ir", help="Ask for code from the true specification of each task as well.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="At most so many tasks of each slice; 0 takes all.")
    ] = 0,
    samples: Annotated[
        int, typer.Option("--samples", "-n", min=1, help="Above 1: draw so many answers, besides the greedy one.")
    ] = 1,
    temperature: Annotated[float, typer.Option("--temperature", min=0.0, help="Of drawn answers.")] = 0.8,
    top_p: Annotated[float, typer.Option("--top-p", min=0.0, max=1.0, help="Of drawn answers.")] = 0.95,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="Longest answer, in tokens.")] = 512,
    seed: Annotated[int, typer.Option("--seed", help="Of drawn answers and of resampling.")] = 0,
    search: Annotated[
        int, typer.Option("--search", min=0, help="Let --model choose among so many candidates of each route.")
    ] = 0,
    against_search: Annotated[int, typer.Option("--against-search", min=0, help="The same of --against.")] = 0,
    search_without: Annotated[
        list[str] | None,
        typer.Option(
            "--search-without", help="An element to switch off in that search, such as `agreement`; repeat."
        ),
    ] = None,
    against_search_without: Annotated[
        list[str] | None, typer.Option("--against-search-without", help="The same of --against.")
    ] = None,
    search_temperature: Annotated[
        float, typer.Option("--search-temperature", min=0.0, help="Of candidates but the first of each route.")
    ] = 0.8,
    search_top_p: Annotated[
        float, typer.Option("--search-top-p", min=0.0, max=1.0, help="Of candidates but the first of each route.")
    ] = 0.95,
    price: Annotated[
        str, typer.Option("--price", help="Dollars a million tokens, `0.10,0.40` (read, written), or `1.90/h`.")
    ] = "",
    against_price: Annotated[str, typer.Option("--against-price", help="The same of --against.")] = "",
    out: Annotated[Path, typer.Option("--out", help="Where answers are kept.")] = Path("build/evaluation"),
    report: Annotated[
        Path | None,
        typer.Option("--report", help="This Markdown file, with an HTML file beside it; by default in --out."),
    ] = None,
) -> None:
    """Ask a model for code it has not seen, judge it by hidden tests, and compare it with another model.

    A run that was stopped goes on, and what a model has answered once it is not asked again.

    Example:  lift-sys evaluate --model build/lora --against local --report build/evaluation_report.md

    Exit codes: 0 all was measured, 1 some answers could not be had or judged, 2 bad settings, 3 no sandbox here,
    5 a file can't be used.
    """
    from lift_sys.cli.console import Console, command_line
    from lift_sys.config import code_version
    from lift_sys.errors import ConfigError
    from lift_sys.evaluation.answers import read_head
    from lift_sys.evaluation.comparison import compare
    from lift_sys.evaluation.judging import Examiner
    from lift_sys.evaluation.models import read_name
    from lift_sys.evaluation.questions import spread
    from lift_sys.evaluation.recommendation import recommend
    from lift_sys.evaluation.runner import Setting
    from lift_sys.evaluation.summary import Price
    from lift_sys.forward_mode.synthesis import ForwardConfig
    from lift_sys.providers.weights import find_weights
    from lift_sys.reports.evaluation import Facts, Side, write, write_answers, write_results
    from lift_sys.sandbox import open_sandbox
    from lift_sys.storage import check_writable

    def searching(width: int, without: list[str] | None) -> ForwardConfig | None:
        if without and not width:
            raise ConfigError("--search-without wants a --search, and --against-search-without an --against-search")
        config = ForwardConfig(samples=width, temperature=search_temperature, top_p=search_top_p)
        return config.without(without or ()) if width else None

    named = [(read_name(model), searching(search, search_without))]
    if against is None and (against_search or against_search_without):
        raise ConfigError("--against-search and --against-search-without want an --against")
    if against is not None:
        named.append((read_name(against), searching(against_search, against_search_without)))
    prices = [Price.read(text) if text else None for text in (price, against_price)]
    drawn = samples if samples > 1 else 0
    setting = Setting(max_tokens, drawn, temperature, top_p, seed)
    if len(set(named)) < len(named):
        raise ConfigError(f"--model and --against are the same model: {model}")
    for name, search_of in named:  # a mistake is told before the other model is asked
        if name.kept is not None:
            if search_of is not None:
                raise ConfigError("answers:PATH takes what was kept and asks nothing: leave its search out")
            read_head(name.kept)
        elif name.provider == "local":
            find_weights(name.model)
    besides = {"specifications": specifications, "true_irs": from_ir}
    questions, absent, notes = _questions(suite, rows, dataset, besides, human_eval=human_eval)
    if limit:
        questions = spread(questions, limit)
    if not questions:
        raise ConfigError("there is nothing to ask: name a --suite, or --rows with their --dataset")
    markdown = report or out / "evaluation_report.md"
    if markdown.suffix == ".html":
        raise ConfigError(f"--report {markdown} is for Markdown: the HTML file gets its place beside it")
    check_writable(markdown)  # fail before any work is done, not in the middle
    for path in (markdown.with_suffix(".html"), out / "answers.html"):
        check_writable(path)
    open_sandbox().close()
    with Console() as console, Examiner() as examiner:
        measured = [_measure(name, found, questions, setting, examiner, out, console) for name, found in named]
    notes += [
        f"{found.model}: {found.undrawn:,} drawn answers{f' ({found.stopped})' if found.stopped else ''}"
        for found in measured
        if found.undrawn
    ]
    if len(measured) > 1 and measured[0].model == measured[1].model:
        raise ConfigError(f"--model and --against are the same model: {measured[0].model}")
    comparison = compare(measured[0], measured[1], questions, seed=seed) if len(measured) > 1 else None
    facts = Facts(
        sides=[Side(found, cost) for found, cost in zip(measured, prices, strict=False)],
        questions=questions,
        comparison=comparison,
        recommendation=recommend(comparison) if comparison else None,
        absent=absent,
        made_by=command_line(),
        code_version=code_version(),
        notes=notes,
        answers=str(out / "answers.html"),
    )
    write(markdown, markdown.with_suffix(".html"), facts)
    write_answers(out / "answers.html", facts)
    write_results(out / "results.json", facts)
    _tell(facts, markdown, out, [name.kept is not None for name, _ in named])
    if any(found.missing or found.undrawn for found in measured):
        raise typer.Exit(1)


def _questions(
    suite: Path | None, rows: Path | None, dataset: Path, besides: dict[str, bool], *, human_eval: bool
) -> tuple[list[Question], dict[str, str], list[str]]:
    """What is asked, which slices are not and why, and what else is not. A file that is named must be there."""
    from lift_sys.evaluation.questions import HUMAN_EVAL, REPOSITORIES, TEMPLATES, VARIANTS
    from lift_sys.evaluation.targets import from_human_eval, from_split, from_suite

    found: list[Question] = []
    absent: dict[str, str] = {}
    notes: list[str] = []
    if suite is not None or SUITE.is_file():
        found += from_suite(suite or SUITE, **besides)[1]
    else:
        absent |= dict.fromkeys((VARIANTS, TEMPLATES), f"there is no {SUITE}; name a --suite")
    if rows is not None or (ROWS.is_file() and dataset.exists()):
        found += from_split(rows or ROWS, dataset, **besides)
        notes += _split_notes(rows or ROWS)
    else:
        missing = dataset if ROWS.is_file() else ROWS
        absent[REPOSITORIES] = f"there is no {missing}: `make dataset` and `lift-sys prepare` make it"
    if human_eval:
        found += from_human_eval()
    else:
        absent[HUMAN_EVAL] = "left out by --no-human-eval"
    return found, absent, notes


def _split_notes(rows: Path) -> list[str]:
    """What a test split leaves out, as the `splits.json` beside it says; nothing where there is none."""
    from lift_sys.evaluation.questions import REPOSITORIES
    from lift_sys.training.choosing import LONG_ANSWER, LONG_PROMPT
    from lift_sys.training.data_prep import NEEDS_PACKAGE, known_manifest

    manifest = known_manifest(rows.parent)
    try:
        fates, recipe = manifest["fates"]["test"]["dataset"]["prompt_to_code"], manifest["recipe"]
        long = int(fates.get(LONG_PROMPT, 0)) + int(fates.get(LONG_ANSWER, 0))
        packages = int(manifest["set_aside"].get(NEEDS_PACKAGE, 0))
        bounds = (
            f"{recipe['prompt_characters']:,} characters of prompt or {recipe['completion_characters']:,} of code"
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return []
    notes = [f"{REPOSITORIES}: {long:,} longer functions, beyond {bounds}, are not asked"] * bool(long)
    return notes + [f"{REPOSITORIES}: {packages:,} rows of the dataset are not asked: they need packages"] * bool(
        packages
    )


def _measure(
    named: Named,
    search: ForwardConfig | None,
    questions: list[Question],
    setting: Setting,
    examiner: Examiner,
    out: Path,
    console: Console,
) -> Measured:
    """Ask one model; it is loaded for that, and gone afterwards."""
    from contextlib import ExitStack
    from dataclasses import replace

    from lift_sys.evaluation.answers import NAME, AnswerFile, Head, folder_of, read_head
    from lift_sys.evaluation.runner import evaluate as run
    from lift_sys.evaluation.searching import Searching
    from lift_sys.providers import Provider, make_provider
    from lift_sys.sandbox import open_sandbox
    from lift_sys.storage import Checkpoint

    with ExitStack() as stack:
        asked: Provider | None = None
        if named.kept is not None:
            head = read_head(named.kept)
            path = named.kept / NAME if named.kept.is_dir() else named.kept
        else:
            asked = stack.enter_context(make_provider(named.provider, named.model))
            if search is not None:
                store = stack.enter_context(Checkpoint(out / folder_of(asked.name, asked.model) / CANDIDATES))
                asked = Searching(asked, stack.enter_context(open_sandbox()), search, store=store)
                setting = replace(setting, batch=max(FEWEST, setting.batch // search.samples))
            head = Head(provider=asked.name, model=asked.model, about=asked.about())
            path = out / folder_of(asked.name, asked.model) / NAME
        file = stack.enter_context(AnswerFile(path, head))
        console.start("answers", len(questions) * (1 + setting.samples))
        return run(questions, asked, file, examiner, setting, advance=lambda done: console.advance("answers", done))


def _tell(facts: Facts, report: Path, out: Path, kept: list[bool]) -> None:
    """The outcome in a few lines. `kept`: which models were not asked, their answers being taken from a file."""
    import sys

    from lift_sys.evaluation.questions import SLICES
    from lift_sys.evaluation.summary import summarise
    from lift_sys.reports.evaluation_text import p_value, points, solved, spans

    for name, side in zip(facts.names, facts.sides, strict=True):
        print(f"{name}: {side.measured.asked} asked, {side.measured.known} known before")
        for asked, note in (("prompt_to_code", ""), ("ir_to_code", ", from the true specification")):
            for slice_ in SLICES:
                own = [q for q in facts.questions if q.slice == slice_ and q.asked == asked]
                if own:
                    print(f"  {slice_}{note}: {solved(summarise(side.measured, own))}")
    for part in facts.comparison.slices if facts.comparison else ():
        print(
            f"difference on {part.name}: {points(part.difference)} points ({spans(part.interval)}), "
            f"p {p_value(part.adjusted_p)} by McNemar, {p_value(part.adjusted_clustered)} by groups"
        )
    if facts.recommendation:
        print(f"recommendation: {facts.recommendation.decision} ({facts.recommendation.rule})")
    print(f"{report}, {report.with_suffix('.html')}; every answer: {out / 'answers.html'}")
    for absent in (*(f"{name}: {why}" for name, why in facts.absent.items()), *facts.notes):
        print(f"not measured: {absent}", file=sys.stderr)
    for name, side, from_file in zip(facts.names, facts.sides, kept, strict=True):
        if side.measured.missing:
            question, why = side.measured.missing[-1]
            told = f"{len(side.measured.missing)} questions of {name}, such as {question.name}: {why}"
            again = "" if from_file else "; run the same command again to ask them again"
            print(f"not measured: {told}{again}", file=sys.stderr)
