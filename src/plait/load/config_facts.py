"""What the loader must know of a configuration model's fields, worked out once a class."""

from __future__ import annotations

import types
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BaseModel
from pydantic.types import Strict

from plait.expressions import Condition, Template
from plait.model.fields import Nested
from plait.model.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo


class FieldFacts(NamedTuple):
    """One field: its attribute, its key in the YAML, and what its value must be, in words (if there are any).

    `inner_keys` are the keys of the mappings inside it, where these are models of their own.
    """

    name: str
    key: str
    required: bool
    nested: Literal["block", "one", "blocks"] | None
    takes_boolean: bool
    takes_null: bool
    refuses_boolean: bool
    has_names: bool
    phrase: str
    inner_keys: frozenset[str] = frozenset()


class ConfigFacts(NamedTuple):
    """The fields of a model, by their keys in the YAML.

    `opens_scope` tells a type whose steps run once for every item, `repeats` one whose steps may run again.
    """

    fields: dict[str, FieldFacts]
    nested: tuple[FieldFacts, ...]
    opens_scope: bool
    repeats: bool


@cache
def facts_of(config: type[BaseModel]) -> ConfigFacts:
    """Return what there is to know of a model's fields."""
    fields = {}
    for name, info in config.model_fields.items():
        facts = _field_facts(name, info)
        fields[facts.key] = facts
    nested = tuple(facts for facts in fields.values() if facts.nested)
    opens_scope = any(facts.nested == "one" for facts in nested)
    return ConfigFacts(fields, nested, opens_scope, repeats="max_iterations" in fields)


def _field_facts(name: str, info: FieldInfo) -> FieldFacts:
    alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
    leaves = list(_leaves(info.annotation, tuple(info.metadata)))
    markers = [mark for _, metadata in leaves for mark in metadata if isinstance(mark, Nested)]
    kinds = {kind for kind, _ in leaves}
    return FieldFacts(
        name=name,
        key=alias or name,
        required=info.is_required(),
        nested=markers[0].shape if markers else None,
        takes_boolean=bool(kinds & {bool, Condition}),
        takes_null=type(None) in kinds or Any in kinds,
        refuses_boolean=bool(kinds & {int, float}) and bool not in kinds,
        has_names=any(get_origin(kind) is dict for kind in kinds),
        phrase=_phrase(leaves),
        inner_keys=frozenset(_inner_keys(kinds)),
    )


def _inner_keys(kinds: Iterable[Any]) -> Iterable[str]:
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (info.alias or name for name, info in kind.model_fields.items())
        elif get_origin(kind) is dict:
            yield from _inner_keys(get_args(kind)[1:])
        elif get_origin(kind) is tuple:
            yield from _inner_keys(get_args(kind))


def _leaves(annotation: Any, metadata: tuple[object, ...]) -> Iterable[tuple[Any, tuple[object, ...]]]:
    """Yield the alternatives of an annotation, each with the constraints on it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from _leaves(inner, (*metadata, *more))
    elif origin in {Union, types.UnionType}:
        for part in get_args(annotation):
            yield from _leaves(part, metadata)
    else:
        yield annotation, metadata


def _phrase(leaves: list[tuple[Any, tuple[object, ...]]]) -> str:
    present = [leaf for leaf in leaves if leaf[0] is not type(None)]
    if [kind for kind, _ in present] == [Template]:
        return "text"
    words = [_words(kind, metadata) for kind, metadata in present]
    return " or ".join(dict.fromkeys(word for word in words if word))


def _words(kind: Any, metadata: tuple[object, ...]) -> str:
    origin = get_origin(kind) or kind
    if any(isinstance(mark, Nested) for mark in metadata):
        shape = next(mark.shape for mark in metadata if isinstance(mark, Nested))
        return {"block": "a list of steps", "one": "a step", "blocks": "a mapping of names to lists of steps"}[shape]
    if origin is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in get_args(kind))
    if origin in {list, tuple, set, frozenset}:
        return _words_of_list(kind, metadata)
    if isinstance(origin, type) and issubclass(origin, BaseModel):
        return _KINDS[dict]
    return _KINDS.get(origin, "") + _bounds(metadata)


_KINDS: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    dict: "a mapping",
    Template: "an expression",
    Condition: "an expression or a boolean",
    Step: "a step",
}


def _words_of_list(kind: Any, metadata: tuple[object, ...]) -> str:
    items = next(iter(get_args(kind)), None)
    if get_origin(items) is Annotated:
        items = get_args(items)[0]
    words = "a list of texts" if items is str else "a list"
    minimum = max((mark.min_length for mark in metadata if isinstance(mark, MinLen)), default=0)
    return words.replace("a list", "a non-empty list") if minimum else words


def _bounds(metadata: tuple[object, ...]) -> str:
    for mark in _flattened(metadata):
        if isinstance(mark, Ge):
            return f" of at least {mark.ge}"
        if isinstance(mark, Gt):
            return f" greater than {mark.gt}"
        if isinstance(mark, Le):
            return f" of at most {mark.le}"
    return ""


def _flattened(metadata: tuple[object, ...]) -> Iterable[object]:
    for mark in metadata:
        if isinstance(mark, Strict):
            continue
        inner = getattr(mark, "metadata", None)
        yield from inner if isinstance(inner, (list, tuple)) else (mark,)
