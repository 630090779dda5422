"""Workflows to start from: small files that run as they are, with remarks on what one would change next."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STARTING_POINTS: Mapping[str, str] = {
    "shell": "commands one after the other, with inputs, data from JSON, and a condition",
    "agents": "an agent makes a change, checks must pass, a review judges it, a person accepts it",
    "fan-out": "the same steps for every item of a list, several at once",
}
"""What each is, by name; the first is the usual one."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def starting_point(name: str, *, workflow_id: str, file: str, schema: str, agent: str) -> str:
    """Return the text of a workflow to start from; `schema` is where its JSON Schema is, seen from the file."""
    text = (files(__package__) / "starts" / f"{name}.yml").read_text(encoding="utf-8")
    words = {
        "$schema=SCHEMA": f"$schema={schema}",
        "plait run FILE": f"plait run {file}",
        "id: my-workflow": f"id: {_as_text(workflow_id)}",
        "name: My workflow": f"name: {_as_text(_title(workflow_id))}",
        "integration: copilot": f"integration: {_as_text(agent)}",
    }
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def _title(workflow_id: str) -> str:
    return workflow_id.replace("-", " ").capitalize()


def _as_text(word: str) -> str:
    """Return a word as YAML reads it as text: `no` and `1` are in quotes."""
    safe = all(_PLAIN.fullmatch(part) for part in word.split(" ")) and word.lower() not in {"null", "true", "false"}
    doubtful = not word[:1].isalpha() or word.lower() in {"yes", "no", "on", "off", "y", "n"}
    return word if safe and not doubtful else json.dumps(word)
