"""The fields of steps as far as their values are known before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from plait.errors import EvaluationError, ExpressionError
from plait.expressions import Expression, Template
from plait.expressions.partial import Part, Resolved, UnknownValueError, resolve, unknown_paths
from plait.expressions.values import UnsuitableError, to_json
from plait.model.workflow import Step
from plait.secrets.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plait.steps.shell_text import ShellText

    Scope = Mapping[str, object]


def known(value: object) -> Resolved:
    """Return a value that is what it is."""
    return Resolved((Part(_text(value)),), value)


def resolve_value(value: object, scope: Scope) -> Resolved:
    """Work out what can be worked out of the value of a field, also inside its lists and mappings.

    The secrets among the values are named, never looked up.
    """
    if isinstance(value, Template):
        return resolve(value, scope)
    if not _holds_templates(value):
        return known(value)
    unknown: list[str] = []
    errors: list[str] = []

    def within(each: Any) -> object:
        if isinstance(each, Template):
            found = resolve(each, scope)
            unknown.extend(found.unknown)
            errors.extend([found.error] if found.error else [])
            return found.value if found.is_known else found.text
        if isinstance(each, BaseModel):
            return {name: within(getattr(each, name)) for name in type(each).model_fields}
        if isinstance(each, dict):
            return {str(key): within(inner) for key, inner in each.items()}
        if isinstance(each, (list, tuple)):
            return [within(inner) for inner in each]
        return each

    plain = within(value)
    paths = tuple(dict.fromkeys(unknown))
    final = None if paths or errors else plain
    return Resolved((Part(_text(plain), paths),), final, errors[0] if errors else None)


def resolve_fields(config: object, scope: Scope, leave_out: Iterable[str] = ()) -> dict[str, Resolved]:
    """Return the fields of a configuration that the author has set, without those that hold steps."""
    if not isinstance(config, BaseModel):
        written = config if isinstance(config, dict) else {}
        return {key: _of_text(value, scope) for key, value in written.items() if key not in leave_out}
    fields = type(config).model_fields
    values = {name: getattr(config, name) for name in fields if name in config.model_fields_set}
    return {
        fields[name].alias or name: resolve_value(value, scope)
        for name, value in values.items()
        if value is not None and name not in leave_out and not _holds_steps(value)
    }


def resolve_command(text: ShellText, scope: Scope) -> tuple[Resolved, dict[str, Resolved]]:
    """Return the text that a shell gets, and the variables that bring the values to it."""

    def evaluate(expression: Expression) -> object:
        return expression.evaluate(scope)

    try:
        pieces, variables = text.bind_partly(evaluate, UnknownValueError)
    except EvaluationError as error:
        return Resolved((Part("".join(text.written)),), None, error.message), {}
    parts = [
        Part(piece)
        if isinstance(piece, str)
        else Part(f"{{{{ {piece.source} }}}}", unknown_paths(piece.references, scope) or (piece.source,))
        for piece in pieces
    ]
    return Resolved(tuple(parts)), {name: known(value) for name, value in variables.items()}


def resolve_variables(env: Mapping[str, object], scope: Scope) -> dict[str, Resolved]:
    """Return environment variables; a secret is named, never looked up."""
    return {
        name: Resolved((Part(f"(secret {value.name})"),)) if isinstance(value, Secret) else resolve_value(value, scope)
        for name, value in env.items()
    }


def _of_text(value: object, scope: Scope) -> Resolved:
    """Resolve a value of a step type that reads its own mapping, where no template is compiled."""
    if not isinstance(value, str) or "{{" not in value:
        return known(value)
    try:
        return resolve(Template.parse(value), scope)
    except ExpressionError:
        return known(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return to_json(value)
    except UnsuitableError:
        return str(value)


def _holds_templates(value: Any) -> bool:
    if isinstance(value, (Template, BaseModel)):
        return True
    if isinstance(value, dict):
        return any(map(_holds_templates, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_holds_templates, value))


def _holds_steps(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_steps, value.values()))
    first = next(iter(cast("tuple[object, ...]", value)), None) if isinstance(value, tuple) else value
    return isinstance(first, Step)
