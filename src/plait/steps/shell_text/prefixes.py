"""Programs that run the program named in their arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.steps.shell_text.places import Delivery
from plait.steps.shell_text.words import ASSIGNMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.steps.shell_text.places import Word

_NO_OPTIONS = re.compile(r"(?!)")
_VALUED = {
    "env": re.compile(r"-[uCS]|--unset|--chdir"),
    "sudo": re.compile(r"-[A-Za-z]*[ugpChrtTUDR]|--user|--group|--chdir|--host|--prompt"),
    "doas": re.compile(r"-[uC]"),
    "timeout": re.compile(r"-[sk]|--signal|--kill-after"),
    "nice": re.compile(r"-n|--adjustment"),
    "ionice": re.compile(r"-[cnp]"),
    "stdbuf": re.compile(r"-[ioe]"),
    "exec": re.compile(r"-[a-z]*a"),
    "xargs": re.compile(r"-[0rtx]*[ILnPsadE]|--(max-(args|chars|procs)|arg-file|delimiter|process-slot-var)"),
    "chroot": _NO_OPTIONS,
    **dict.fromkeys(("nohup", "setsid", "time", "command", "builtin", "busybox", "chronic", "unbuffer"), _NO_OPTIONS),
}
_LEADING_OPERANDS = {"timeout": 1, "chroot": 1}


def find_program(words: Sequence[Word]) -> int:
    """Return the index of the word that names the program; `len(words)` if none does.

    A value before it arrives whole, so that no part of it is taken for the program.
    """
    place = 0
    while place < len(words) and (name := program_name(words[place])) in _VALUED:
        if name == "command" and words[place + 1 : place + 2] and words[place + 1].plain in ("-v", "-V"):
            break
        after = _behind_options(words, place + 1, name)
        for word in words[place + 1 : after]:
            for slot in word.slots:
                if slot.delivery is Delivery.WORDS:
                    slot.delivery = Delivery.WHOLE
        place = after
    return place


def program_name(word: Word) -> str:
    """Return the name of the program a word stands for, without folders."""
    return word.plain.rpartition("/")[2]


def _behind_options(words: Sequence[Word], place: int, name: str) -> int:
    operands = _LEADING_OPERANDS.get(name, 0)
    while place < len(words):
        plain = words[place].plain
        if _VALUED[name].fullmatch(plain) and "=" not in plain:
            place += 2
        elif plain.startswith("-") or (name in ("env", "sudo", "doas") and ASSIGNMENT.match(plain)):
            place += 1
        elif operands:
            operands -= 1
            place += 1
        else:
            break
    return min(place, len(words))
