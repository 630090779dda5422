"""Templates: text with `{{ expressions }}` in it, parsed once and evaluated many times."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from plait.errors import EvaluationError
from plait.expressions.blocks import Block, find_blocks
from plait.expressions.compile import compile_lookup, compile_node
from plait.expressions.nodes import Group, Node, Path, Reference, filter_names, references
from plait.expressions.parser import parse
from plait.expressions.tokens import fail
from plait.expressions.values import UnsuitableError, shown, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plait.expressions.compile import Evaluate, Scope

_CACHED_TEMPLATES = 4096
_LONGEST_CACHED = 8_192

# What Python raises for values that do not fit; anything else is a bug and goes on.
_UNFIT = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)


class Expression:
    """What stands between one pair of `{{` and `}}`; immutable.

    `text` is the whole template, `source` the expression without the white space around it, `offset` its place in
    `text`; `start` and `end` enclose the block with its braces. `references` are the paths it reads, `filters` the
    names of its outermost pipeline in order.
    """

    __slots__ = ("_lookup", "_run", "end", "filters", "offset", "references", "source", "start", "text")

    text: str
    source: str
    offset: int
    start: int
    end: int
    references: tuple[Reference, ...]
    filters: tuple[str, ...]

    def __init__(self, text: str, block: Block) -> None:
        node = parse(text, block.inner_start, block.inner_end)
        inner = text[block.inner_start : block.inner_end]
        values = {
            "text": text,
            "source": inner.strip(),
            "offset": block.inner_start + len(inner) - len(inner.lstrip()),
            "start": block.start,
            "end": block.end,
            "references": tuple(references(node)),
            "filters": filter_names(node),
            "_run": compile_node(node, text),
            "_lookup": _bare_lookup(node),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    _run: Evaluate
    _lookup: Evaluate | None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an expression is immutable: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an expression is immutable: {name}")

    def evaluate(self, scope: Scope, *, keep_lazy: bool = False) -> object:
        """Return the expression's typed value; `scope` maps root names to values.

        With `keep_lazy` an expression that is a bare path may give a `LazyText`, unread.

        Raises:
            EvaluationError: a filter, or an operator, cannot work with the values it got.
        """
        try:
            if keep_lazy and self._lookup is not None:
                return self._lookup(scope)
            return self._run(scope)
        except EvaluationError:
            raise
        except _UNFIT as error:
            raise self._unfit(error) from error

    def render(self, scope: Scope) -> str:
        """Return the expression's value as it appears inside text.

        Raises:
            EvaluationError: as `evaluate`, or the value cannot be written as text.
        """
        value = self.evaluate(scope)
        if type(value) is str:
            return value
        try:
            return to_text(value)
        except (UnsuitableError, *_UNFIT) as error:
            raise self._unfit(error) from error

    def _unfit(self, error: Exception) -> EvaluationError:
        reason = "a value is nested too deep" if isinstance(error, RecursionError) else str(error)
        return EvaluationError(
            f"{shown(self.source)} cannot be evaluated: {reason or type(error).__name__}",
            text=self.text,
            offset=self.offset,
            length=len(self.source),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return self.text == other.text and self.start == other.start

    def __hash__(self) -> int:
        return hash((self.text, self.start))

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    def __copy__(self) -> Expression:
        return self

    def __deepcopy__(self, memo: object) -> Expression:
        return self

    def __reduce__(self) -> tuple[Callable[[str, int], Expression], tuple[str, int]]:
        return _expression_at, (self.text, self.start)


def _expression_at(text: str, start: int) -> Expression:
    found = (each for each in Template.parse(text).segments if isinstance(each, Expression) and each.start == start)
    return next(found)


def _bare_lookup(node: Node) -> Evaluate | None:
    while isinstance(node, Group):
        node = node.inner
    return compile_lookup(node.keys) if isinstance(node, Path) else None


class Template:
    """A text that may hold expressions; immutable, equal to any template of the same text.

    `segments` are its literal parts and its expressions in order; `single` is the expression if the text, white space
    around it aside, is one block and so keeps its value's type (EXP-02). `references` are all paths it reads.
    `unterminated` is the place of a `{{` that is never closed and stays as it is (EXP-05), else None.
    """

    __slots__ = ("_blocks", "references", "segments", "single", "text", "unterminated")

    text: str
    segments: tuple[str | Expression, ...]
    single: Expression | None
    references: tuple[Reference, ...]
    unterminated: int | None

    def __init__(self, text: str) -> None:
        blocks, unterminated = find_blocks(text)
        segments = _segments(text, blocks)
        expressions = tuple(each for each in segments if isinstance(each, Expression))
        alone = len(expressions) == 1 and all(each.isspace() for each in segments if isinstance(each, str))
        values = {
            "text": text,
            "segments": segments,
            "single": expressions[0] if alone else None,
            "references": tuple(reference for each in expressions for reference in each.references),
            "unterminated": unterminated,
            "_blocks": expressions,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    _blocks: tuple[Expression, ...]

    @staticmethod
    def parse(text: str) -> Template:
        """Parse a text; templates that are asked for again come from a cache.

        Raises:
            ExpressionError: a block does not hold an expression; the error points into `text`.
        """
        return _parse_cached(text) if len(text) <= _LONGEST_CACHED else _parse(text)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a template is immutable: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a template is immutable: {name}")

    @property
    def is_literal(self) -> bool:
        """Whether the text holds no expression, so that it stands for itself."""
        return not self._blocks

    def evaluate(self, scope: Scope, *, keep_lazy: bool = False) -> object:
        """Return the typed value of a template that is one block, the text of any other.

        `scope` maps root names to values. With `keep_lazy` a template that is a bare path may give a `LazyText`.

        Raises:
            EvaluationError: the values in the scope do not fit an expression.
        """
        single = self.single
        if single is not None:
            return single.evaluate(scope, keep_lazy=keep_lazy)
        return self.render(scope) if self._blocks else self.text

    def render(self, scope: Scope) -> str:
        """Return the text with every expression replaced by its value: null as nothing, other than text as JSON.

        Raises:
            EvaluationError: the values in the scope do not fit an expression.
        """
        if not self._blocks:
            return self.text
        if self.single is not None:
            return self.single.render(scope)
        return "".join([each if isinstance(each, str) else each.render(scope) for each in self.segments])

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Template) else NotImplemented

    def __hash__(self) -> int:
        return hash((Template, self.text))

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def __str__(self) -> str:
        return self.text

    def __copy__(self) -> Template:
        return self

    def __deepcopy__(self, memo: object) -> Template:
        return self

    def __reduce__(self) -> tuple[Callable[[str], Template], tuple[str]]:
        return Template.parse, (self.text,)


def _segments(text: str, blocks: list[Block]) -> tuple[str | Expression, ...]:
    segments: list[str | Expression] = []
    at = 0
    for block in blocks:
        if block.start > at:
            segments.append(text[at : block.start])
        segments.append(Expression(text, block))
        at = block.end
    if at < len(text):
        segments.append(text[at:])
    return tuple(segments)


def _parse(text: str) -> Template:
    try:
        return Template(text)
    except RecursionError:
        return fail(text, 0, len(text), "an expression is nested too deep")


_parse_cached = lru_cache(maxsize=_CACHED_TEMPLATES)(_parse)


def evaluate_value(value: object, scope: Mapping[str, object]) -> object:
    """Evaluate a template or a text; walk mappings (their values), lists and tuples; leave other values as they are.

    Raises:
        ExpressionError: a text holds what is not an expression.
        EvaluationError: the values in the scope do not fit an expression.
    """
    try:
        return _evaluate_within(value, scope)
    except RecursionError:
        raise EvaluationError("a value is nested too deep to be evaluated") from None


def _evaluate_within(value: object, scope: Scope) -> object:
    if isinstance(value, Template):
        return value.evaluate(scope)
    if isinstance(value, str):
        return Template.parse(value).evaluate(scope) if "{{" in value else value
    if isinstance(value, dict):
        return {key: _evaluate_within(each, scope) for key, each in value.items()}
    if isinstance(value, list):
        return [_evaluate_within(each, scope) for each in value]
    if isinstance(value, tuple):
        return tuple(_evaluate_within(each, scope) for each in value)
    return value
