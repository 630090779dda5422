"""`plait notify`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import project_root
from plait.model.notification import STOPS
from plait.views.exits import COMPLETED, FAILED
from plait.views.notices import notices_lines, notices_payload

if TYPE_CHECKING:
    from pathlib import Path

    from plait.notify.settings import Wanted


@click.group()
def notify() -> None:
    """Try the notices that are sent when a run stops."""


@notify.command()
@click.argument("source", metavar="[SOURCE]", required=False)
@click.option("--status", type=click.Choice(STOPS), help="Tell of this; by default each is told what it asks for.")
@project_option
@json_option
def test(source: str | None, status: str | None, project: Path | None, *, as_json: bool) -> int:
    """Send the notices of the settings, and those of the workflow SOURCE, as if a run had stopped."""
    from plait.notify.trial import try_out  # noqa: PLC0415 - imports what sends them

    root = project_root(project)
    deliveries = try_out(_wanted(source, root), root, status)
    payload: dict[str, Any] | None = notices_payload(deliveries) if as_json else None
    show(payload, notices_lines(deliveries, palette_for(sys.stdout)))
    return FAILED if any(each.status == "failed" for each in deliveries) else COMPLETED


def _wanted(source: str | None, root: Path) -> list[Wanted]:
    from plait.notify.settings import Wanted, wanted_by_settings  # noqa: PLC0415 - see above

    wanted = wanted_by_settings(root, os.environ)
    if source is not None:
        from plait.api import WorkflowEngine  # noqa: PLC0415 - only for a workflow

        engine = WorkflowEngine(root)
        wanted += [Wanted(each) for each in engine.notifications(engine.load_workflow(source))]
    return wanted
