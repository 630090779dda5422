"""What Plait knows of one coding-agent CLI: a row of the table of agents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.model.workflow import AgentLimits, Permission

PromptBy = Literal["stdin", "argument", "file"]
CommandFormat = Literal["markdown", "toml", "yaml"]


@dataclass(frozen=True, slots=True)
class CommandFiles:
    """Where an agent's own commands live and how they are called.

    `file` is a pattern inside `folder`, which is relative to the project, or to the home directory if it begins with
    `~`. `call` is the text that names a command to the agent. In both, `{stem}` stands for the command's name without
    `speckit.` (`plan`, `git.commit`), `{dashed}` for the same with hyphens in place of dots, `{name}` for the whole.
    """

    folder: str
    file: str
    format: CommandFormat = "markdown"
    placeholder: str = "$ARGUMENTS"
    """What stands for the arguments in the file's text."""
    call: str = "/speckit.{stem}"
    expands: bool = False
    """Whether the CLI, run without a terminal, puts the command's text, arguments and all, in place of its name."""
    older: tuple[tuple[str, str], ...] = ()
    """Other pairs of folder and file where the agent, or earlier versions of it, look too."""


@dataclass(frozen=True, slots=True)
class SkillFolders:
    """Where an agent looks for skills: in the folder `project` of a project, and in `user`, which begins with `~/`.

    `user` is empty where no such folder is known.
    """

    project: str
    user: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """The facts of one CLI. Lists of arguments hold placeholders in braces, filled in by `invocation`.

    `run` is what follows the executable. In it `{prompt}` stands for the prompt if that is an argument, and
    `{prompt_file}` for a file that holds it; the groups `{model}`, `{output}`, `{permission}`, `{session}`,
    `{schema}`, `{options}`, `{extra}` are replaced by the lists below, or by nothing.
    """

    key: str
    name: str
    executable: str | None = None
    """None: the agent has no command line that could be driven (`reason` says so)."""
    reason: str = ""
    install: str = ""
    """The command that installs it, or where to get it."""
    run: tuple[str, ...] = ()
    prompt_by: PromptBy = "argument"
    longest_prompt: int = 0
    """Characters that it takes from stdin at most; what is longer is handed over as a file. 0: any number."""
    model: tuple[str, ...] = ()
    """Arguments that choose the model `{value}`; empty: it has none, and a model asked for is passed over."""
    output: tuple[str, ...] = ()
    """Arguments that make it print what a program can read."""
    format: str = "text"
    """The name of the reader of what it prints: one of `plait.agents.streams`."""
    permissions: Mapping[Permission, tuple[str, ...]] = field(default_factory=dict)
    """Arguments for each level that the agent can honour; a level that is missing is refused."""
    permission_env: Mapping[Permission, Mapping[str, str]] = field(default_factory=dict)
    """Environment variables that go with a level."""
    full_by: tuple[str, ...] = ()
    """Variables of which the first that is set turns `edit` into `full` (any value but `0`) or `full` into `edit`."""
    session: tuple[str, ...] = ()
    """Arguments that go on in the session `{value}`; empty: the agent cannot."""
    session_run: tuple[str, ...] = ()
    """What stands in the place of `run` when a session is continued, where that is another subcommand."""
    schema: tuple[str, ...] = ()
    """Arguments that ask for JSON of a schema: `{value}` its text, `{file}` a file that holds it."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Arguments for entries of `options:`. `{value}` is the entry's value, the items of a list joined by commas; with
    `{item}` the arguments are repeated for every item; without either they are a flag, given when the value is true."""
    env: Mapping[str, str] = field(default_factory=dict)
    acp: tuple[str, ...] = ()
    """What follows the executable to make it speak the Agent Client Protocol; empty: it does not."""
    commands: CommandFiles | None = None
    skills: SkillFolders | None = None
    version: tuple[str, ...] = ("--version",)
    login: tuple[str, ...] = ()
    """Arguments of a free command that exits with 0 if somebody is logged in and with 1 if not; empty: none known."""
    login_signs: tuple[str, ...] = ()
    """Files (`~/…`) and variables (`$NAME`) of which any is a sign that somebody is logged in."""
    verified: str = ""
    """The version that was run against a model server at every level listed; empty: none was."""
    source: str = ""
    """The user's or the project's file that says what is run, where it is not the package's own table."""
    limits: AgentLimits | None = None
    fallback: tuple[str, ...] = ()
    """Agents to go on with when this one cannot be used, unless a step names its own."""

    @property
    def can_continue(self) -> bool:
        """Whether a session of this agent can be gone on with."""
        return bool(self.session)
