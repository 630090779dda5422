"""Telling a command of a notice: as variables of its environment, and as JSON on its standard input."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from plait.notify.undelivered import UndeliveredError
from plait.secrets.store import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT = 30.0
"""Seconds that a command may take."""
_GRACE = 1.0
_LAST_BYTES = 4096
_LONGEST_WORDS = 200


def tell(command: tuple[str, ...] | str, env: Mapping[str, str], body: bytes, folder: Path) -> None:
    """Run a command to its end in a folder, with `env` added to the environment.

    Raises:
        UndeliveredError: It cannot be started, fails or takes too long; the message has the last line of its stderr.
    """
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    # Files in place of pipes: what the command leaves running may hold them open.
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
        stdin.write(body)
        stdin.seek(0)
        try:
            child = subprocess.Popen(
                argv,
                cwd=folder,
                env={**inherited, **env},
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UndeliveredError(f"it cannot be started: {reason.lower()}") from None
        try:
            code = child.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            _end(child)
            raise UndeliveredError(f"it was ended after {TIMEOUT:g} s") from None
        if code:
            words = _last_words(stderr)
            raise UndeliveredError(f"it exits with {code}" + (f": {words}" if words else ""))


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a command and what it started in its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE)


def _last_words(stderr: BinaryIO) -> str:
    size = stderr.seek(0, os.SEEK_END)
    stderr.seek(max(0, size - _LAST_BYTES))
    lines = [line.strip() for line in stderr.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:_LONGEST_WORDS] if lines else ""
