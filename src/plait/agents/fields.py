"""The fields of a row in the table of agents, and how each is read from TOML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plait.model.workflow import PERMISSIONS
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Keys = tuple[str, ...]
    Reader = Callable[[object, Keys], object]

_GROUPS = ("prompt", "prompt_file", "model", "output", "permission", "session", "schema", "options", "extra")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Misfit(Exception):  # noqa: N818 - becomes a UsageError where the file is known
    """A value that does not fit; `keys` lead to it."""

    def __init__(self, message: str, keys: Keys, hint: str = "") -> None:
        super().__init__(message)
        self.keys = keys
        self.hint = hint


def read_table(value: object, fields: Mapping[str, Reader], keys: Keys) -> dict[str, object]:
    """Read a table whose keys are known."""
    if not isinstance(value, dict):
        raise Misfit(f"`{keys[-1]}` must be a table", keys)
    for name in value:
        if name not in fields:
            hint = suggestion(name, fields)
            raise Misfit(f"`{name}` is not a setting of `{'.'.join(keys)}`", (*keys, name), hint)
    return {name: fields[name](item, (*keys, name)) for name, item in value.items()}


def _text(value: object, keys: Keys) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise Misfit(f"`{keys[-1]}` must be text", keys)
    return value


def _word(value: object, keys: Keys) -> str:
    if not _text(value, keys).strip():
        raise Misfit(f"`{keys[-1]}` may not be empty", keys)
    return str(value)


def _one_of(*words: str) -> Reader:
    def read(value: object, keys: Keys) -> object:
        if value not in words:
            hint = suggestion(value, words) if isinstance(value, str) else ""
            raise Misfit(f"`{keys[-1]}` must be one of {', '.join(words)}", keys, hint)
        return value

    return read


def _flag(value: object, keys: Keys) -> bool:
    if not isinstance(value, bool):
        raise Misfit(f"`{keys[-1]}` must be true or false", keys)
    return value


def _count(value: object, keys: Keys) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Misfit(f"`{keys[-1]}` must be a whole number of at least 1", keys)
    return value


def _arguments(*placeholders: str) -> Reader:
    """Return a reader of a list of arguments in which these placeholders may stand."""

    def read(value: object, keys: Keys) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Misfit(f"`{keys[-1]}` must be a list of arguments", keys)
        arguments = tuple(_text(item, keys) for item in value)
        for argument in arguments:
            for name in _PLACEHOLDER.findall(argument):
                if name not in placeholders:
                    known = ", ".join(f"{{{word}}}" for word in placeholders) or "none"
                    hint = f"known here: {known}"
                    raise Misfit(f"`{keys[-1]}` holds {{{name}}}, which stands for nothing", keys, hint)
        return arguments

    return read


def _needing(reader: Reader, *placeholders: str) -> Reader:
    """Return a reader of arguments that, if there are any, hold one of these placeholders."""

    def read(value: object, keys: Keys) -> object:
        arguments = reader(value, keys)
        if arguments and not any(f"{{{name}}}" in a for a in arguments for name in placeholders):  # type: ignore[attr-defined]
            raise Misfit(f"`{keys[-1]}` needs {' or '.join(f'{{{name}}}' for name in placeholders)}", keys)
        return arguments

    return read


def _table_of(reader: Reader, names: tuple[str, ...] | None = None) -> Reader:
    """Return a reader of a table with any keys, or with some of those named."""

    def read(value: object, keys: Keys) -> dict[str, object]:
        if isinstance(value, dict) and names is None:
            return {str(name): reader(item, (*keys, str(name))) for name, item in value.items()}
        return read_table(value, dict.fromkeys(names or (), reader), keys)

    return read


def _pattern(value: object, keys: Keys) -> str:
    """Read text that says where the command's name goes."""
    text = _word(value, keys)
    if not any(name in text for name in ("{stem}", "{dashed}", "{name}")):
        raise Misfit(f"`{keys[-1]}` needs {{stem}}, {{dashed}} or {{name}}, the command's name", keys)
    return text


def _places(value: object, keys: Keys) -> tuple[tuple[str, str], ...]:
    pairs = [item for item in value if isinstance(item, list)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(pairs) != len(value) or any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004
        raise Misfit(f"`{keys[-1]}` must be a list of pairs of a folder and a file", keys)
    return tuple((_word(folder, keys), _pattern(file, keys)) for folder, file in pairs)


def _in_home(value: object, keys: Keys) -> str:
    text = _word(value, keys)
    if not text.startswith("~/"):
        raise Misfit(f"`{keys[-1]}` must be a folder in the home, written `~/…`", keys)
    return text


_words = _arguments()
_environment = _table_of(_text)

COMMANDS: Mapping[str, Reader] = {
    "folder": _word,
    "file": _pattern,
    "format": _one_of("markdown", "toml", "yaml"),
    "placeholder": _text,
    "call": _pattern,
    "expands": _flag,
    "older": _places,
}
SKILLS: Mapping[str, Reader] = {"project": _word, "user": _in_home}
LIMITS: Mapping[str, Reader] = {"max_concurrency": _count, "per_minute": _count}


def _commands(value: object, keys: Keys) -> dict[str, object]:
    return read_table(value, COMMANDS, keys)


def _skills(value: object, keys: Keys) -> dict[str, object]:
    return read_table(value, SKILLS, keys)


def _limits(value: object, keys: Keys) -> dict[str, object]:
    return read_table(value, LIMITS, keys)


AGENT: Mapping[str, Reader] = {
    "name": _word,
    "executable": _word,
    "reason": _text,
    "install": _text,
    "run": _arguments(*_GROUPS),
    "prompt_by": _one_of("stdin", "argument", "file"),
    "longest_prompt": _count,
    "model": _needing(_arguments("value"), "value"),
    "output": _words,
    "format": _word,
    "permissions": _table_of(_words, PERMISSIONS),
    "permission_env": _table_of(_environment, PERMISSIONS),
    "full_by": _words,
    "session": _needing(_arguments("value"), "value"),
    "session_run": _arguments(*_GROUPS),
    "schema": _needing(_arguments("value", "file"), "value", "file"),
    "options": _table_of(_arguments("value", "item")),
    "env": _environment,
    "acp": _arguments("model", "extra"),
    "commands": _commands,
    "skills": _skills,
    "version": _words,
    "login": _words,
    "login_signs": _words,
    "verified": _text,
    "limits": _limits,
    "fallback": _words,
}
