"""`plait info`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.agents.catalogue import agents_of
from plait.agents.default_agent import default_agent
from plait.cli.catalog import catalogs_of, refresh_option
from plait.cli.downloads import warn
from plait.cli.options import json_option, project_option
from plait.cli.output import palette_for, show
from plait.cli.project import project_root
from plait.errors import PlaitError, UsageError
from plait.journal.folder import describe
from plait.load import WorkflowDefinition
from plait.packages.catalogs import CatalogError
from plait.packages.compose import resolve
from plait.packages.project import Project, is_workflow_id
from plait.packages.registry import installed_workflows
from plait.packages.requirements import unmet
from plait.suggest import suggestion
from plait.views.catalogs import entries_payload, entry_lines, entry_payload, versions_lines
from plait.views.workflow_info import WorkflowFacts, info_lines, info_payload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from plait.packages.catalogs import CatalogEntry

_WORKFLOW = "workflow.yml"
_YAML = (".yml", ".yaml")


@click.command()
@click.argument("source", metavar="ID|PATH")
@click.option("--versions", is_flag=True, help="Show which versions the catalogs have.")
@refresh_option
@project_option
@json_option
def info(source: str, project: Path | None, *, versions: bool, refresh: bool, as_json: bool) -> None:
    """Show a workflow: what it says of itself, what it needs, its inputs and all its steps.

    It may be installed, which shows it with its overlays, a file or a folder, or be listed by a catalog.
    """
    root = project_root(project)
    if versions:
        _show_versions(root, source, refresh=refresh, as_json=as_json)
        return
    entries = _registered(Project(root))
    facts = _local_facts(Project(root), source, entries)
    if facts is not None:
        show(info_payload(facts) if as_json else None, info_lines(facts, palette_for(sys.stdout)))
        return
    entry = next(iter(_listed(root, source, refresh=refresh)), None)
    if entry is None:
        hint = suggestion(source, entries) or "`plait list` shows what is installed, `plait search` what there is"
        raise UsageError(f"no workflow {source!r} is installed, in a file or in a catalog", hint=hint)
    payload = entry_payload(entry) | {"installed": False}
    show(payload if as_json else None, entry_lines(entry, palette_for(sys.stdout)))


def _local_facts(project: Project, source: str, entries: Mapping[str, Mapping[str, Any]]) -> WorkflowFacts | None:
    """Return what is known of an installed workflow or of a file; None if there is none (INF-01)."""
    agents, default = agents_of(project.root), default_agent(project.root)
    if is_workflow_id(source) and (project.workflows / source / _WORKFLOW).is_file():
        composed = resolve(project, source)
        definition = composed.definition
        wanting = unmet(definition.requires, agents.keys(), default)
        path = project.workflows / source / _WORKFLOW
        return WorkflowFacts(definition, path, entries.get(source), composed.layers, composed.origins, wanting)
    path = Path(source).expanduser()
    path = path / _WORKFLOW if path.is_dir() else path
    if not path.exists():
        if path.suffix.lower() in _YAML or os.sep in source:
            raise UsageError(f"no such workflow file: {path}")
        return None
    try:
        definition = WorkflowDefinition.from_yaml(path)
    except OSError as error:
        raise UsageError(f"cannot read the workflow: {describe(error)}") from error
    return WorkflowFacts(definition, path, unmet=unmet(definition.requires, agents.keys(), default))


def _registered(project: Project) -> Mapping[str, Mapping[str, Any]]:
    """Return what the registry says; one that is damaged hides nothing that is on disk."""
    try:
        return installed_workflows(project)
    except PlaitError as error:
        warn(error.message)
        return {}


def _listed(root: Path, workflow_id: str, *, refresh: bool) -> Sequence[CatalogEntry]:
    """Return what the catalogs list under an id; nothing if no catalog can be read (INF-04)."""
    with catalogs_of(root, "workflow") as stack:
        try:
            return stack.versions(workflow_id, refresh=refresh)
        except CatalogError:
            return ()  # each catalog's own failure has been told


def _show_versions(root: Path, workflow_id: str, *, refresh: bool, as_json: bool) -> None:
    with catalogs_of(root, "workflow") as stack:
        found = stack.versions(workflow_id, refresh=refresh)
    entry = _registered(Project(root)).get(workflow_id)
    installed = None if entry is None else entry.get("version")
    payload = entries_payload(found, "versions") | {"id": workflow_id, "installed_version": installed}
    lines = versions_lines(found, None if installed is None else str(installed), palette_for(sys.stdout))
    show(payload if as_json else None, lines)
