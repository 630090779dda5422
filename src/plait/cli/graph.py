"""`plait graph`."""

from __future__ import annotations

import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.api import WorkflowEngine
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import project_root
from plait.cli.source import read_local_workflow
from plait.errors import UsageError
from plait.journal.folder import RUN_ID, RunFolder, describe, recorded_runs
from plait.packages.project import Project
from plait.packages.registry import installed_workflows
from plait.suggest import suggestion
from plait.views.graph_words import graph_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.preview.graph import Graph

FORMATS = ("text", "mermaid", "dot", "svg")
_YAML = (".yml", ".yaml")


@click.command()
@click.argument("source", metavar="FILE|ID|RUN")
@click.option("--format", "kind", type=click.Choice(FORMATS), default="text", show_default=True, help="What to draw.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file.")
@project_option
@json_option
def graph(source: str, kind: str, output: Path | None, project: Path | None, *, as_json: bool) -> None:
    """Draw a workflow, or a run with its states: in the terminal, or as Mermaid, DOT or SVG.

    A run is drawn as the workflow was when it began, the items of a fan-out summed up.
    """
    engine = WorkflowEngine(project_root(project))
    with redirect_stdout(sys.stderr):  # step packages may print while they are imported
        found = _graph_of(engine, source)
    if output is not None:
        text = "\n".join(_lines(found, kind, to_file=True)) + "\n"
        _write(output, text)
        show({"written": str(output), "format": kind} if as_json else None, [f"wrote {output}"])
        return
    show(graph_payload(found) if as_json else None, _lines(found, kind))


def _graph_of(engine: WorkflowEngine, source: str) -> Graph:
    root = engine.project_root
    if Path(source).suffix.lower() not in _YAML and RUN_ID.fullmatch(source):
        try:
            is_run = RunFolder.of(source, root).path.is_dir()
        except UsageError:
            is_run = False
        if is_run:
            return engine.graph_of_run(source)
        if not (Project(root).workflows / source).exists():
            names = [*(each.run_id for each in recorded_runs(root)), *installed_workflows(Project(root))]
            hint = suggestion(source, names) or "name a .yml file, an installed workflow or a recorded run"
            raise UsageError(f"there is no run and no installed workflow {source!r}", hint=hint)
    return engine.graph(read_local_workflow(engine, source))


def _lines(found: Graph, kind: str, *, to_file: bool = False) -> Iterator[str]:
    if kind == "mermaid":
        from plait.views.graph_mermaid import mermaid_lines  # noqa: PLC0415 - one format is asked for

        yield from mermaid_lines(found)
    elif kind == "dot":
        from plait.views.graph_dot import dot_lines  # noqa: PLC0415 - one format is asked for

        yield from dot_lines(found)
    elif kind == "svg":
        from plait.views.graph_svg import graph_svg  # noqa: PLC0415 - one format is asked for

        yield graph_svg(found, standalone=True).rstrip("\n")
    else:
        from plait.views.graph_text import Look, graph_lines  # noqa: PLC0415 - one format is asked for
        from plait.views.palette import Palette  # noqa: PLC0415 - one format is asked for

        width = 120 if to_file else shutil.get_terminal_size((100, 24)).columns
        encoding = "utf-8" if to_file else (sys.stdout.encoding or "ascii").lower().replace("-", "")
        palette = Palette() if to_file else palette_for(sys.stdout)
        yield from graph_lines(found, Look(palette, width, unicode=encoding.startswith("utf")))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write the graph: {describe(error)}") from error
