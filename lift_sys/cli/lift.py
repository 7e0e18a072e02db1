"""`lift-sys lift`: shows what the functions of a file or a folder are specified to do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from lift_sys.data_synthesis.batch_lifter import FileResult, LiftedFunction
    from lift_sys.ir import IntermediateRepresentation


def lift(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A Python file, or a folder of them.")],
    name: Annotated[
        str | None, typer.Option("--function", "-f", help="Only this function: its name or qualified name.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a function: `function` and `ir`.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the JSON lines to this file.")] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes; by default one a core.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Keep results in this folder and read them back from it.")
    ] = None,
) -> None:
    """Lift Python functions to their specifications, without running them.

    Shows each function's intent, signature, effects, assertions and what is not known yet. Nothing is imported.

    Example:  lift-sys lift src/ --json --out lifted.jsonl

    Exit codes: 0 done, 1 no function was found, 2 bad arguments, 4 a file could not be read (the others were lifted).
    """
    from lift_sys.errors import ConfigError

    if not path.exists():
        raise ConfigError(f"{path}: no such file or folder")
    if not path.is_dir() and not path.is_file():
        raise ConfigError(f"{path}: neither a regular file nor a folder")
    found = rejected = 0
    with _Sink(as_json, out) as sink:
        for result in _results(path, jobs, cache):
            wanted = [lifted for lifted in result.functions if name is None or _is_named(lifted, name)]
            found += len(wanted)
            rejected += sum(rejection.qualname is None for rejection in result.rejections)
            sink.take(result, wanted)
    if out is not None:
        print(f"{found} functions, {rejected} files rejected: {out}", file=sys.stderr)
    if rejected:
        raise typer.Exit(4)
    if not found:
        print(f"lift-sys: no function{' named ' + name if name else ''} in {path}", file=sys.stderr)
        raise typer.Exit(1)


def _is_named(lifted: LiftedFunction, name: str) -> bool:
    return name in (lifted.function.name, lifted.function.qualname)


def _results(path: Path, jobs: int | None, cache: Path | None) -> Iterator[FileResult]:
    """The results as they come, with a bar on standard error where that is a terminal."""
    import asyncio

    from rich.console import Console
    from rich.progress import Progress

    from lift_sys.data_synthesis.batch_lifter import BatchLifter, local_checkout
    from lift_sys.executors.local import LocalExecutor

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Lifting", total=None)

        def on_progress(done: int, total: int, functions: int) -> None:
            progress.update(task, completed=done, total=total, description=f"Lifting, {functions} functions")

        results = BatchLifter(LocalExecutor(jobs), cache, on_progress).lift(local_checkout(path))
        with asyncio.Runner() as runner:
            while (result := runner.run(anext(results, None))) is not None:
                yield result


class _Sink:
    """Where results go: JSON lines (to a file, whole or not at all) or a view for people."""

    def __init__(self, as_json: bool, out: Path | None) -> None:
        self.json = as_json or out is not None
        self.out = out
        self.draft = out.with_name(out.name + ".part") if out is not None else None
        self.console: Console | None = None

    def __enter__(self) -> _Sink:
        from lift_sys.errors import StorageError

        self.file = sys.stdout
        if self.draft is not None and self.out is not None:
            if self.out.is_dir():
                raise StorageError(f"{self.out}: it is a folder; --out names a file")
            try:
                self.file = self.draft.open("w", encoding="utf-8")
            except OSError as error:
                raise StorageError(f"{self.out}: {error.strerror}") from None
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        if self.draft is None or self.out is None:
            return
        from lift_sys.storage import storage_errors

        try:
            with storage_errors(self.out):
                self.file.close()
                if kind is None:
                    self.draft.replace(self.out)
        finally:
            self.draft.unlink(missing_ok=True)

    def take(self, result: FileResult, wanted: list[LiftedFunction]) -> None:
        if self.json:
            import json

            for lifted in wanted:
                print(json.dumps(_plain(lifted), ensure_ascii=True), file=self.file)
        else:
            self.show(result, wanted)
        for rejection in result.rejections:
            place = f"{rejection.path}:{rejection.lineno}" if rejection.lineno else rejection.path
            text = f"{place}: {rejection.reason.value}: {rejection.detail}"
            print(text.encode("ascii", "backslashreplace").decode(), file=sys.stderr)

    def show(self, result: FileResult, wanted: list[LiftedFunction]) -> None:
        from rich.console import Console

        if self.console is None:
            self.console = Console(highlight=False)
        for lifted in wanted:
            function = lifted.function
            title = f"{result.path}:{function.lineno} {function.qualname}"
            self.console.print(f"\n[bold]{_safe(title)}[/]  [dim]{_standing(lifted)}[/]")
            if lifted.ir is not None:
                for label, text in _lines(lifted.ir):
                    self.console.print(f"  [cyan]{label:15}[/]{_safe(text)}", soft_wrap=True)


def _plain(lifted: LiftedFunction) -> dict[str, Any]:
    ir = lifted.ir
    return {
        "function": lifted.function.model_dump(mode="json"),
        "ir": None if ir is None else ir.model_dump(mode="json"),
    }


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else repr(c)[1:-1] for c in text))


def _standing(lifted: LiftedFunction) -> str:
    function = lifted.function
    if function.slice is not None:
        return "stands alone" + (f" with {len(function.slice.includes)} helpers" if function.slice.includes else "")
    obstacle = function.obstacle
    return _safe(f"{obstacle.reason} {obstacle.detail}".strip()) if obstacle is not None else ""


def _lines(ir: IntermediateRepresentation) -> Iterator[tuple[str, str]]:
    """The IR as labelled lines for people."""
    yield "intent", ir.intent.summary
    yield "signature", signature_text(ir)
    for effect in ir.effects:
        yield "effect", f"{effect.kind}: {effect.description}"
    for assertion in ir.assertions:
        why = f"  # {assertion.rationale}" if assertion.rationale else ""
        yield assertion.kind, f"{assertion.predicate}{why}"
    for constraint in ir.constraints:
        yield "constraint", constraint.description
    if ir.holes:
        yield "not known", ", ".join(f"{hole.identifier}: {hole.type_hint}" for hole in ir.holes)


def signature_text(ir: IntermediateRepresentation) -> str:
    """The signature as it would stand after `def`."""
    parts: list[str] = []
    starred = False
    kinds = [parameter.kind for parameter in ir.signature.parameters]
    for index, parameter in enumerate(ir.signature.parameters):
        stars = {"var_positional": "*", "var_keyword": "**"}.get(parameter.kind, "")
        if parameter.kind == "keyword_only" and not starred:
            parts.append("*")
        starred = starred or parameter.kind in ("var_positional", "keyword_only")
        text = stars + parameter.name
        if parameter.type_hint is not None:
            text += f": {parameter.type_hint}"
        if parameter.default is not None:
            text += f" = {parameter.default}" if parameter.type_hint is not None else f"={parameter.default}"
        parts.append(text)
        if parameter.kind == "positional_only" and kinds[index + 1 : index + 2] != ["positional_only"]:
            parts.append("/")
    returns = f" -> {ir.signature.returns}" if ir.signature.returns is not None else ""
    return f"{ir.signature.name}({', '.join(parts)}){returns}"
