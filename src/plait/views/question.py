"""A gate's question as a person reads and answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.views.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.model.step_type import Question
    from plait.views.palette import Palette


def question_lines(question: Question, palette: Palette) -> Iterator[str]:
    """Yield the question, the file that belongs to it, and the numbered options (GAT-09, GAT-12)."""
    yield ""
    yield palette.paint("╭─ ", "yellow") + palette.paint(one_line(question.step_id), "bold")
    bar = palette.paint("│", "yellow")
    for line in clean(question.message).splitlines():
        yield f"{bar} {line}".rstrip()
    if question.attachment is not None:
        yield bar
        title = one_line(question.attachment_name or "file")
        yield f"{bar} {palette.paint(f'── {title} ──', 'dim')}"
        for line in clean(question.attachment()).splitlines():
            yield f"{bar} {line}".rstrip()
    yield bar
    for number, option in enumerate(question.options, 1):
        yield f"{bar} {palette.paint(f'[{number}]', 'cyan')} {one_line(option)}"
    yield palette.paint("╰─", "yellow")


def chosen_option(typed: str, options: Sequence[str]) -> str | None:
    """Return the option that was meant by its number (decimal digits) or its name in any case."""
    word = typed.strip()
    if word.isascii() and word.isdigit():
        number = int(word[:9])
        if 1 <= number <= len(options):
            return options[number - 1]
    for option in options:
        if option.casefold() == word.casefold():
            return option
    return None
