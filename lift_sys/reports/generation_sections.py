"""The sections of a generation report, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from lift_sys.reports import charts
from lift_sys.reports.contamination import UNKNOWN, WAYS, benchmarks
from lift_sys.reports.generation_runs import DETAIL, flips, time_and_cost, verified
from lift_sys.reports.run_facts import Run
from lift_sys.reports.statistics import MUTANTS_WANTED, OURS, Statistics
from lift_sys.reports.tables import Cell, Code, Section, Table, by_share, by_size, counted, percent

LEVELS = ("easy", "medium", "hard", "none")
SHOWN = 25
STATEMENTS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30)
LINES = (0, 5, 10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320)
WORDS = (0, 25, 50, 75, 100, 150, 200, 300, 400, 600)


def sections(figures: Statistics, run: Run) -> list[Section]:
    """All that the report says in words and figures."""
    return [
        _glance(figures),
        _funnel(figures),
        _errors(figures),
        _curated(figures),
        _contamination(figures),
        _about(figures),
        _spread(figures),
        _mutants(figures),
        _tests(figures),
        verified(figures, run),
        _rejected(figures),
        _sources(figures),
        time_and_cost(figures, run),
    ]


def _glance(figures: Statistics) -> Section:
    enough = sum(count >= MUTANTS_WANTED for count in figures.mutants_per_example)
    killed = figures.mutants - figures.survivors.total()
    rows: list[tuple[Cell, ...]] = [
        ("rows", figures.rows),
        ("projects with rows", len(figures.examples_by_source)),
        ("largest project's share", percent(max(figures.examples_by_source.values(), default=0), figures.rows)),
        ("of more than one statement", percent(figures.rows - figures.one_statement, figures.rows)),
        ("mutants, equivalent ones left out", figures.mutants),
        ("of them killed", percent(killed, figures.mutants)),
        (f"rows with {MUTANTS_WANTED} mutants or more", percent(enough, figures.rows)),
        ("near-duplicate clusters", len(figures.clusters)),
        ("rows that need wheels", figures.with_requirements),
        ("environments each row was run in", len(figures.environments)),
        ("rows that flipped when judged again", flips(figures)),
    ]
    return Section("At a glance", [Table(("", ""), rows)])


def _funnel(figures: Statistics) -> Section:
    counts = figures.counts
    names = [name for name in ("functions", "lifted", "with_tests", "executed", "validated") if name in counts]
    steps = {_FUNNEL.get(name, name): counts[name] for name in names}
    chart = charts.bars(steps, colours={_FUNNEL["validated"]: charts.GREEN})
    total = counts["validated"] + counts["rejected"]
    return Section(
        "Funnel",
        [counted(("step", "functions"), steps | {"rejected": counts["rejected"]}, charts=(chart,))],
        [f"Rows of the dataset + rejected = {total:,} = functions found."],
    )


_FUNNEL = {
    "functions": "functions found",
    "with_tests": "with tests",
    "executed": "validated by execution",
    "validated": "rows of the dataset",
}


def _errors(figures: Statistics) -> Section:
    functions: Counter[str] = Counter()
    for (_, reason), count in figures.rejected.items():
        functions[reason] += count
    rows = [(reason, functions[reason], figures.files_rejected[reason]) for reason in OURS]
    return Section(
        "Errors",
        [Table(("reason", "functions", "files"), rows)],
        ["Faults of ours or of the machine, not of the code: nothing is known of what met one, and it is no row."],
    )


def _curated(figures: Statistics) -> Section:
    found: Counter[str] = Counter()
    for (stage, reason), count in figures.rejected.items():
        if stage == "curate" or reason == "flaky":
            found[_words(reason)] += count
    return Section(
        "What curation and the flake gate left out", [counted(("reason", "functions"), dict(found.most_common()))]
    )


def _contamination(figures: Statistics) -> Section:
    title = "Contamination, by benchmark and way"
    held_against = benchmarks(figures.configuration)
    if not held_against:
        return Section(title, texts=["Not measured: the run did not hold its rows against benchmarks."])
    names = list(dict.fromkeys([*held_against, *(name for name, _ in figures.contaminated)]))
    ways = [*WAYS, *([UNKNOWN] if any(way == UNKNOWN for _, way in figures.contaminated) else [])]
    rows: list[tuple[Cell, ...]] = [(way, *(figures.contaminated[name, way] for name in names)) for way in ways]
    rows.append(("all", *(sum(figures.contaminated[name, way] for way in ways) for name in names)))
    return Section(
        title,
        [Table(("rows left out by", *names), rows)],
        ["Each row is tried in this order, and the first way that matches is told (docs/DECONTAMINATION.md)."],
    )


def _about(figures: Statistics) -> Section:
    levels = {name: figures.difficulties[name] for name in LEVELS if figures.difficulties[name]}
    return Section(
        "What the rows are",
        [
            _counter("Category", "category", figures.categories),
            _counter("Licence of the function's file", "SPDX id", figures.licences),
            counted(("difficulty", "rows"), levels, "Difficulty", (charts.bars(levels, label="rows"),)),
            counted(("register", "rows"), dict(figures.registers.most_common()), "Prompt registers"),
            counted(("how results are made plain", "rows"), dict(figures.projections.most_common()), "Projections"),
            counted(
                ("environment", "rows"), dict(figures.environments.most_common()), "Environments of the flake gate"
            ),
        ],
    )


def _counter(title: str, head: str, counter: Counter[str], of: str = "rows", colour: str = charts.BLUE) -> Table:
    """All of a counter as a table, and the largest of it as a chart."""
    shown = dict(counter.most_common(SHOWN))
    chart = charts.bars(shown, colours=dict.fromkeys(shown, colour), label=of)
    if len(counter) > SHOWN:
        title += f": the largest {SHOWN} of {len(counter)}, the table has all"
    return counted((head, of), dict(counter.most_common()), title, (chart,))


def _spread(figures: Statistics) -> Section:
    """Distributions: one line each, then each in ranges."""
    shares = {"quality score": figures.quality, "mutation score": figures.mutation_scores}
    sizes = {
        "mutants": (figures.mutants_per_example, range(0, 21, 2)),
        "tests": (figures.tests_per_example, range(21)),
        "statements of the function": (figures.statements, STATEMENTS),
        "lines of code, helpers included": (figures.code_lines, LINES),
        "words of the prompt": (figures.prompt_words, WORDS),
    }
    lines = [_line(name, values, "{:.2f}") for name, values in shares.items()]
    lines += [_line(name, values, "{:,.0f}") for name, (values, _) in sizes.items()]
    ranges = {name: by_share(values) for name, values in shares.items()}
    ranges |= {name: by_size(values, starts) for name, (values, starts) in sizes.items()}
    tables = [
        counted((name, "rows"), counts, name[0].upper() + name[1:], (charts.columns(counts),))
        for name, counts in ranges.items()
    ]
    return Section(
        "How good and how long the rows are",
        [Table(("of a row", "rows", "least", "median", "mean", "nine in ten at most", "most"), lines), *tables],
        ["The mutation score is the share of a row's mutants that its tests kill, equivalent ones left out."],
    )


def _line(name: str, values: Sequence[float], form: str) -> tuple[Cell, ...]:
    if not values:
        return (name, 0, *["-"] * 5)
    ordered = sorted(values)
    ninth = ordered[min(len(ordered) * 9 // 10, len(ordered) - 1)]
    least, middle, high, most = map(form.format, (ordered[0], median(ordered), ninth, ordered[-1]))
    return (name, len(ordered), least, middle, f"{sum(ordered) / len(ordered):.2f}", high, most)


def _mutants(figures: Statistics) -> Section:
    limit = figures.configuration.get("mutants")
    sizes: Counter[int] = Counter(figures.statements)
    enough = Counter(
        statements
        for statements, count in zip(figures.statements, figures.mutants_per_example, strict=True)
        if count >= MUTANTS_WANTED
    )
    of_size, with_enough = by_size(figures.statements, STATEMENTS), by_size(list(enough.elements()), STATEMENTS)
    by_statements = [
        (name, count, with_enough.get(name, 0), percent(with_enough.get(name, 0), count))
        for name, count in of_size.items()
    ]
    why = [(f"{MUTANTS_WANTED} or more", enough.total(), percent(enough.total(), sizes.total()))] + [
        (f"fewer: {reason}", count, percent(count, sizes.total()))
        for reason, count in figures.few_mutants.most_common()
    ]
    equivalent = figures.equivalent.most_common()
    proofs = ", ".join(f"{count:,} {_PROOFS.get(proof, proof)}" for proof, count in equivalent) or "none"
    made = f"At most {limit} are made of a function. " if limit else ""
    return Section(
        "Mutants",
        [
            Table(("mutants of a row", "rows", "share"), why, "How many there are, and why fewer", alone=True),
            Table(
                ("statements", "rows", f"with {MUTANTS_WANTED} mutants or more", "share"),
                by_statements,
                "By the size of the function",
            ),
            _counter("Those that survived", "operator", figures.survivors, "survivors", charts.ORANGE),
        ],
        [
            f"{made}{figures.survivors.total():,} of {figures.mutants:,} survived; each is listed on its row. Proven "
            f"equivalent, and not counted: {proofs}."
        ],
    )


_PROOFS = {"bytecode": "by the same bytecode", "exhaustive": "by every call that the hints allow"}


def _tests(figures: Statistics) -> Section:
    return Section(
        "Tests and clauses",
        [
            _counter("Where the tests come from", "oracle", figures.tests_by_oracle, "tests"),
            counted(
                ("assertion", "clauses that held on every observed call"),
                dict(figures.assertions.most_common()),
                "Clauses of the specification",
            ),
        ],
        ["Generated tests characterise what the original does; recorded calls and doctests are the project's own."],
    )


def _rejected(figures: Statistics) -> Section:
    by_reason = Counter(figures.manifest["rejected_by_reason"])
    rows = []
    for (stage, reason), count in figures.rejected.most_common():
        first = figures.samples[stage, reason]
        place = Code(f"{first.path}:{first.lineno} {first.qualname or ''}".strip())
        rows.append((stage, reason, count, place, first.detail[:DETAIL]))
    return Section(
        "Why functions were rejected, and files not taken",
        [
            _counter("By reason", "reason", by_reason, "functions", charts.ORANGE),
            counted(("reason", "files"), dict(figures.files_rejected.most_common()), "Files not taken"),
            Table(("stage", "reason", "functions", "the first of them", "detail"), rows, "By stage, with an example"),
        ],
    )


def _sources(figures: Statistics) -> Section:
    names = Counter({name: count for name, count in figures.examples_by_source.items() if count})
    rows: list[tuple[Cell, ...]] = [
        (
            source["name"],
            source["version"],
            source["licence"]["spdx"],
            figures.examples_by_source[source["name"]],
            figures.rejected_by_source[source["name"]],
        )
        for source in figures.manifest["sources"]
    ]
    shown = dict(names.most_common(SHOWN))
    title = f"Rows of the {len(shown)} largest; the table has all {len(rows)}" if len(rows) > SHOWN else "Rows"
    chart = charts.bars(shown, label="rows")
    return Section("Sources", [Table(("source", "version", "licence", "rows", "rejected"), rows, title, (chart,))])


def _words(reason: str) -> str:
    return reason.replace("_", " ")
