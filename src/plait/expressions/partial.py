"""Evaluation with some of the values: what is known is worked out, the rest stays as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from plait.errors import EvaluationError
from plait.expressions.compile import compile_lookup
from plait.expressions.values import to_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from plait.expressions.condition import Condition
    from plait.expressions.nodes import Reference
    from plait.expressions.template import Expression, Template


class UnknownValueError(Exception):
    """An expression needs a value that is not known yet."""


class PartlyKnown(Mapping[str, object]):
    """A mapping of which some values are not known: all but the given ones, or those `unknown` names.

    To ask for one of those, or for the mapping as a whole, raises `UnknownValueError`.
    """

    def __init__(self, known: Mapping[str, object], unknown: Collection[str] | None = None) -> None:
        self._known = known
        self._unknown = unknown

    def get(self, key: str, default: object = None) -> object:
        """Return a value; what is known not to be there is null."""
        if key in self._known:
            return self._known[key]
        if self._unknown is None or key in self._unknown:
            raise UnknownValueError(key)
        return default

    def __getitem__(self, key: str) -> object:
        value = self.get(key, self)
        if value is self:
            raise KeyError(key)
        return value

    def _refuse(self) -> NoReturn:
        raise UnknownValueError

    def __iter__(self) -> Iterator[str]:
        self._refuse()

    def __len__(self) -> int:  # noqa: PLE0303 - it never returns
        self._refuse()

    def __contains__(self, key: object) -> bool:
        self._refuse()

    def __eq__(self, other: object) -> bool:
        self._refuse()

    __hash__ = None  # type: ignore[assignment]


NOTHING_KNOWN = PartlyKnown({})
"""Stands for a mapping whose values will be known only later."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a resolved text; `unknown` are the paths that it waits for, none where it is final."""

    text: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """A text as far as it is known; `value` is its typed value if all of it is.

    `error` says why an expression in it will fail, whatever else happens.
    """

    parts: tuple[Part, ...]
    value: object = None
    error: str | None = None

    @property
    def text(self) -> str:
        """The whole text; what is not known stands in it as `{{ … }}`."""
        return "".join([part.text for part in self.parts])

    @property
    def unknown(self) -> tuple[str, ...]:
        """The paths that the text waits for, each once, in their order."""
        return tuple(dict.fromkeys(path for part in self.parts for path in part.unknown))

    @property
    def is_known(self) -> bool:
        """Whether the text is final."""
        return self.error is None and not any(part.unknown for part in self.parts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A condition as far as it is known: `holds` is None if it is not decided yet."""

    text: str
    holds: bool | None
    unknown: tuple[str, ...] = ()
    error: str | None = None


def resolve(template: Template, scope: Mapping[str, object]) -> Resolved:
    """Work out what can be worked out of a template; `scope` holds `PartlyKnown` mappings for what is not known."""
    if template.is_literal:
        return Resolved((Part(template.text),), template.text)
    error: str | None = None
    parts: list[Part] = []
    value: object = None
    for segment in template.segments:
        if isinstance(segment, str):
            parts.append(Part(segment))
            continue
        try:
            value = segment.evaluate(scope)
            parts.append(Part(to_text(value)))
        except UnknownValueError:
            parts.append(_as_written(segment, scope))
        except EvaluationError as problem:
            error = error or problem.message
            parts.append(_as_written(segment, scope))
        except Exception as problem:  # noqa: BLE001 - a value that no text can be made of
            error = error or str(problem)
            parts.append(_as_written(segment, scope))
    resolved = Resolved(tuple(parts), None, error)
    if not resolved.is_known:
        return resolved
    if template.single is not None:
        # White space around a single expression is no part of its value.
        return Resolved((Part(to_text(value)),), value)
    return Resolved(resolved.parts, resolved.text)


def decide(condition: Condition, scope: Mapping[str, object]) -> Verdict:
    """Evaluate a condition if that can be done."""
    try:
        return Verdict(condition.text, condition.evaluate(scope))
    except UnknownValueError:
        return Verdict(condition.text, None, unknown_paths(condition.references, scope))
    except EvaluationError as error:
        return Verdict(condition.text, None, (), error.message)


def unknown_paths(references: tuple[Reference, ...], scope: Mapping[str, object]) -> tuple[str, ...]:
    """Return those of the paths that are not known, each once."""
    return tuple(dict.fromkeys(path_text(each.path) for each in references if not _is_known(each, scope)))


def path_text(path: tuple[str | int, ...]) -> str:
    """Write a path the way an author does: `steps.build.output.files[0]`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def _as_written(expression: Expression, scope: Mapping[str, object]) -> Part:
    unknown = unknown_paths(expression.references, scope)
    return Part(f"{{{{ {expression.source} }}}}", unknown)


def _is_known(reference: Reference, scope: Mapping[str, object]) -> bool:
    try:
        to_text(compile_lookup(reference.path)(scope))
    except UnknownValueError:
        return False
    except Exception:  # noqa: BLE001 - known, and of no use
        return True
    return True
