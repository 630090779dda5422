"""Advancing a run in this process: its view, its prompts, its last words and its exit code."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import click

from plait.api import WorkflowEngine
from plait.cli.display import Display, choose_display
from plait.cli.errors import RunBrokenError
from plait.cli.output import palette_for, reserved_stdout, say
from plait.cli.prompter import TerminalPrompter
from plait.errors import InputError, InvalidWorkflowError, PlaitError
from plait.load.report import format_problem
from plait.secrets import exposed_file
from plait.views.events import EventStream
from plait.views.exits import FAILED, exit_code, was_interrupted
from plait.views.json_text import as_json
from plait.views.outcome import header_line, outcome_lines
from plait.views.payload import run_payload
from plait.views.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plait.journal import RunState
    from plait.load import WorkflowDefinition

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is shown and recorded."""

    as_json: bool = False
    events: bool = False
    plain: bool = False
    quiet: bool = False
    exit_zero_on_pause: bool = False
    durability: Literal["group", "full"] = "group"

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """Take the settings out of a command's options."""
        return cls(**{name: options[name] for name in cls.__slots__})


class Session:
    """One call of `run` or `resume`."""

    def __init__(self, project: Path, settings: Settings, *, suffix: str = "") -> None:
        self._project = project
        self._settings = settings
        self._suffix = suffix
        self._machine = settings.as_json or settings.events
        self._screen = sys.stderr if self._machine else sys.stdout
        self._display: Display | None = choose_display(self._screen, plain=settings.plain, quiet=settings.quiet)
        self._definition: WorkflowDefinition | None = None
        self._state: RunState | None = None

    def on_event(self, event: dict[str, Any], state: RunState) -> None:
        """Name the workflow once it really runs; remember the run, should an exception end it."""
        del event
        if self._state is None:
            self._state = state
            self._begin(state.run_id)

    def on_output(self, step_id: str, line: str) -> None:
        """Nothing to remember."""

    def check(self, engine: WorkflowEngine, definition: WorkflowDefinition, inputs: Mapping[str, object]) -> None:
        """Refuse a workflow that has errors, naming all of them; show what else is odd on stderr.

        An agent that is not installed is only odd: its step may never be reached.
        """
        problems = engine.validate(definition)
        if not any(problem.is_error for problem in problems):
            with suppress(InputError):  # told, with all others, once the missing ones have been asked for
                problems += engine.check_agents(definition, inputs, forgive_missing=True)
        if any(problem.is_error for problem in problems):
            raise InvalidWorkflowError(problems, source=str(definition.source_path or definition.id))
        if not self._settings.quiet:
            for problem in problems:
                click.echo(clean(format_problem(problem)), err=True)
            if replaced := engine.replaced_agents(definition):
                listed = ", ".join(f"{key}: {executable}" for key, executable in replaced.items())
                click.echo(clean(f"note: the project's agents.toml says which program is run for {listed}"), err=True)
            exposed = exposed_file(self._project)
            if exposed is not None:
                click.echo(clean(f"warning: {exposed} holds secrets, and git does not ignore it"), err=True)

    def announce(self, definition: WorkflowDefinition) -> None:
        """Say which workflow is going to run."""
        self._definition = definition

    def _begin(self, run_id: str) -> None:
        definition = self._definition
        if self._display is None or definition is None:
            return
        palette = palette_for(self._screen)
        line = header_line(definition.name, definition.id, definition.version, run_id, palette)
        say(line, self._screen)
        steps = [step for step in definition.steps if isinstance(step, dict)]
        self._display.begin([(str(step.get("id", "")), str(step.get("name") or "")) for step in steps])

    def conduct(self, advance: Callable[[WorkflowEngine], RunState]) -> int:
        """Let `advance` run or resume with an engine, tell how it ended, and return the exit code."""
        begun = time.monotonic()
        with ExitStack() as stack:
            listeners: list[Any] = [self]
            if self._machine:
                stdout = stack.enter_context(reserved_stdout())
                if self._settings.events:
                    listeners.append(EventStream(stdout))
            if self._display is not None:
                listeners.append(self._display)
                stack.callback(self._display.end)
            prompter = TerminalPrompter.if_present(self._screen, self._display)
            if prompter is not None:
                listeners.append(prompter)
            engine = WorkflowEngine(
                self._project,
                listeners=listeners,
                prompter=prompter,
                durability=self._settings.durability,
                signals=_SIGNALS,
                adopt_orphans=True,
            )
            if self._display is not None:
                engine.on_step_start = self._display.on_step_start
            state = self._advance(engine, advance)
        return self._tell(state, time.monotonic() - begun)

    def _advance(self, engine: WorkflowEngine, advance: Callable[[WorkflowEngine], RunState]) -> RunState:
        try:
            return advance(engine)
        except (PlaitError, click.ClickException, click.Abort):
            raise
        except Exception as error:
            if self._state is None:
                raise
            raise RunBrokenError(self._state, error, engine.redacted) from error

    def _tell(self, state: RunState, seconds: float) -> int:
        ended = exit_code(
            state.status.value,
            interrupted=was_interrupted(state.interruption),
            zero_on_pause=self._settings.exit_zero_on_pause,
        )
        code = FAILED if ended is None else ended
        if self._settings.as_json and not self._settings.events:
            say(as_json({**run_payload(state), "exit_code": code}), sys.stdout)
        elif not self._settings.quiet or state.status != "completed":
            palette = palette_for(self._screen)
            for line in outcome_lines(state, palette, seconds=seconds, suffix=self._suffix):
                say(line, self._screen)
        return code
