"""Setting up a folder for spec-driven work with one agent."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, NamedTuple

import yaml

from plait.errors import StorageError, UsageError
from plait.scaffold import records
from plait.scaffold.command import read_commands
from plait.scaffold.rendering import render
from plait.scaffold.tree import Tree

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from plait.agents.agent import Agent, CommandFiles

Script = Literal["sh", "ps", "py"]
WORKFLOW_ID = "speckit"
_HOME = "~/"
_WORKFLOW = f".specify/workflows/{WORKFLOW_ID}"
_CONSTITUTION = ".specify/memory/constitution.md"
_IGNORED = "# Which feature is in work is a matter of each checkout.\nfeature.json\n.workflow-install.lock\n"


class Scaffolded(NamedTuple):
    """What became of the files of a project; paths are relative to `root`, or begin with `~/`.

    `kept` are those that somebody has changed, left as they were.
    """

    root: Path
    agent: Agent
    written: tuple[str, ...]
    kept: tuple[str, ...]
    unchanged: tuple[str, ...]


def scaffold(
    target: Path, agent: Agent, *, script: Script = "sh", force: bool = False, home: Path | None = None
) -> Scaffolded:
    """Set up a folder, made if there is none: `.specify`, the agent's commands and the workflow that runs them.

    Done twice, it changes nothing; a file that somebody has changed is overwritten with `force` alone. `script` is
    noted for Spec Kit: the commands here need no scripts.

    Raises:
        UsageError: The agent has no place for commands, a path leads out of the folder, or a record is damaged.
        StorageError: A file cannot be read or written.
    """
    place = agent.commands
    if place is None:
        raise UsageError(f"it is not known where {agent.name} keeps its commands", hint=agent.reason)
    _make(target)
    tree = Tree(target, force=force)
    tree.known = records.known_files(tree)
    agents_tree = _tree_of(place, tree, home)
    for path, text in _agent_files(place):
        agents_tree.put(path, text)
    agents_files = dict(tree.digests) if agents_tree is tree else {}
    _put_shared(tree)
    _record(tree, agent, script, agents_files)
    return _summary(target, agent, tree, agents_tree)


def for_folder(agent: Agent, folder: str) -> Agent:
    """Return an agent that keeps its commands in another folder of the project."""
    from plait.agents.agent import CommandFiles  # noqa: PLC0415 - only for an agent without a folder of its own

    place = agent.commands or CommandFiles(folder, "{name}.md")
    return replace(agent, commands=replace(place, folder=folder))


def _make(target: Path) -> None:
    try:
        target.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{target} is not a folder") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StorageError(f"the folder {str(target)!r} cannot be made: {reason}") from error


def _tree_of(place: CommandFiles, tree: Tree, home: Path | None) -> Tree:
    if not place.folder.startswith(_HOME):
        return tree
    return Tree(home or Path.home(), force=tree.force)


def _agent_files(place: CommandFiles) -> list[tuple[str, str]]:
    folder = PurePosixPath(place.folder.removeprefix(_HOME))
    rendered = [render(command, place) for command in read_commands()]
    return [(str(folder / each.path), each.text) for each in rendered]


def _put_shared(tree: Tree) -> None:
    """Put what does not depend on the agent; the constitution and the templates are the user's from then on."""
    sources = files(__package__)
    for source in _sorted(sources / "templates"):
        tree.put(f".specify/templates/{source.name}", source.read_text(encoding="utf-8"))
    for source in _sorted(sources / "workflow"):
        if source.is_file():
            tree.put(f"{_WORKFLOW}/{source.name}", source.read_text(encoding="utf-8"))
    tree.put(".specify/.gitignore", _IGNORED)
    tree.keep(_CONSTITUTION, (sources / "templates" / "constitution-template.md").read_text(encoding="utf-8"))


def _sorted(folder: Traversable) -> list[Traversable]:
    return sorted(folder.iterdir(), key=lambda each: each.name)


def _record(tree: Tree, agent: Agent, script: Script, agents_files: dict[str, str]) -> None:
    shared = {path: value for path, value in tree.digests.items() if path not in agents_files}
    installed = {path: value for path, value in shared.items() if not path.startswith(_WORKFLOW)}
    records.record_own(tree, tree.known)
    records.record_files(tree, agent.key, agents_files)
    records.record_files(tree, WORKFLOW_ID, installed)
    records.record_integration(tree, agent, script)
    records.record_options(tree, agent, script)
    if f"{_WORKFLOW}/workflow.yml" in shared:
        records.record_workflow(tree, WORKFLOW_ID, _workflow_facts())


def _workflow_facts() -> dict[str, str]:
    text = (files(__package__) / "workflow" / "workflow.yml").read_text(encoding="utf-8")
    header = yaml.safe_load(text)["workflow"]
    return {**{key: header[key] for key in ("name", "version", "description")}, "source": "bundled"}


def _summary(target: Path, agent: Agent, tree: Tree, agents_tree: Tree) -> Scaffolded:
    def paths(attribute: str) -> tuple[str, ...]:
        own: list[str] = getattr(tree, attribute)
        theirs: list[str] = [] if agents_tree is tree else getattr(agents_tree, attribute)
        return (*(_HOME + path for path in theirs), *own)

    return Scaffolded(target, agent, paths("written"), paths("kept"), paths("unchanged"))
