"""Showing a notice on the desktop of the person who runs this."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from plait.notify.undelivered import NoDesktopError, UndeliveredError

_TIMEOUT = 5.0
_LONGEST = 300
_SCRIPT = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"


def show(title: str, text: str) -> None:
    """Show a notice.

    Raises:
        NoDesktopError: There is no desktop, or nothing that could show a notice on it.
        UndeliveredError: The desktop does not take it.
    """
    argv = _command(title[:_LONGEST], text[:_LONGEST])
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise UndeliveredError("the desktop does not answer") from None
    except OSError as error:
        raise UndeliveredError(f"{argv[0]} cannot be started: {(error.strerror or str(error)).lower()}") from None
    if done.returncode:
        raise UndeliveredError(f"{Path(argv[0]).name} exits with {done.returncode}")


def _command(title: str, text: str) -> list[str]:
    if sys.platform == "darwin":
        return ["/usr/bin/osascript", "-e", _SCRIPT, title, text]
    if not _has_desktop():
        raise NoDesktopError("there is no desktop here")
    program = shutil.which("notify-send")
    if program is None:
        raise NoDesktopError("`notify-send` is not installed (on Debian: libnotify-bin)")
    # Desktops read markup in the text, though not in the title.
    return [program, "--app-name=Plait", "--", title, escape(text)]


def _has_desktop() -> bool:
    if any(os.environ.get(name) for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY")):
        return True
    return Path(f"/run/user/{os.getuid()}/bus").exists()
