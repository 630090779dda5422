"""Programs that take code as an argument, where a value would become part of that code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plait.steps.shell_text.places import Word


class Interpreter(NamedTuple):
    """How a program is handed code: by the options that `code` matches.

    Where `first_operand`, the code is the first operand once such an option was seen; otherwise it is the option's
    own argument. `valued` matches options that take another argument, `advice` says how a value is passed as data.
    """

    code: re.Pattern[str]
    advice: str
    valued: re.Pattern[str] = re.compile(r"(?!)")
    first_operand: bool = False
    permutes: bool = False
    """Options may stand behind operands."""


_SHELL = Interpreter(
    re.compile(r"-[A-Za-z]*c[A-Za-z]*"),
    'pass it as an argument: sh -c \'… "$1" …\' sh "{{ … }}", or through `env:`',
    re.compile(r"[-+][A-Za-z]*[oO]|--rcfile|--init-file"),
    first_operand=True,
)
_PYTHON = Interpreter(
    re.compile(r"-[A-Za-z]*c"),
    "pass it as an argument: python -c 'import sys; … sys.argv[1] …' \"{{ … }}\", or through `env:`",
    re.compile(r"-[A-Za-z]*[WX]"),
)
_NODE = Interpreter(
    re.compile(r"-[a-z]*[ep][a-z]*|--eval|--print"),
    "pass it as an argument: node -e '… process.argv[1] …' \"{{ … }}\", or through `env:`",
    re.compile(r"-r|--require|--import"),
)
_PERL = Interpreter(
    re.compile(r"-[A-Za-z0-9]*[eE]"),
    "pass it as an argument: perl -e '… $ARGV[0] …' \"{{ … }}\", or through `env:`",
    re.compile(r"-[IMm]"),
)
_RUBY = Interpreter(
    re.compile(r"-[A-Za-z0-9]*e"),
    "pass it as an argument: ruby -e '… ARGV[0] …' \"{{ … }}\", or through `env:`",
    re.compile(r"-[Ir]"),
)
_PHP = Interpreter(
    re.compile(r"-[rBRE]|--run"),
    "pass it as an argument: php -r '… $argv[1] …' \"{{ … }}\", or through `env:`",
    re.compile(r"-[dc]"),
)
_LUA = Interpreter(re.compile(r"-[A-Za-z]*e"), "pass it through `env:` and read it with os.getenv", re.compile(r"-l"))
_APPLESCRIPT = Interpreter(
    re.compile(r"-e"), "pass it as an argument that `on run argv` receives", re.compile(r"-[ls]")
)
_POWERSHELL = Interpreter(re.compile(r"(?i)-c|-command|-e|-ec|-encodedcommand"), "pass it through `env:`")
_SU = Interpreter(re.compile(r"-[a-z]*c|--command"), "pass it through `env:`", re.compile(r"-[gGsw]"), permutes=True)

_BY_NAME = {
    **dict.fromkeys(("sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish"), _SHELL),
    **dict.fromkeys(("node", "nodejs", "bun"), _NODE),
    **dict.fromkeys(("pwsh", "powershell"), _POWERSHELL),
    **dict.fromkeys(("su", "runuser", "script"), _SU),
    "perl": _PERL,
    "ruby": _RUBY,
    "php": _PHP,
    "lua": _LUA,
    "Rscript": _RUBY,
    "osascript": _APPLESCRIPT,
}
_READS_INPUT = re.compile(r"-[A-Za-z]*s")
_PYTHON_NAME = re.compile(r"(?:python|pypy)[0-9.]*")


def find_interpreter(name: str) -> Interpreter | None:
    """Return what is known of a program, by its name without folders."""
    return _PYTHON if _PYTHON_NAME.fullmatch(name) else _BY_NAME.get(name)


@dataclass(slots=True)
class Code:
    """The words of a command that hold code; `from_input` if there are none and the program reads its input instead."""

    words: list[Word]
    from_input: bool


def find_code(interpreter: Interpreter, arguments: Sequence[Word]) -> Code:
    """Find the code among an interpreter's arguments."""
    found: list[Word] = []
    wants_operand = takes_next = skips_next = False
    for word in arguments:
        plain = word.plain
        if takes_next:
            found.append(word)
            takes_next = False
        elif skips_next:
            skips_next = False
        elif interpreter.code.fullmatch(plain):
            wants_operand = interpreter.first_operand
            takes_next = not wants_operand
        elif interpreter.valued.fullmatch(plain):
            skips_next = True
        elif _has_attached_code(interpreter, word):
            found.append(word)
        elif wants_operand and not _is_option(plain):
            found.append(word)
            break
        elif interpreter.permutes:
            continue
        elif plain == "-" or (interpreter.first_operand and _READS_INPUT.fullmatch(plain)):
            break
        elif plain == "-m" or (not _is_option(plain) and not word.slots):
            return Code(found, from_input=False)
    return Code(found, from_input=not found)


def _is_option(plain: str) -> bool:
    return plain[:1] in ("-", "+")


def _has_attached_code(interpreter: Interpreter, word: Word) -> bool:
    """Whether an option holds its code itself, as in `-c'print()'` and `--eval=…`."""
    if interpreter.first_operand or not word.slots or not word.plain.startswith("-"):
        return False
    option, _, _ = word.plain.partition("=")
    return any(interpreter.code.fullmatch(word.plain[:length]) for length in (2, 3, 4)) or bool(
        interpreter.code.fullmatch(option)
    )
