"""Entries of `options:` as arguments of a CLI, or as words in the prompt where it has none for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from plait.errors import PlaitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.agents.agent import Agent


def option_arguments(agent: Agent, options: Mapping[str, object]) -> tuple[tuple[str, ...], str]:
    """Return the arguments for the options that an agent knows, and text for its prompt that tells the others.

    Names are the same with hyphens and with underscores. Null means an option that was not given. Raises `PlaitError`
    for a value that the CLI would take for an option of its own.
    """
    arguments: list[str] = []
    told: list[str] = []
    for name, value in options.items():
        pattern = agent.options.get(name) or agent.options.get(name.replace("-", "_"))
        if value is None:
            continue
        if pattern is None:
            told.append(f"- {name}: {_text(value)}")
        else:
            arguments += _arguments(name, pattern, value)
    return tuple(arguments), "\n\nOptions:\n" + "\n".join(told) + "\n" if told else ""


def _arguments(name: str, pattern: Sequence[str], value: object) -> list[str]:
    if any("{item}" in argument for argument in pattern):
        items = value if isinstance(value, (list, tuple)) else [value]
        return [filled for item in items for filled in _filled(name, pattern, "{item}", _text(item))]
    if any("{value}" in argument for argument in pattern):
        text = ",".join(map(_text, value)) if isinstance(value, (list, tuple)) else _text(value)
        return _filled(name, pattern, "{value}", text)
    if not isinstance(value, bool):
        raise PlaitError(f"the option `{name}` is either true or false, not {_text(value)!r}")
    return list(pattern) if value else []


def _filled(name: str, pattern: Sequence[str], placeholder: str, text: str) -> list[str]:
    if text.startswith("-") and placeholder in pattern:
        raise PlaitError(f"the option `{name}` may not begin with `-`: {text!r}")
    return [argument.replace(placeholder, text) for argument in pattern]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
