"""The files in `.specify` that say what is installed, in the form that Spec Kit reads and writes them too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plait.agents.default_agent import INTEGRATION
from plait.errors import UsageError
from plait.install_lock import INSTALL_LOCK, install_lock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.agents.agent import Agent
    from plait.scaffold.tree import Tree

OPTIONS = ".specify/init-options.json"
REGISTRY = ".specify/workflows/workflow-registry.json"
OWN = ".specify/plait-files.json"
"""Digests of the files as Plait wrote them: how a file that somebody has changed is told from one nobody has."""
_STATE_SCHEMA = 1
_PRIVATE = 0o600
_SPEC_KIT = "1.2.3"
"""The version of Spec Kit whose form the files have."""


def read_object(tree: Tree, path: str) -> dict[str, Any]:
    """Return the JSON object in a file, empty if there is no file; raise `UsageError` if it is anything else."""
    data = tree.read(path)
    if data is None:
        return {}
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UsageError(f"{tree.root / path} is damaged: it is not a JSON object", hint="repair or remove it")
    return value


def write_object(tree: Tree, path: str, value: Mapping[str, Any], mode: int = 0o644) -> None:
    """Write a JSON object, unless the file holds just that."""
    data = (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
    if tree.read(path) != data:
        tree.replace(path, data, mode)


def known_files(tree: Tree) -> dict[str, str]:
    """Return the digests of the files that Plait wrote the last time."""
    recorded = read_object(tree, OWN).get("files")
    return {str(key): str(value) for key, value in recorded.items()} if isinstance(recorded, dict) else {}


def record_integration(tree: Tree, agent: Agent, script: str) -> None:
    """Make an agent the project's default, beside those that are installed already (FIL-17)."""
    now = read_object(tree, INTEGRATION)
    schema = now.get("integration_state_schema", _STATE_SCHEMA)
    if not isinstance(schema, int) or schema > _STATE_SCHEMA:
        raise UsageError(
            f"{tree.root / INTEGRATION} was written by a newer Spec Kit", hint="use its own `specify init`"
        )
    installed = [key for key in now.get("installed_integrations") or () if isinstance(key, str)]
    settings = now.get("integration_settings")
    settings = dict(settings) if isinstance(settings, dict) else {}
    separator = "." if agent.commands is not None and "." in agent.commands.call else "-"
    own = settings.get(agent.key)
    settings[agent.key] = (own if isinstance(own, dict) else {}) | {"script": script, "invoke_separator": separator}
    changed = {
        "installed_integrations": [*installed, *([] if agent.key in installed else [agent.key])],
        "integration_settings": settings,
        "integration": agent.key,
        "default_integration": agent.key,
    }
    write_object(tree, INTEGRATION, {"version": _SPEC_KIT, "integration_state_schema": schema} | now | changed)


def record_options(tree: Tree, agent: Agent, script: str) -> None:
    """Note how the project was set up."""
    usual = {"here": True, "feature_numbering": "sequential", "speckit_version": _SPEC_KIT}
    skills = agent.commands is not None and agent.commands.file.endswith("SKILL.md")
    now = {key: value for key, value in read_object(tree, OPTIONS).items() if key != "ai_skills"}
    changed = {"ai": agent.key, "integration": agent.key, "script": script} | ({"ai_skills": True} if skills else {})
    write_object(tree, OPTIONS, usual | now | changed)


def record_files(tree: Tree, key: str, paths: Mapping[str, str]) -> None:
    """Note the files of an agent (or the `speckit` ones that all share) where Spec Kit looks to remove them again."""
    path = f".specify/integrations/{key}.manifest.json"
    now = read_object(tree, path)
    files = now.get("files")
    files = (dict(files) if isinstance(files, dict) else {}) | dict(paths)
    if files != now.get("files"):
        fresh = {"integration": key, "version": _SPEC_KIT, "installed_at": _now()}
        write_object(tree, path, fresh | now | {"files": files})


def record_own(tree: Tree, known: Mapping[str, str]) -> None:
    """Note the digests of all files as they were written, those of earlier times included."""
    write_object(tree, OWN, {"files": dict(sorted({**known, **tree.digests}.items()))})


def record_workflow(tree: Tree, workflow_id: str, facts: Mapping[str, str]) -> None:
    """Register a workflow as installed, leaving what else the registry says alone (FIL-04, REG-01, REG-03)."""
    with install_lock(tree.place(INSTALL_LOCK)):
        registry = {"schema_version": "1.0"} | read_object(tree, REGISTRY)
        workflows = registry.setdefault("workflows", {})
        entry = workflows.get(workflow_id, {}) if isinstance(workflows, dict) else None
        if not isinstance(entry, dict):
            raise UsageError(f"{tree.root / REGISTRY} is damaged", hint="repair or remove it")
        if all(entry.get(key) == value for key, value in facts.items()):
            return
        now = _now()
        workflows[workflow_id] = {"installed_at": now} | entry | dict(facts) | {"updated_at": now}
        write_object(tree, REGISTRY, registry, _PRIVATE)


def _now() -> str:
    return datetime.now(UTC).isoformat()
