"""The colours and signs of statuses."""

from __future__ import annotations

from dataclasses import dataclass

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "magenta": "35",
    "cyan": "36",
}
STATUS_COLOURS = {
    "created": "dim",
    "pending": "dim",
    "running": "cyan",
    "completed": "green",
    "skipped": "dim",
    "paused": "yellow",
    "failed": "red",
    "aborted": "red",
    "interrupted": "magenta",
}
STATUS_SIGNS = {
    "created": "·",
    "pending": "·",
    "running": "▸",
    "completed": "✓",
    "skipped": "-",
    "paused": "‖",
    "failed": "✗",
    "aborted": "✗",
    "interrupted": "!",
}


@dataclass(frozen=True, slots=True)
class Palette:
    """Paints text for a terminal, or leaves it alone when colours are off."""

    colours: bool = False

    def paint(self, text: str, *styles: str) -> str:
        """Return text in the styles named: a colour, `bold`, `dim`."""
        if not self.colours or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def status(self, status: str, text: str | None = None) -> str:
        """Return a status, or a text about it, in its colour."""
        return self.paint(status if text is None else text, STATUS_COLOURS.get(status, "dim"))

    def sign(self, status: str) -> str:
        """Return the sign of a status, in its colour."""
        return self.status(status, STATUS_SIGNS.get(status, "?"))
