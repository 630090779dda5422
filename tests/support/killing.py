"""Processes that are killed at a chosen operation on the files of a folder, as by `kill -9`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EVENTS = frozenset(
    {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "shutil.copyfile", "tempfile.mkstemp"}
)
_TESTS = Path(__file__).parents[1]
_IN_EVERY_PROCESS = """
import os
from support.killing import die_before
die_before(int(os.environ["DIE_BEFORE"]), os.environ["DIE_IN"])
"""


def die_before(number: int, folder: str) -> None:
    """Let this process be killed before its operation of this number, from 0, on anything in a folder."""
    left = number

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in _EVENTS and folder in str(arguments):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def act_in_each(act: Callable[[Path], object], folders: Sequence[str]) -> None:
    """Act on each folder in a process of its own, killed one operation later each time; print how each has ended."""
    for number, folder in enumerate(folders):
        child = os.fork()
        if child == 0:
            die_before(number, folder)
            act(Path(folder))
            os._exit(0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")


def exit_codes(script: str, *arguments: object) -> list[int]:
    """Run a script that calls `act_in_each`; return how each of its processes has ended."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(_TESTS)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return [int(code) for code in done.stdout.split()]


def environment_that_kills(number: int, folder: Path, scratch: Path) -> dict[str, str]:
    """Return what the environment of a Python program must say to have it killed; `scratch` gets a file."""
    scratch.mkdir(exist_ok=True)
    (scratch / "sitecustomize.py").write_text(_IN_EVERY_PROCESS)
    return {
        "PYTHONPATH": os.pathsep.join([str(scratch), str(_TESTS)]),
        "DIE_BEFORE": str(number),
        "DIE_IN": str(folder),
    }
