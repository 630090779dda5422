"""Finds the fenced blocks of a Markdown file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class FencedBlock:
    """One block: the word after the fence, the rest of that line, the text and where it stands."""

    language: str
    info: str
    text: str
    file: str
    line: int

    @property
    def name(self) -> str:
        """A name for the test report."""
        return f"{self.file}:{self.line}"

    @property
    def saved_as(self) -> str | None:
        """The file that a reader is told to save the block as (`title="NAME"` after the language)."""
        match = re.search(r'(?:file=|title=")([^\s"]+)', self.info)
        return match[1] if match else None


def blocks_of(path: Path) -> list[FencedBlock]:
    """Return every fenced block of a file, in order."""
    text = path.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        language, _, info = match["info"].strip().partition(" ")
        body = re.sub(f"^{match['indent']}", "", match["text"], flags=re.MULTILINE)
        line = text.count("\n", 0, match.start()) + 1
        found.append(FencedBlock(language, info, body, str(path.relative_to(ROOT)), line))
    return found


def documents() -> list[Path]:
    """Return every Markdown file that people read."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
