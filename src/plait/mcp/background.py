"""Commands of Plait in processes of their own, which go on when this one ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from threading import Thread
from typing import TYPE_CHECKING, Any

import anyio

from plait.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import BinaryIO


class Detached:
    """A command under way; what it prints is in a file that has no name."""

    def __init__(self, process: subprocess.Popen[bytes], out: BinaryIO, err: BinaryIO) -> None:
        self._process = process
        self._out, self._err = out, err
        # Reaped by a thread, so that nothing of it is left in the table of processes.
        Thread(target=process.wait, daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """The exit code; None as long as it works."""
        return self._process.returncode

    async def ended(self) -> None:
        """Wait until it has ended."""
        await anyio.to_thread.run_sync(self._process.wait, abandon_on_cancel=True)

    def said(self) -> dict[str, Any]:
        """Return the object that the command printed when it ended; empty if it printed none."""
        self._out.seek(0)
        try:
            value = json.loads(self._out.read())
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def complained(self) -> str:
        """Return what it printed beside that."""
        self._err.seek(0)
        return self._err.read().decode("utf-8", "replace")


def start(root: Path, words: Sequence[str]) -> Detached:
    """Start `plait WORDS` for a project, in a session of its own.

    What it reads and writes is bound to nothing of this process. Raises `StorageError` if it cannot be started.
    """
    # -P: what lies in the project's folder must not be imported in the place of Plait's own modules.
    command = [sys.executable, "-P", "-m", "plait", *words, "--json", f"--project={root}"]
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - they live as long as the command
    try:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise StorageError(f"the run cannot be started: {error}") from error
    return Detached(process, out, err)
