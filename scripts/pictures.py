"""Make the terminal pictures of the documentation: `python scripts/pictures.py [NAME…]`.

Each picture is a real command, run in a terminal of its own and photographed: at its end, or in the middle, once a text
has appeared. The workflows are those of the tutorial; the one thing that is played is the agent (`scripts/claude`).
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyte
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
COLUMNS, LINES = 100, 60
PATIENCE = 60.0
_SAVED = re.compile(r'^```yaml title="([^"]+)"\n(.*?)^```$', re.DOTALL | re.MULTILINE)
_COLOURS = [
    (62, 68, 81),
    (224, 108, 117),
    (152, 195, 121),
    (229, 192, 123),
    (97, 175, 239),
    (198, 120, 221),
    (86, 182, 194),
    (215, 218, 224),
]
_THEME = TerminalTheme((24, 26, 31), (215, 218, 224), _COLOURS, [(92, 99, 112), *_COLOURS[1:7], (255, 255, 255)])
_PAGE = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 16px; font-family: ui-sans-serif, system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Scene(NamedTuple):
    """A picture: the command, and the text at whose appearance it is taken (else the command's end)."""

    name: str
    command: str
    until: str | None = None
    before: tuple[str, ...] = ()
    exit_code: int = 0


SCENES = (
    Scene("live", "plait run review.yml --run-id demo", until="1/3", before=("rm -rf .specify",)),
    Scene(
        "paused",
        "plait status demo",
        before=("rm -rf .specify", "plait run review.yml --run-id demo -q </dev/null; true"),
    ),
    Scene("mistake", "plait validate mistake.yml", exit_code=2),
    Scene("plan", "plait plan review.yml"),
    Scene("graph", "plait graph review.yml"),
    Scene("show", "plait show demo", before=("plait answer demo --choice approve", "plait resume demo --quiet")),
    Scene("explain", "plait explain demo repair"),
)


def main(names: list[str]) -> int:
    """Make the pictures of these names, or all."""
    unknown = set(names) - {scene.name for scene in SCENES}
    if unknown:
        print(f"no such picture: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        _furnish(project)
        for scene in SCENES:
            for command in scene.before:
                _photograph(Scene("", command), project)
            if not names or scene.name in names:
                screen = _photograph(scene, project)
                picture = _svg(screen, scene.command)
                (PICTURES / f"{scene.name}.svg").write_text(picture, encoding="utf-8")
                print(PICTURES / f"{scene.name}.svg")
    return 0


def _furnish(project: Path) -> None:
    """Make the project of the tutorial, and a file with mistakes."""
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    for name, text in _SAVED.findall(tutorial):
        (project / name).write_text(text, encoding="utf-8")
    wrong = (project / "review.yml").read_text(encoding="utf-8")
    wrong = wrong.replace("files.output", "file.output").replace("max_concurrency", "max_concurency")
    (project / "mistake.yml").write_text(wrong, encoding="utf-8")
    (project / "notes").mkdir()
    for name in ("alpha", "beta", "gamma"):
        (project / "notes" / f"{name}.txt").write_text(f"The notes on {name}.\n", encoding="utf-8")
    programs = project / ".programs"
    programs.mkdir()
    shutil.copy(ROOT / "scripts" / "claude", programs / "claude")


def _environment(project: Path) -> Mapping[str, str]:
    path = os.pathsep.join([str(project / ".programs"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {
        "PATH": path,
        "HOME": str(project),
        "LOGNAME": "you",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "COLUMNS": str(COLUMNS),
        "LINES": str(LINES),
    }


def _photograph(scene: Scene, project: Path) -> pyte.Screen:
    """Run a scene's command in a terminal and return the screen, as it is when `until` has appeared or at the end."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(project)
        os.execvpe("/bin/sh", ["sh", "-c", scene.command], dict(_environment(project)))  # noqa: S606 - argv is a list
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    deadline = time.monotonic() + PATIENCE
    data = b" "
    while data and time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            data = _read(terminal)
            stream.feed(data)
        if scene.until is not None and scene.until in "\n".join(screen.display):
            break
    if scene.until is not None:
        os.kill(child, signal.SIGINT)
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if scene.until is None and code != scene.exit_code:
        raise SystemExit(f"{scene.command} ended with {code}:\n" + "\n".join(screen.display).rstrip())
    return screen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says EIO when the other side has closed
        return b""


def _svg(screen: pyte.Screen, command: str) -> str:
    rows = [_row(screen, number) for number in range(LINES)]
    while rows and not rows[-1].plain.strip():
        rows.pop()
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for text in [Text(f"$ {command}", style="bold"), *rows]:
        console.print(text, no_wrap=True, overflow="crop", highlight=False)
    return console.export_svg(title="", theme=_THEME, code_format=_PAGE, unique_id="plait")


def _row(screen: pyte.Screen, number: int) -> Text:
    row = Text()
    for column in range(COLUMNS):
        cell = screen.buffer[number][column]
        row.append(cell.data, _style(cell))
    row.rstrip()
    return row


def _style(cell: pyte.screens.Char) -> Style:
    return Style(
        color=_colour(cell.fg),
        bgcolor=_colour(cell.bg),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse,
    )


def _colour(name: str) -> Color | None:
    if name == "default":
        return None
    if re.fullmatch(r"[0-9a-f]{6}", name):
        return Color.parse(f"#{name}")
    bright, plain = name.startswith("bright"), name.removeprefix("bright").replace("brown", "yellow")
    return Color.parse(f"bright_{plain}" if bright else plain)


def _names(arguments: Iterable[str]) -> list[str]:
    return [argument for argument in arguments if not argument.startswith("-")]


if __name__ == "__main__":
    raise SystemExit(main(_names(sys.argv[1:])))
