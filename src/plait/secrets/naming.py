"""The secrets that the text of a workflow file names, for those who have no workflow loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.secrets.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator


def secrets_named_in(text: str) -> Iterator[Secret]:
    """Yield the secrets in the `env` of a workflow and its steps, wherever they stand; none for text that is no YAML.

    One may come more than once. Nothing is checked: what only looks like a secret is yielded, too.
    """
    if "secret" not in text:
        return
    import yaml  # noqa: PLC0415 - only for an answer with a comment

    # The two parsers differ in what they take: this is the one that workflow files are read with.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        waiting: list[object] = [yaml.load(text, loader)]  # noqa: S506 - a safe loader, written in C
    except (yaml.YAMLError, RecursionError, ValueError):
        return
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen or not isinstance(value, (dict, list)):
            continue
        # An alias leads to the very same value: it is looked at once, however often it is named.
        seen.add(id(value))
        if isinstance(value, dict) and isinstance(name := value.get("secret"), str):
            file = value.get("file")
            yield Secret(name, file if isinstance(file, str) else None)
        waiting += value.values() if isinstance(value, dict) else value
