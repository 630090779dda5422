"""Compiles the text of a shell step once, while its file is loaded."""

from __future__ import annotations

import re
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING

from plait.errors import EvaluationError
from plait.expressions import Expression
from plait.expressions.values import to_text
from plait.model.problems import Flaw, Severity
from plait.steps.shell_text.binding import Binding, Hole, ShellCommand
from plait.steps.shell_text.places import Delivery, DoubtError, Quote, Remark, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from plait.expressions import Template
    from plait.model.workflow import Surroundings

_ENV_HINT = "hand the value to the step with `env:` and use the variable here, or, if you trust it, write `| raw`"
_INPUT = re.compile(r"inputs\.([^\s.\[\]|()]+)")
_ASKED_FOR = (("raw",), ("shell_quote",))
_WHOLE = Remark(
    "the whole command is the value of this expression",
    "write the command here and let expressions fill in its arguments; if it is meant so, say it with `| raw`",
)


class ShellText:
    """A shell text whose expressions reach the shell as variables, quoted as their places need; immutable.

    `findings` are what is wrong or risky about those places; a text with an error among them cannot be bound.
    """

    __slots__ = ("_chosen", "_literal", "_pieces", "_prefix", "_splits_as_usual", "_whole", "findings")

    findings: tuple[Flaw, ...]

    def __init__(self, template: Template) -> None:
        expressions = [each for each in template.segments if isinstance(each, Expression)]
        whole = template.single if template.single and template.single.filters[-1:] not in _ASKED_FOR else None
        spliced = {each for each in expressions if each is template.single or each.filters[-1:] == ("raw",)}
        slots = _find_slots(template, spliced) if len(spliced) < len(expressions) else {}
        pieces = [each if isinstance(each, str) else _hole(each, slots.get(each)) for each in template.segments]
        holes = [piece for piece in pieces if isinstance(piece, Hole)]
        values = {
            "findings": tuple(flaw for hole in holes for flaw in _findings(hole)),
            "_chosen": {hole.expression.start: hole.expression for hole in holes if _chooses(hole)},
            "_literal": None if expressions else ShellCommand(template.text, MappingProxyType({})),
            "_pieces": tuple(pieces),
            "_prefix": _free_prefix(template.text),
            "_splits_as_usual": "IFS" not in template.text,
            "_whole": whole,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    _chosen: dict[int, Expression]
    _literal: ShellCommand | None
    _pieces: tuple[str | Hole, ...]
    _prefix: str
    _splits_as_usual: bool
    _whole: Expression | None

    @classmethod
    def parse(cls, template: Template) -> ShellText:
        """Compile a template; what is wrong with it is among its `findings`."""
        return cls(template)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a shell text is immutable: {name}")

    def __copy__(self) -> ShellText:
        return self

    def __deepcopy__(self, memo: object) -> ShellText:
        return self

    def check(self, surroundings: Surroundings) -> Iterator[Flaw]:
        """Yield the findings, and a warning if a value that is not from an `enum` chooses what runs."""
        for flaw in self.findings:
            chosen = self._chosen.get(flaw.offset)
            if chosen is None or flaw.severity is Severity.ERROR or not _is_enum(chosen, surroundings):
                yield flaw
        if self._whole is not None and not _is_enum(self._whole, surroundings):
            yield _flaw(self._whole, Severity.WARNING, _WHOLE)

    def shown(self, evaluate: Callable[[Expression], object]) -> str:
        """Return the text with its values in place, for people to read: no shell must ever get it."""
        if self._literal is not None:
            return self._literal.script
        parts = (piece if isinstance(piece, str) else to_text(evaluate(piece.expression)) for piece in self._pieces)
        return "".join(parts)

    def bind(self, evaluate: Callable[[Expression], object], files: Callable[[], Path]) -> ShellCommand:
        """Return the command for the values that `evaluate` gives; `files` is a private folder for long ones.

        Raises:
            EvaluationError: a value cannot stand where its expression does.
        """
        if self._literal is not None:
            return self._literal
        for flaw in self.findings:
            if flaw.severity is Severity.ERROR:
                raise EvaluationError(flaw.message, offset=flaw.offset, length=flaw.length, hint=flaw.hint)
        binding = Binding(self._prefix, splits_as_usual=self._splits_as_usual)
        script = "".join([piece if isinstance(piece, str) else binding.fill(piece, evaluate) for piece in self._pieces])
        return binding.finish(script, files)

    @property
    def written(self) -> list[str]:
        """The pieces of the text as the author wrote them."""
        return [piece if isinstance(piece, str) else f"{{{{ {piece.expression.source} }}}}" for piece in self._pieces]

    def bind_partly(
        self, evaluate: Callable[[Expression], object], unknown: type[Exception]
    ) -> tuple[list[str | Expression], Mapping[str, str]]:
        """Return the pieces of the command and its variables; an expression whose value is `unknown` stays as it is.

        Nothing is written, however long a value is. Raises `EvaluationError` as `bind` does.
        """
        binding = Binding(self._prefix, splits_as_usual=self._splits_as_usual)
        pieces: list[str | Expression] = []
        for piece in self._pieces:
            if isinstance(piece, str):
                pieces.append(piece)
                continue
            try:
                pieces.append(binding.fill(piece, evaluate))
            except unknown:
                binding.pass_over(piece)
                pieces.append(piece.expression)
        return pieces, binding.variables


def _find_slots(template: Template, spliced: set[Expression]) -> dict[Expression, Slot]:
    """Read the text with one private character for each expression, and find where they stand."""
    # Reading shell takes many modules, and a text without expressions none of them.
    from plait.steps.shell_text.commands import CommandReader  # noqa: PLC0415
    from plait.steps.shell_text.judge import Judge  # noqa: PLC0415

    mark, filler = _unused_characters(template.text)
    expressions = [each for each in template.segments if isinstance(each, Expression) and each not in spliced]
    text = "".join(each if isinstance(each, str) else filler if each in spliced else mark for each in template.segments)
    judge = Judge(text, mark)
    reader = CommandReader(text, mark, judge)
    doubt = DoubtError(len(text), "this is not understood")
    try:
        reader.commands(frozenset())
    except DoubtError as error:
        doubt = error
    except RecursionError:
        doubt = DoubtError(0, "this is nested too deeply")
    judge.conclude()
    found = {}
    places = (place for place, char in enumerate(text) if char == mark)
    for place, expression in zip(places, expressions, strict=True):
        slot = reader.slots.get(place)
        if slot is None or place >= doubt.position:
            slot = Slot(place, Quote.BARE, Delivery.WHOLE)
            where = text[doubt.found_at : doubt.found_at + 20].partition("\n")[0].replace(mark, "{{ … }}")
            slot.refuse(f"what surrounds this expression is uncertain: {doubt.reason} ({where!r})", _ENV_HINT)
        found[expression] = slot
    return found


def _unused_characters(text: str) -> tuple[str, str]:
    unused = (chr(code) for code in count(0xE000) if chr(code) not in text)
    return next(unused), next(unused)


def _hole(expression: Expression, slot: Slot | None) -> Hole:
    is_quoted = expression.filters[-1:] == ("shell_quote",)
    if slot is None or not is_quoted:
        return Hole(expression, slot)
    if slot.quote is Quote.BARE:
        return Hole(expression, slot, unquotes=True)
    if slot.takes_quoted:
        slot.warning = None
    elif slot.delivery is not Delivery.NOTHING:
        slot.warn("shell_quote inside quotes leaves its quotes in the value", "remove the filter, or the quotes")
    return Hole(expression, slot)


def _findings(hole: Hole) -> Iterator[Flaw]:
    slot = hole.slot
    if slot is None:
        return
    if slot.refusal is not None:
        yield _flaw(hole.expression, Severity.ERROR, slot.refusal)
    elif slot.warning is not None:
        yield _flaw(hole.expression, Severity.WARNING, slot.warning)


def _chooses(hole: Hole) -> bool:
    return hole.slot is not None and hole.slot.chooses_program


def _flaw(expression: Expression, severity: Severity, remark: Remark) -> Flaw:
    return Flaw(
        remark.message,
        hint=remark.hint,
        severity=severity,
        offset=expression.start,
        length=expression.end - expression.start,
    )


def _is_enum(expression: Expression, surroundings: Surroundings) -> bool:
    found = _INPUT.fullmatch(expression.source)
    declared = surroundings.inputs.get(found[1]) if found else None
    return declared is not None and bool(declared.enum)


def _free_prefix(text: str) -> str:
    """Return the beginning of variable names that the text itself does not use."""
    if not re.search(r"PLAIT_[0-9]", text):
        return "PLAIT_"
    return next(prefix for number in count(1) if (prefix := f"PLAIT_V{number}_") not in text)
