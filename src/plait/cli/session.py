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
from plait.cli.display import Display, PlainDisplay, choose_display
from plait.cli.errors import RunBrokenError
from plait.cli.observers import Observers
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
from plait.views.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from plait.journal import RunState
    from plait.load import WorkflowDefinition
    from plait.stubs import Rehearsal
    from plait.views.palette import Palette

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
    no_notify: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """Take the settings out of a command's options."""
        return cls(**{name: options[name] for name in cls.__slots__})


class Session:
    """One call of `run` or `resume`."""

    def __init__(
        self, project: Path, settings: Settings, *, suffix: str = "", rehearsal: Rehearsal | None = None
    ) -> None:
        self._project = project
        self._settings = settings
        self._suffix = suffix
        self._rehearsal = rehearsal
        self._machine = settings.as_json or settings.events
        self._screen = sys.stderr if self._machine else sys.stdout
        self._display: Display | None = choose_display(self._screen, plain=settings.plain, quiet=settings.quiet)
        if rehearsal is not None and isinstance(self._display, PlainDisplay):
            rehearsal.on_given = self._show_given
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

    def _show_given(self, step_id: str, text: str) -> None:
        """Show what a step of a dry run would have been given."""
        from plait.views.dry_run import given_lines  # noqa: PLC0415 - only for a dry run

        if lines := list(given_lines(step_id, text, palette_for(self._screen))):
            say("\n".join(lines), self._screen)

    def check(self, engine: WorkflowEngine, definition: WorkflowDefinition, inputs: Mapping[str, object]) -> None:
        """Refuse a workflow that has errors, naming all of them; show what else is odd on stderr.

        An agent that is not installed is only odd: its step may never be reached.
        """
        problems = engine.validate(definition)
        if self._rehearsal is None and not any(problem.is_error for problem in problems):
            with suppress(InputError):  # told, with all others, once the missing ones have been asked for
                problems += engine.check_agents(definition, inputs, forgive_missing=True)
        if any(problem.is_error for problem in problems):
            raise InvalidWorkflowError(problems, source=str(definition.source_path or definition.id))
        if not self._settings.quiet:
            for problem in problems:
                click.echo(clean(format_problem(problem)), err=True)
            if self._rehearsal is not None:
                return
            if replaced := engine.replaced_agents(definition):
                listed = ", ".join(f"{key}: {executable}" for key, executable in replaced.items())
                click.echo(clean(f"note: the project's agents.toml says which program is run for {listed}"), err=True)
            for notice in engine.project_notices():
                click.echo(
                    one_line(f"note: the project's notify.yml says what is done when it stops: {notice}"), err=True
                )
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
        named = (definition.name, definition.id, definition.version)
        say(self._header(named, run_id, palette), self._screen)
        steps = [step for step in definition.steps if isinstance(step, dict)]
        self._display.begin([(str(step.get("id", "")), str(step.get("name") or "")) for step in steps])

    def _header(self, named: tuple[str, str, str], run_id: str, palette: Palette) -> str:
        if self._rehearsal is None:
            return header_line(*named, run_id, palette)
        from plait.views.dry_run import dry_header_line  # noqa: PLC0415 - only for a dry run

        for problem in self._rehearsal.warnings:
            click.echo(clean(format_problem(problem)), err=True)
        return dry_header_line(*named, palette)

    def conduct(self, advance: Callable[[WorkflowEngine], RunState]) -> int:
        """Let `advance` run or resume with an engine, tell how it ended, and return the exit code."""
        if self._rehearsal is not None:
            return self._conduct(advance, None)
        with Observers(quiet=self._settings.quiet) as observers:
            return self._conduct(advance, observers)

    def _conduct(self, advance: Callable[[WorkflowEngine], RunState], observers: Observers | None) -> int:
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
                adopt_orphans=self._rehearsal is None,
                rehearsal=self._rehearsal,
                telemetry=None if observers is None else observers.telemetry,
                notify=not self._settings.no_notify,
                warn=None if observers is None else observers.warn,
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
            if self._state is None or self._rehearsal is not None:
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
            say(as_json({**self._payload(state), "exit_code": code}), sys.stdout)
        elif not self._settings.quiet or state.status != "completed":
            for line in self._outcome(state, seconds):
                say(line, self._screen)
        return code

    def _payload(self, state: RunState) -> dict[str, Any]:
        if self._rehearsal is None:
            return run_payload(state)
        from plait.views.dry_run import dry_run_payload  # noqa: PLC0415 - only for a dry run

        return dry_run_payload(state)

    def _outcome(self, state: RunState, seconds: float) -> Iterator[str]:
        palette = palette_for(self._screen)
        if self._rehearsal is None:
            return outcome_lines(state, palette, seconds=seconds, suffix=self._suffix)
        from plait.views.dry_run import dry_outcome_lines  # noqa: PLC0415 - only for a dry run

        return dry_outcome_lines(state, palette, seconds=seconds)

    def note(self, line: str) -> None:
        """Say something about the run beside its outcome, unless nothing is to be said."""
        if line and not self._settings.quiet:
            click.echo(clean(line), err=True)
