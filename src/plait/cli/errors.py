"""The one place where errors are printed and become exit codes."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from plait.errors import InvalidWorkflowError, PlaitError
from plait.views import exits
from plait.views.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plait.journal import RunState

_QUIET = 128 + signal.SIGPIPE


class RunBrokenError(PlaitError):
    """An exception that no step expected ended a run; its traceback is in a file.

    `redact` puts `***` for the values of secrets, which such an exception may hold.
    """

    def __init__(self, state: RunState, cause: BaseException, redact: Callable[[str], str] = str) -> None:
        self.state = state
        self.cause = cause
        self.redact = redact
        self.described = describe(cause, redact)
        super().__init__(f"run {state.run_id} was ended by an unexpected {self.described}")


def guarded(command: click.Command, words: list[str]) -> int:  # noqa: PLR0911 - one for each way to end
    """Run a command; print what stopped it, as JSON where `--json` was asked for, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    as_json = "--json" in words
    try:
        code = command.main(args=words, prog_name="plait", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else exits.COMPLETED
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        _print("interrupted", as_json=as_json, kind="Interrupted", exit_code=exits.INTERRUPTED)
        return exits.INTERRUPTED
    except click.ClickException as error:
        return _report_usage(error, as_json=as_json)
    except BrokenPipeError:
        from plait.cli.output import abandon  # noqa: PLC0415 - only when the reader has left

        abandon(sys.stdout)
        return _QUIET
    except PlaitError as error:
        return report(error, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - a bug is told in one line, its traceback goes to a file
        return _report_bug(error, as_json=as_json)


def report(error: PlaitError, *, as_json: bool) -> int:
    """Print an error that a user can act on and return its exit code."""
    if isinstance(error, RunBrokenError):
        return _report_broken_run(error, as_json=as_json)
    more: dict[str, Any] = {}
    lines: list[str] = []
    if isinstance(error, InvalidWorkflowError):
        from plait.load.report import format_problem, problem_as_json  # noqa: PLC0415 - only for a mistake

        lines = [format_problem(problem) for problem in error.problems]
        more["problems"] = [problem_as_json(problem) for problem in error.problems]
    for line in lines:
        click.echo(clean(line), err=True)
    kind = type(error).__name__.removesuffix("Error")
    _print(error.message, hint=error.hint, as_json=as_json, kind=kind, exit_code=error.exit_code, **more)
    return error.exit_code


def _report_usage(error: click.ClickException, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    hint = f"`{context.command_path} --help` shows how it is used" if context is not None else ""
    _print(error.format_message(), hint=hint, as_json=as_json, kind="Usage", exit_code=exits.USAGE)
    return exits.USAGE


def _report_broken_run(error: RunBrokenError, *, as_json: bool) -> int:
    path = write_traceback(error.cause, error.state.folder.path, error.redact)
    if as_json:
        from plait.views.json_text import as_json as to_json  # noqa: PLC0415 - only for a mistake
        from plait.views.payload import run_payload  # noqa: PLC0415 - only for a mistake

        payload = run_payload(error.state)
        payload |= {"status": "failed", "exit_code": exits.FAILED, "traceback": str(path)}
        payload.setdefault("error", error.described)
        click.echo(to_json(payload))
    hint = f"what was recorded is kept: `plait resume {error.state.run_id}` goes on; the traceback is in {path}"
    _print(error.message, hint=hint, as_json=False)
    return exits.FAILED


def _report_bug(error: Exception, *, as_json: bool) -> int:
    path = write_traceback(error, None)
    message = f"unexpected {describe(error)}"
    hint = f"this is a bug of plait; its traceback is in {path}"
    _print(message, hint=hint, as_json=as_json, kind="Unexpected", exit_code=exits.FAILED, traceback=str(path))
    return exits.FAILED


def describe(error: BaseException, redact: Callable[[str], str] = str) -> str:
    """Return an exception as its name and the first line of what `redact` leaves of its text."""
    text = one_line(redact(str(error)).partition("\n")[0])
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def write_traceback(error: BaseException, folder: Path | None, redact: Callable[[str], str] = str) -> Path | str:
    """Write an exception's traceback, as `redact` leaves it, to a file of its own and return its path."""
    import tempfile  # noqa: PLC0415 - only for a bug
    import traceback  # noqa: PLC0415 - only for a bug

    text = redact("".join(traceback.format_exception(error)))
    for place in (folder, None):
        try:
            descriptor, path = tempfile.mkstemp(".txt", "traceback-", place)
        except OSError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        return path
    return "(no file could be written)"


def _print(message: str, *, as_json: bool, hint: str = "", **fields: Any) -> None:
    if as_json:
        from plait.views.json_text import as_json as to_json  # noqa: PLC0415 - only for a mistake

        error = {"type": fields.pop("kind", ""), "message": message, "hint": hint or None, **fields}
        click.echo(to_json({"error": error}))
        return
    click.echo(click.style("error: ", fg="red", bold=True) + clean(message), err=True)
    if hint:
        click.echo(click.style("hint: ", fg="cyan") + clean(hint), err=True)
