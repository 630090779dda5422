"""Timing of whole processes, several contenders taking turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent


ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""The caller's, without what changes Python: bytecode that is never cached would be measured as start-up."""


class FailedCommandError(Exception):
    """A command that was to be timed did not succeed."""


def plait_command() -> list[str]:
    """Return the command line of the `plait` that belongs to this Python."""
    script = Path(sys.executable).with_name("plait")
    return [str(script)] if script.exists() else [sys.executable, "-m", "plait"]


def run(command: Sequence[str], folder: Path, *, input_text: str | None = None, timeout: float | None = None) -> float:
    """Run a command to its end and return the seconds it took."""
    begun = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        input=input_text,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        raise FailedCommandError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return seconds


def best_of(contenders: Mapping[str, Contender], times: int) -> dict[str, float]:
    """Return each contender's least time; they take turns, so that a busy moment hits all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(times):
        for name, contender in contenders.items():
            seconds[name].append(contender.run())
    return {name: min(taken) for name, taken in seconds.items()}


class Contender:
    """A command to be timed, with what it reads from stdin."""

    def __init__(self, command: Sequence[str], folder: Path, input_text: str | None = None) -> None:
        self._command = command
        self._folder = folder
        self._input = input_text

    def run(self) -> float:
        """Run it once and return the seconds."""
        return run(self._command, self._folder, input_text=self._input)


def inside(task: str, folder: Path, *arguments: object) -> dict[str, Any]:
    """Run a task of `benchmarks.inside` in a process of its own and return what it measured."""
    command = [sys.executable, "-m", "benchmarks.inside", task, str(folder), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FailedCommandError(f"{task}: exit {done.returncode}\n{done.stderr[-2000:]}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured
