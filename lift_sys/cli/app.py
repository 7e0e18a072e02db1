"""The commands and their order in `--help`. Command modules are light: they load the rest when they run."""

from __future__ import annotations

import typer

from lift_sys.cli.browse import browse
from lift_sys.cli.decontaminate import decontaminate
from lift_sys.cli.doctor import doctor
from lift_sys.cli.evaluate import evaluate
from lift_sys.cli.export import export
from lift_sys.cli.forget import forget
from lift_sys.cli.generate import generate
from lift_sys.cli.judge import judge
from lift_sys.cli.lift import lift
from lift_sys.cli.prepare import prepare
from lift_sys.cli.publish import publish
from lift_sys.cli.repair import repair
from lift_sys.cli.report import report
from lift_sys.cli.scrape import ScrapeCommand, scrape
from lift_sys.cli.show import show
from lift_sys.cli.synthesize import synthesize
from lift_sys.cli.synthesize_code import synthesize_code
from lift_sys.cli.tests import tests
from lift_sys.cli.train import train
from lift_sys.cli.verify import verify

app = typer.Typer(
    name="lift-sys",
    help="Python repositories in, execution-validated training data out.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and its source hash, and end."),
) -> None:
    if version:
        from lift_sys.config import code_version

        print(code_version())
        raise typer.Exit


MAKING = (generate, scrape, lift, synthesize, judge, verify, repair, decontaminate, report, publish, export, forget)
BARE = (scrape, lift, synthesize, synthesize_code, judge, decontaminate, forget, prepare, train)
"""Commands that print their help when they are given nothing."""
for command in (*MAKING, show, browse, prepare, train, synthesize_code, evaluate, doctor):
    kind = ScrapeCommand if command is scrape else None
    app.command(cls=kind, no_args_is_help=command in BARE)(command)
app.add_typer(tests)
