"""JSON Schemas as authors give them: inline, or in a file; checked once, and never fetched from anywhere."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from plait.expressions.values import UnsuitableError
from plait.expressions.yaml_values import read_yaml
from plait.steps.agent.plain_schema import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from jsonschema.protocols import Validator

_REFERENCES = ("$ref", "$dynamicRef")
_LARGEST = 1_000_000


class SchemaError(Exception):
    """A schema that is none, in words that follow "`output_schema`"; `path` leads to the place inside it."""

    def __init__(self, message: str, path: Sequence[str | int] = (), hint: str = "") -> None:
        super().__init__(message)
        self.path = tuple(path)
        self.hint = hint


def check_schema(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema that is sound; raises `SchemaError` otherwise."""
    try:
        if not is_plain(schema):
            _refuse_unsound(schema)
        _refuse_remote(schema)
    except RecursionError:
        raise SchemaError("is nested too deep") from None
    return schema


def _refuse_unsound(schema: Mapping[str, Any]) -> None:
    """Refuse what the schema of all schemas does not allow."""
    from jsonschema.exceptions import SchemaError as Unsound  # noqa: PLC0415 - imported only when a schema is used
    from jsonschema.validators import Draft202012Validator, validator_for  # noqa: PLC0415

    try:
        validator_for(schema, default=Draft202012Validator).check_schema(dict(schema))
    except Unsound as error:
        raise SchemaError(f"is no JSON Schema: {error.message[:300]}", error.absolute_path) from None


def read_schema(file: Path) -> Mapping[str, Any]:
    """Read a schema from a JSON or YAML file; raises `SchemaError` if it cannot be read or is none."""
    try:
        stamp = file.stat()
    except OSError as error:
        raise SchemaError(f"cannot be read from {file}: {error.strerror}") from None
    return _read(file, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=64)
def _read(file: Path, stamp: int, size: int) -> Mapping[str, Any]:
    del stamp  # part of the key: a file that was changed is read again
    if size > _LARGEST:
        raise SchemaError(f"is too large: {file} has {size:,} bytes")
    try:
        text = file.read_text(encoding="utf-8")
        schema = json.loads(text) if file.suffix.lower() == ".json" else read_yaml(text)
    except OSError as error:
        raise SchemaError(f"cannot be read from {file}: {error.strerror}") from None
    except (ValueError, RecursionError, UnsuitableError) as error:
        raise SchemaError(f"cannot be read from {file}: {str(error).splitlines()[0]}") from None
    if not isinstance(schema, dict):
        raise SchemaError(f"is no JSON Schema: {file} does not hold a mapping")
    try:
        return check_schema(schema)
    except SchemaError as error:
        raise SchemaError(f"{error} (in {file})") from None


def validator_of(schema: Mapping[str, Any]) -> Validator:
    """Return what checks data against a sound schema; it resolves references inside the schema alone."""
    from jsonschema.validators import Draft202012Validator, validator_for  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415

    return validator_for(schema, default=Draft202012Validator)(schema, registry=Registry())


def _refuse_remote(schema: Mapping[str, Any]) -> None:
    """Refuse references that lead out of the schema: nothing is read or fetched for them."""
    found = list(_references(schema, ()))
    if not found:
        return
    from referencing import Registry, Resource  # noqa: PLC0415 - few schemas have references
    from referencing.exceptions import Unresolvable  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    resource = Resource.from_contents(schema, default_specification=DRAFT202012)
    base = resource.id() or ""
    resolver = Registry().with_resource(base, resource).crawl().resolver(base)
    for path, reference in found:
        try:
            resolver.lookup(reference)
        except Unresolvable:
            hint = "only references inside the schema are followed, such as `#/$defs/name`"
            raise SchemaError(f"refers to {reference!r}, which is not in it", path, hint) from None


def _references(schema: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in _REFERENCES and isinstance(value, str):
                yield (*path, key), value
            else:
                yield from _references(value, (*path, key))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _references(value, (*path, index))
