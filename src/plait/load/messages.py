"""Pydantic's complaints as plain sentences, each at its place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic_core import core_schema

from plait.load.findings import Part
from plait.load.nodes import Mapping, Node, Scalar, descend
from plait.model.problems import Severity
from plait.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingABC
    from collections.abc import Set as AbstractSet

    from pydantic import ValidationError

    from plait.load.config_facts import ConfigFacts
    from plait.load.findings import Findings, Path

_PYDANTICS_OWN = frozenset(get_args(core_schema.ErrorType))
_SENTENCES = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "greater than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


class Subject(NamedTuple):
    """A mapping that a model was given: the model's fields, the mapping itself and the path to it."""

    facts: ConfigFacts
    node: Mapping
    path: Path = ()


def report(
    error: ValidationError,
    subject: Subject,
    findings: Findings,
    severity: Severity = Severity.ERROR,
    leave_out: AbstractSet[str] = frozenset(),
) -> None:
    """Add what a model found wrong with a mapping, except with the fields to leave out."""
    chosen: dict[Path, dict[str, Any]] = {}
    for details in map(dict, error.errors(include_url=False)):
        place = _place(subject.node, details)
        if place and place[0] in leave_out:
            continue
        known = chosen.get(place)
        if known is None or _rank(details) > _rank(known):
            chosen[place] = details
    for place, details in chosen.items():
        if not _has_deeper(place, details, chosen):
            _report_one(details, place, subject, findings, severity)


def _place(node: Mapping, details: MappingABC[str, Any]) -> Path:
    """Return the part of an error's location that is in the file, leaving out the names of union branches."""
    here: Node = node
    place: list[str | int] = []
    location = [part for part in details["loc"] if part != "[key]"]
    for index, part in enumerate(location):
        found = next(descend(here, (part,)), None)
        if found is not None:
            here = found
            place.append(part)
        elif details["type"] == "missing" and index == len(location) - 1:
            place.append(part)
    return tuple(place)


def _rank(details: MappingABC[str, Any]) -> int:
    if details["type"] == "expression":
        return 3
    if _has_own_words(details):
        return 2
    return int(details["type"] in _BOUNDS)


def _has_own_words(details: MappingABC[str, Any]) -> bool:
    """Whether a field's own check spoke; `text` says no more than the field's type does."""
    kind = details["type"]
    return kind == "value_error" or (kind not in _PYDANTICS_OWN and kind != "text")


def _has_deeper(place: Path, details: MappingABC[str, Any], chosen: MappingABC[Path, object]) -> bool:
    """Whether another branch of a union got further into the value, and so says more."""
    if _rank(details) > 1:
        return False
    return any(len(other) > len(place) and other[: len(place)] == place for other in chosen)


def _report_one(details: dict[str, Any], place: Path, subject: Subject, findings: Findings, severity: Severity) -> None:
    node = subject.node
    target = [node, *descend(node, place)][-1]
    full = (*subject.path, *place)
    context = details.get("ctx", {})
    spot: Node | Part = target
    if details["type"] == "missing":
        message, hint = f"`{_shown(place)}` is required", ""
    elif details["type"] == "expression":
        message, hint = str(context["message"]), str(context.get("hint", ""))
        if isinstance(target, Scalar):
            spot = Part(target, context.get("offset", 0), context.get("length", 1))
    else:
        message, hint = _sentence(details, place, subject.facts), _hint(details, place, target, subject.facts)
        spot = complaint_target(node, place, target)
        if details["type"] == "extra_forbidden":
            spot = _key_of(node, place) or spot
    findings.add(spot, message, full, hint=hint, severity=severity)


def complaint_target(node: Mapping, place: Path, target: Node) -> Node:
    """Return what to underline: a scalar itself, but the key of a list or mapping."""
    if isinstance(target, Scalar) and target.style not in {"|", ">"} and target.end > target.start:
        return target
    parents: list[Node] = [node, *descend(node, place)]
    if place and isinstance(place[-1], str) and len(parents) > len(place) and isinstance(parents[-2], Mapping):
        return parents[-2].key(place[-1]) or target
    return target


def _key_of(node: Mapping, place: Path) -> Node | None:
    parent = [node, *descend(node, place[:-1])][-1]
    return parent.key(place[-1]) if isinstance(parent, Mapping) and isinstance(place[-1], str) else None


def _sentence(details: MappingABC[str, Any], place: Path, facts: ConfigFacts) -> str:
    shown = f"`{_shown(place)}`" if place else "this step"
    kind = details["type"]
    if kind == "extra_forbidden":
        return f"unknown key {shown}"
    if _has_own_words(details):
        text = str(details["ctx"]["error"]) if kind == "value_error" else details["msg"]
        return f"{shown} {text}" if text.startswith(("must ", "is ", "needs ", "cannot ")) else text
    field = facts.fields.get(str(place[0])) if len(place) == 1 else None
    if field is not None and field.phrase and kind not in {"too_short", "string_too_short"}:
        return f"{shown} must be {field.phrase}"
    return f"{shown} {_requirement(details)}"


def _requirement(details: MappingABC[str, Any]) -> str:
    """Return what a value must be, as pydantic's error has it."""
    kind, context, message = details["type"], details.get("ctx", {}), str(details["msg"])
    if kind == "literal_error":
        return f"must be {context['expected']}".replace("'", "`")
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"must be {words} {context[name]}"
    if message.startswith("must "):
        return message
    return _SENTENCES.get(kind) or f"does not fit: {message[:1].lower()}{message[1:]}"


def _hint(details: MappingABC[str, Any], place: Path, target: Node, facts: ConfigFacts) -> str:
    context = details.get("ctx", {})
    if context.get("hint"):
        return str(context["hint"])
    if details["type"] == "extra_forbidden" and str(place[0]) in facts.fields:
        known = sorted(facts.fields[str(place[0])].inner_keys)
        return suggestion(str(place[-1]), known) or (
            "known: " + ", ".join(f"`{each}`" for each in known) if known else ""
        )
    if details["type"] == "literal_error" and isinstance(target, Scalar):
        expected = details["ctx"]["expected"].replace(" or ", ", ").split(", ")
        return suggestion(target.text, [word.strip("'") for word in expected])
    if isinstance(target, Scalar) and isinstance(target.value, (int, float, bool)) and _wants_text(details):
        return f'put quotes around it: "{target.text}"'
    return ""


def _wants_text(details: MappingABC[str, Any]) -> bool:
    return details["type"] in {"string_type", "text"}


def _shown(place: Path) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
