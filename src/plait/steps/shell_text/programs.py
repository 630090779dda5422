"""Programs with a small language of their own, of which a value may become part: worth a warning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plait.steps.shell_text.places import Slot, Word


def _program_operand(
    name: str, *, hint: str, valued: str, pairs: str = "(?!)", script: str = "(?!)", file: str = "(?!)"
) -> Callable[[Sequence[Word]], None]:
    """Judge a program whose first operand, or whose option `script`, is its code.

    `valued` options take an argument, `pairs` take two, and `file` ones say that the code is in a file.
    """
    takes_one, takes_two = re.compile(valued), re.compile(pairs)
    takes_script, takes_file = re.compile(script), re.compile(file)

    def judge(arguments: Sequence[Word]) -> None:
        place, wants_operand = 0, True
        while place < len(arguments):
            plain = arguments[place].plain
            if takes_script.fullmatch(plain) or takes_file.fullmatch(plain):
                wants_operand = False
                if takes_script.fullmatch(plain):
                    _warn(arguments[place + 1 : place + 2], name, hint)
                place += 2
            elif takes_two.fullmatch(plain):
                place += 3
            elif takes_one.fullmatch(plain):
                place += 2
            elif plain.startswith("-") and len(plain) > 1:
                place += 1
            else:
                if wants_operand:
                    _warn([arguments[place]], name, hint)
                return

    return judge


def _warn(words: Sequence[Word], name: str, hint: str) -> None:
    for word in words:
        for slot in word.slots:
            slot.warn(f"{name} may take the value for a part of its program", hint)


def warn_of_remote_shell(slot: Slot) -> None:
    """Warn of a value that a shell on another host reads, unless it is quoted for that shell."""
    slot.takes_quoted = True
    slot.warn("the shell on the other host may take the value for code", 'write "{{ … | shell_quote }}"')


def _ssh(arguments: Sequence[Word]) -> None:
    takes_one, is_host_seen, skips = re.compile(r"-[BbcDEeFIiJLlmOopQRSWw]"), False, False
    for word in arguments:
        if skips:
            skips = False
        elif not is_host_seen and word.plain.startswith("-"):
            skips = bool(takes_one.fullmatch(word.plain))
        elif not is_host_seen:
            is_host_seen = True
        else:
            for slot in word.slots:
                warn_of_remote_shell(slot)


_AWK = _program_operand(
    "awk", hint='pass it with -v name="{{ … }}" and use the name', valued=r"-[Fv]|--assign", file=r"-[fE]|--file"
)
PROGRAMS: dict[str, Callable[[Sequence[Word]], None]] = {
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _AWK),
    "sed": _program_operand(
        "sed",
        hint="make sure that the value holds no slash, backslash or line break",
        valued=r"-[l]",
        script=r"-[a-zA-Z]*e|--expression",
        file=r"-f|--file",
    ),
    "jq": _program_operand(
        "jq",
        hint='pass it with --arg name "{{ … }}" and use $name',
        valued=r"--indent|--tab|-L",
        pairs=r"--arg|--argjson|--slurpfile|--rawfile",
        file=r"-f|--from-file",
    ),
    "ssh": _ssh,
}
