"""Every agent that a project can use: the package's table, changed by the user's and by the project's own file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from plait.agents.agent import Agent, CommandFiles, SkillFolders
from plait.agents.agent_file import AgentFile, FileStamp, place_of, read_agent_file, stamp_of
from plait.errors import UsageError
from plait.model.workflow import AgentLimits
from plait.suggest import suggestion
from plait.user_folders import config_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.model.workflow import Permission

PACKAGED = Path(__file__).with_name("agents.toml")
_HARMLESS = frozenset(
    {"name", "reason", "install", "format", "verified", "limits", "fallback", "longest_prompt", "skills"}
)
"""Fields that say nothing of what is run."""


class Agents(Mapping[str, Agent]):
    """Agents by key, in the order of their keys. `permissions` is what agents may do where nothing else is said.

    `replaced` names those that were known, and for which the project's own file says another program.
    """

    def __init__(
        self, agents: Mapping[str, Agent], permissions: Permission | None = None, replaced: Sequence[str] = ()
    ) -> None:
        self._agents = dict(sorted(agents.items()))
        self.permissions = permissions
        self.replaced = tuple(replaced)

    def __getitem__(self, key: str) -> Agent:
        return self._agents[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._agents)

    def __len__(self) -> int:
        return len(self._agents)

    def named(self, key: str) -> Agent:
        """Return an agent; raise `UsageError`, with the key that was likely meant, if there is none."""
        if key in self._agents:
            return self._agents[key]
        raise UsageError(f"there is no agent `{key}`", hint=self.hint_for(key))

    def hint_for(self, key: str) -> str:
        """Return advice on a key that is not known."""
        return suggestion(key, self._agents) or "`plait agents list` shows those there are"


def agents_of(project_root: Path, environ: Mapping[str, str] | None = None) -> Agents:
    """Return the agents of a project.

    Each of the user's `$XDG_CONFIG_HOME/plait/agents.toml` (`~/.config` by default) and the project's
    `.specify/agents.toml` may add agents and set single fields of known ones; the project's word is the last. Both are
    as trusted as the workflow itself: they name programs that are run. Raises `UsageError` for a file that is wrong.
    """
    folder = config_folder(os.environ if environ is None else environ)
    paths = (folder / "agents.toml", project_root / ".specify" / "agents.toml")
    return _merged(paths, tuple(map(stamp_of, paths)))


@lru_cache(maxsize=16)
def _merged(paths: tuple[Path, ...], stamps: tuple[FileStamp | None, ...]) -> Agents:
    del stamps  # a changed file is another key of the cache
    rows: dict[str, dict[str, object]] = {}
    permissions = None
    known: dict[str, object] = {}
    for path in (PACKAGED, *paths):
        known = {key: row.get("executable") for key, row in rows.items()}
        file = read_agent_file(path)
        permissions = file.permissions or permissions
        _merge(rows, file, path)
        if path != PACKAGED:
            _refuse_unsound(file, rows, path)
    agents = {key: _agent(key, row) for key, row in rows.items()}
    replaced = [key for key, executable in known.items() if executable and rows[key]["executable"] != executable]
    return Agents(agents, cast("Permission | None", permissions), replaced)


def _merge(rows: dict[str, dict[str, object]], file: AgentFile, path: Path) -> None:
    for key, fields in file.agents.items():
        row = rows.setdefault(key, {})
        for name, value in fields.items():
            before = row.get(name)
            row[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
        if path != PACKAGED and not fields.keys() <= _HARMLESS:
            row["source"] = str(path)
        if "executable" in fields:
            row["executable"] = _located(str(fields["executable"]), path)


def _located(executable: str, path: Path) -> str:
    """Return an executable as it can be found from anywhere: a relative path starts in the project of its file."""
    expanded = os.path.expanduser(executable)  # noqa: PTH111 - the name of a command must stay one
    return str(path.parent.parent / expanded) if os.sep in expanded else expanded


def _refuse_unsound(file: AgentFile, rows: Mapping[str, Mapping[str, object]], path: Path) -> None:
    for key, fields in file.agents.items():
        _refuse_incomplete(key, rows[key], path)
        if "format" in fields:
            _refuse_unreadable(key, str(fields["format"]), path)
    _refuse_unknown_fallbacks(file, rows, path)


def _refuse_incomplete(key: str, row: Mapping[str, object], path: Path) -> None:
    place = place_of(path, (key,))
    if row.get("executable") and not row.get("run"):
        raise UsageError(f"{place}: agent `{key}` has no `run`, the arguments that follow `{row['executable']}`")
    if not row.get("executable") and not row.get("reason"):
        known = suggestion(key, read_agent_file(PACKAGED).agents)
        raise UsageError(f"{place}: agent `{key}` has no `executable`", hint=known)
    commands = row.get("commands")
    if isinstance(commands, dict) and not {"folder", "file"} <= set(commands):
        raise UsageError(f"{place}: `{key}.commands` needs `folder` and `file`")
    skills = row.get("skills")
    if isinstance(skills, dict) and "project" not in skills:
        raise UsageError(f"{place}: `{key}.skills` needs `project`")
    run = " ".join(cast("tuple[str, ...]", row.get("run", ())))
    if run and row.get("prompt_by", "argument") != "stdin" and "{prompt" not in run:
        hint = 'add {prompt}, or prompt_by = "stdin"'
        raise UsageError(f"{place}: `{key}.run` has no place for the prompt", hint=hint)


def _refuse_unreadable(key: str, name: str, path: Path) -> None:
    from plait.agents.streams import FORMATS  # noqa: PLC0415 - the readers are for those who name one

    if name not in FORMATS:
        place = place_of(path, (key, "format"))
        hint = suggestion(name, FORMATS)
        raise UsageError(f"{place}: `{key}.format` is `{name}`, which nobody can read", hint=hint)


def _refuse_unknown_fallbacks(file: AgentFile, rows: Mapping[str, object], path: Path) -> None:
    for key, fields in file.agents.items():
        for other in cast("tuple[str, ...]", fields.get("fallback", ())):
            if other not in rows:
                place = place_of(path, (key, "fallback"))
                hint = suggestion(other, rows)
                raise UsageError(f"{place}: `{key}.fallback` names `{other}`, which is no agent", hint=hint)


def _agent(key: str, row: Mapping[str, Any]) -> Agent:
    fields: dict[str, Any] = {"name": key, **row}
    if "commands" in fields:
        fields["commands"] = CommandFiles(**fields["commands"])
    if "skills" in fields:
        fields["skills"] = SkillFolders(**fields["skills"])
    if "limits" in fields:
        fields["limits"] = AgentLimits(**fields["limits"])
    return Agent(key=key, **fields)
