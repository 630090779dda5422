"""YAML text that a program printed, as plain values."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from plait.expressions.values import UnsuitableError, check_expanded_size

if TYPE_CHECKING:
    import yaml


def read_yaml(text: str) -> object:
    """Return the value that a YAML text stands for; dates stay text, as JSON knows none.

    Raises:
        UnsuitableError: it is not YAML, or holds more than can be written down.
    """
    import yaml  # noqa: PLC0415 - most runs never read YAML in an expression

    try:
        loaded: object = yaml.load(text, _loader())  # noqa: S506 - derived from the safe one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise UnsuitableError(f"not YAML: {problem}{place}") from None
    except RecursionError:
        raise UnsuitableError("YAML that is nested too deep") from None
    check_expanded_size(loaded)
    return loaded


@cache
def _loader() -> type[yaml.SafeLoader]:
    import yaml  # noqa: PLC0415 - as above

    class PlainLoader(yaml.SafeLoader):
        """The safe loader, without dates."""

    PlainLoader.yaml_implicit_resolvers = {
        first: [resolver for resolver in resolvers if resolver[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return PlainLoader
