"""Running a workflow from an address, with nothing installed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.cli.confirm import agreed
from plait.cli.downloads import download_progress, warn
from plait.cli.output import palette_for
from plait.load import WorkflowDefinition
from plait.packages.install import examine
from plait.packages.lock_file import digests_of
from plait.packages.project import Project
from plait.packages.sources import WORKFLOW, Wanted, obtain
from plait.views.packages import UNTRUSTED, candidate_lines, unmet_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.api import WorkflowEngine
    from plait.packages.install import Candidate

_NO = 0


@contextmanager
def downloaded(engine: WorkflowEngine, url: str, *, yes: bool) -> Iterator[WorkflowDefinition]:
    """Yield the workflow at an address, once somebody has agreed to run it; else the command ends with 0.

    The files that come with it stay in the project's cache, so that a run can be resumed.
    """
    project = Project(engine.project_root)
    with tempfile.TemporaryDirectory(prefix="plait-run-") as temporary:
        wanted = Wanted(url=url, origin={"source": url})
        with download_progress() as progress:
            obtained = obtain(wanted, Path(temporary), progress=progress, warn=warn)
        candidate = examine(project, obtained)
        palette = palette_for(sys.stderr)
        for line in (*candidate_lines(candidate, palette), *unmet_lines(candidate), palette.paint(UNTRUSTED, "yellow")):
            click.echo(line, err=True, color=True)
        if not agreed("Run it?", yes=yes):
            raise click.exceptions.Exit(_NO)
        definition = candidate.definition
        if len(candidate.contents.files) > 1:
            definition = WorkflowDefinition(definition.source, _kept(project, candidate) / WORKFLOW)
        yield definition


def _kept(project: Project, candidate: Candidate) -> Path:
    """Put a package where a later `resume` finds its files, under its own digest."""
    place = project.workflows / ".cache" / "packages" / str(candidate.obtained.sha256)
    folder = candidate.obtained.folder
    if place.is_dir() and digests_of(place) == digests_of(folder):
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=place.parent))
    shutil.copytree(folder, staged, dirs_exist_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    staged.rename(place)
    return place
