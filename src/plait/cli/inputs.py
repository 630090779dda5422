"""The values of inputs: from the command line, and asked for on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.errors import InputError
from plait.load.declarations import read_inputs
from plait.load.findings import Findings
from plait.model.inputs import missing_inputs, resolve_inputs
from plait.views.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plait.load import WorkflowDefinition
    from plait.model.workflow import Input


def parse_inputs(pairs: Iterable[str]) -> dict[str, object]:
    """Return `key=value` pairs as a mapping, white space around both removed; the last of a key wins (RUN-13)."""
    values: dict[str, object] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--input {pair!r} is not of the form KEY=VALUE")
        values[key.strip()] = value.strip()
    return values


def declared_inputs(definition: WorkflowDefinition) -> Mapping[str, Input]:
    """Return the declarations of a definition that is known to be valid."""
    root = definition.root
    declared, _ = read_inputs(root.get("inputs"), root.key("inputs"), Findings(definition.source))
    return declared


def ask_for_missing(declared: Mapping[str, Input], given: Mapping[str, object]) -> dict[str, object]:
    """Return the values with those of missing required inputs added, asked for if a person is there (INP-03).

    A name that is not declared is a mistake to be told before anything is asked.
    """
    values = dict(given)
    if sys.stdin.isatty() and sys.stderr.isatty() and values.keys() <= declared.keys():
        for missing in missing_inputs(declared, values):
            values[missing.name] = _ask(missing)
    return values


def _ask(declared: Input) -> object:
    question = clean(declared.prompt or declared.description or declared.name).strip()
    if declared.enum:
        question += f" [{'/'.join(one_line(str(value)) for value in declared.enum)}]"
    while True:
        text: str = click.prompt(question, prompt_suffix=": ", err=True)
        try:
            return resolve_inputs({declared.name: declared}, {declared.name: text})[declared.name]
        except InputError as error:
            click.echo(clean(error.message), err=True)
