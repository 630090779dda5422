"""Installing, removing and switching workflows of a project (ADD-09..15, REM-01..04, ENA-01)."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.agents.default_agent import default_agent
from plait.errors import InvalidWorkflowError, PlaitError, UsageError
from plait.load import WorkflowDefinition, load_workflow
from plait.load.source import MAX_BYTES, decode_source
from plait.model.fields import is_file_reference
from plait.model.step_type import StepBase
from plait.packages.contents import Contents, contents_of
from plait.packages.registry import Registry, is_disabled
from plait.packages.sources import WORKFLOW, SourceError, check_id, copy_files, files_of
from plait.packages.step_manifest import MANIFEST
from plait.packages.step_registry import registered_steps
from plait.packages.step_types import AddedStepTypes
from plait.packages.transaction import Change, apply, changing
from plait.steps import StepTypes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from plait.model.outcome import StepResult
    from plait.model.problems import Problem
    from plait.model.step_type import StepContext
    from plait.model.workflow import Workflow
    from plait.packages.project import Project
    from plait.packages.registry import Entry
    from plait.packages.sources import Obtained
    from plait.packages.step_packages import StepPackage


@dataclass(frozen=True, slots=True)
class Candidate:
    """A package that may be installed: valid, and looked through. `unmet` is what it requires in vain."""

    obtained: Obtained
    definition: WorkflowDefinition
    contents: Contents
    unmet: tuple[str, ...]
    step_packages: tuple[StepPackage, ...]
    warnings: tuple[Problem, ...]

    @property
    def workflow_id(self) -> str:
        """The id under which it is installed."""
        return self.definition.id


class Installed(NamedTuple):
    """What was installed: the registry's entry, and the version that it replaced, if any."""

    workflow_id: str
    entry: Entry
    replaced: str | None


class ChangedMeanwhileError(PlaitError):
    """Another process has installed or removed the workflow since it was looked at."""


def examine(project: Project, obtained: Obtained) -> Candidate:
    """Check what has been obtained, without running any of it (ADD-11, ADD-12).

    Raises `InvalidWorkflowError` for a workflow with errors, `SourceError` for a package that is not sound or not
    the one that was wanted.
    """
    folder, wanted = obtained.folder, obtained.wanted
    definition = _definition_in(folder, obtained.shown)
    files = files_of(folder)
    packages = tuple(_step_packages(folder))
    workflow, problems = _loaded(project, definition, packages)
    check_id(definition.id)
    if wanted.workflow_id is not None and definition.id != wanted.workflow_id:
        raise SourceError(f"{obtained.shown} is the workflow {definition.id!r}, not {wanted.workflow_id!r}")
    if wanted.version is not None and not _same_version(definition.version, wanted.version):
        raise SourceError(f"{obtained.shown} has version {definition.version}, and {wanted.version} was announced")
    contents = contents_of(workflow, folder, files, [each.manifest.type_key for each in packages])
    required = _unmet(project, definition)
    return Candidate(obtained, definition, contents, tuple(required), packages, tuple(problems))


def install(project: Project, candidate: Candidate, *, instead_of: Mapping[str, Any] | None = None) -> Installed:
    """Put a package into the project, its own step types among those of the project: all of it or nothing.

    A workflow that was disabled stays so (ADD-14). With `instead_of` the registry's entry must still be of that
    version and source, or `ChangedMeanwhileError` is raised (UPD-05).
    """
    key = candidate.workflow_id
    with _changing(project, key):
        known = Registry(project, "workflows").entries.get(key)
        known = known if isinstance(known, dict) else None
        if instead_of is not None and (
            known is None or any(known.get(name) != instead_of.get(name) for name in ("version", "source", "url"))
        ):
            raise ChangedMeanwhileError(f"{key!r} was changed by another process meanwhile")
        entry = _entry_of(candidate, known)
        folder, steps = candidate.obtained.folder, registered_steps(project)
        change = Change("workflows", key, entry, lambda into: copy_files(folder, into), candidate.obtained.sha256)
        source = _step_source(key)
        coming = [_step_change(project, each, source, steps) for each in candidate.step_packages]
        stays = {each.key for each in coming}
        going = [
            Change("steps", name, None)
            for name, each in steps.items()
            if each.get("source") == source and name not in stays
        ]
        apply(project, [*coming, *going, change])
    return Installed(key, entry, None if known is None else str(known.get("version", "")))


def remove(project: Project, workflow_id: str) -> Entry:
    """Take a workflow away, with the step types that came with it; overlays and past runs stay (REM-01..04)."""
    check_id(workflow_id)
    with _changing(project, workflow_id):
        entry = _require(Registry(project, "workflows").entries, workflow_id, project)
        source = _step_source(workflow_id)
        own = [name for name, each in registered_steps(project).items() if each.get("source") == source]
        changes = [Change("steps", name, None) for name in own]
        apply(project, [Change("workflows", workflow_id, None), *changes])
    return entry if isinstance(entry, dict) else {}


def set_enabled(project: Project, workflow_id: str, *, enabled: bool) -> bool:
    """Switch a workflow on or off; return whether it was otherwise before (ENA-01)."""
    check_id(workflow_id)
    with _changing(project, workflow_id):
        entry = _require(Registry(project, "workflows").entries, workflow_id, project)
        if not isinstance(entry, dict):
            raise PlaitError(
                f"the registry's entry of {workflow_id!r} is damaged", hint="install it again: plait add SOURCE"
            )
        if is_disabled(entry) is not enabled:
            return False
        changed = {key: value for key, value in entry.items() if key != "enabled"}
        changed |= {"updated_at": _now()} | ({} if enabled else {"enabled": False})
        apply(project, [Change("workflows", workflow_id, changed)])
    return True


def not_installed(project: Project, workflow_id: str) -> UsageError:
    """Return the error for a workflow that the registry does not have."""
    hint = f"`plait add {workflow_id}` installs it, if a catalog has it; `plait list` shows what there is"
    return UsageError(f"no workflow {workflow_id!r} is installed in {project.root}", hint=hint)


@contextmanager
def _changing(project: Project, workflow_id: str) -> Iterator[None]:
    """Keep others out, once it is sure that nothing is written through a link or over what is no package (ADD-13)."""
    if not (project.root / ".specify").is_dir():
        raise UsageError(f"{project.root} is not a project: it has no .specify folder")
    for place in (project.root / ".specify", project.workflows, project.steps, project.workflows / workflow_id):
        if place.is_symlink():
            raise UsageError(f"{place} is a symbolic link, and nothing is installed through one")
        if os.path.lexists(place) and not place.is_dir():
            raise UsageError(f"{place} is not a folder")
    with changing(project):
        yield


def _require(entries: Mapping[str, Any], workflow_id: str, project: Project) -> object:
    if workflow_id not in entries:
        raise not_installed(project, workflow_id)
    return entries[workflow_id]


def _unmet(project: Project, definition: WorkflowDefinition) -> list[str]:
    if not definition.requires:
        return []
    from plait.agents.catalogue import agents_of  # noqa: PLC0415 - only for workflows that require something
    from plait.packages.requirements import unmet  # noqa: PLC0415 - only for workflows that require something

    return unmet(definition.requires, agents_of(project.root), default_agent(project.root))


def _agent_names(project: Project) -> Collection[str]:
    from plait.agents.catalogue import agents_of  # noqa: PLC0415 - few files name agents outside their steps

    return agents_of(project.root)


def _definition_in(folder: Path, shown: str) -> WorkflowDefinition:
    path = folder / WORKFLOW
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"cannot read {shown}: {error.strerror}") from error
    return WorkflowDefinition(decode_source(content, shown), path)


def _loaded(
    project: Project, definition: WorkflowDefinition, packages: tuple[StepPackage, ...]
) -> tuple[Workflow, list[Problem]]:
    own = [_announced(each.manifest.type_key) for each in packages]

    def find(reference: str, caller: WorkflowDefinition) -> WorkflowDefinition:
        if not is_file_reference(reference):
            from plait.packages.compose import resolve  # noqa: PLC0415 - few workflows call others

            return resolve(project, reference).definition
        folder = project.root if caller.source_path is None else caller.source_path.parent
        try:
            return WorkflowDefinition.from_yaml(folder / Path(reference).expanduser())
        except OSError as error:
            raise UsageError(f"cannot read {reference}: {error.strerror or error}") from error

    types = StepTypes(own, AddedStepTypes(project.root))
    workflow, problems = load_workflow(definition, types, agent_names=lambda: _agent_names(project), find_workflow=find)
    if workflow is None:
        raise InvalidWorkflowError(problems, source=definition.source.name)
    return workflow, [problem for problem in problems if not problem.is_error]


class _Announced(StepBase):
    """A step type that comes with the package: known, but not run before somebody has agreed to that."""

    def execute(self, config: Any, context: StepContext) -> StepResult:
        raise AssertionError(f"{config} of {context} is only validated")


def _announced(type_key: str) -> StepBase:
    made: StepBase = type("Announced", (_Announced,), {"type_key": type_key})()
    return made


def _step_packages(folder: Path) -> Iterator[StepPackage]:
    home = folder / "steps"
    if not home.is_dir():
        return
    from plait.packages.step_packages import check_package  # noqa: PLC0415 - few packages bring step types

    for path in sorted(home.iterdir()):
        if os.path.lexists(path / MANIFEST):
            yield check_package(path)


def _step_source(workflow_id: str) -> str:
    """Return what the registry of step types says of those that came with a workflow."""
    return f"workflow:{workflow_id}"


def _step_change(project: Project, package: StepPackage, source: str, steps: Mapping[str, Entry]) -> Change:
    from plait.packages.step_packages import step_change  # noqa: PLC0415 - few packages bring step types

    key = package.manifest.type_key
    known = steps.get(key)
    if os.path.lexists(project.steps / key) and (known is None or known.get("source") != source):
        raise SourceError(
            f"it brings the step type {key!r}, and the project has one of that name from elsewhere",
            hint=f"remove that first: plait step remove {key}",
        )
    return step_change(package, {"source": source}, known)


def _entry_of(candidate: Candidate, known: Mapping[str, Any] | None) -> Entry:
    now = _now()
    before = known or {}
    definition = candidate.definition
    return {
        "name": definition.name,
        "version": definition.version,
        "description": definition.description,
        **candidate.obtained.wanted.origin,
        "installed_at": before.get("installed_at", now),
        "updated_at": now,
        **({"enabled": False} if is_disabled(dict(before)) else {}),
    }


def _same_version(found: str, announced: str) -> bool:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - only for announced versions

    try:
        return Version(found) == Version(announced)
    except InvalidVersion:
        return found == announced


def _now() -> str:
    return datetime.now(UTC).isoformat()
