"""`plait sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plait.cli.downloads import download_progress, warn
from plait.cli.options import json_option, project_option
from plait.cli.output import show
from plait.cli.project import recorded_project
from plait.errors import UsageError
from plait.packages.project import Project
from plait.packages.sync import accept, differences
from plait.packages.sync import sync as make_match
from plait.views import exits
from plait.views.packages import difference_lines
from plait.views.text import plural

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if something does not match.")
@click.option("--accept", "accepts", is_flag=True, help="Write what is installed now into plait.lock.")
@project_option
@json_option
def sync(project: Path | None, *, check: bool, accepts: bool, as_json: bool) -> int:
    """Make the installed workflows match plait.lock, from where they came; exit with 1 if something still differs.

    Overlays and step packages of your own are compared, too, and it is for you to mend them.
    """
    here = Project(recorded_project(project))
    if check and accepts:
        raise UsageError("`--check` changes nothing, and `--accept` writes plait.lock: give one of them")
    if accepts:
        count = sum(map(len, accept(here).shelves.values()))
        show({"accepted": count} if as_json else None, [f"plait.lock has {plural(count, 'package')}"])
        return exits.COMPLETED
    with download_progress() as progress:
        mended, left = ((), tuple(differences(here))) if check else make_match(here, warn, progress=progress)
    payload = {
        "matches": not left,
        "mended": [each._asdict() for each in mended],
        "differences": [each._asdict() for each in left],
    }
    lines = [f"mended: {line}" for line in difference_lines(mended)]
    lines += list(difference_lines(left)) or ["everything is as plait.lock says"]
    show(payload if as_json else None, lines)
    return exits.FAILED if left else exits.COMPLETED
