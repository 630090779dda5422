"""Evaluation against a step's context, for custom step types and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from plait.expressions.condition import Condition
from plait.expressions.template import Template


class Context(Protocol):
    """Anything that knows what expressions can see."""

    def scope(self) -> Mapping[str, object]:
        """Return the values by root name."""
        ...


def evaluate_expression(template: object, context: Mapping[str, object] | Context) -> object:
    """Evaluate a text with expressions; values other than text pass through, lists and mappings unwalked (EXP-01).

    Raises:
        ExpressionError: the text holds what is not an expression.
        EvaluationError: the values in the context do not fit an expression.
    """
    if isinstance(template, str):
        template = Template.parse(template)
    return template.evaluate(_scope(context)) if isinstance(template, Template) else template


def evaluate_condition(condition: Condition | str | bool, context: Mapping[str, object] | Context) -> bool:
    """Evaluate a condition (CON-01).

    Raises:
        ExpressionError: it is not a condition.
        EvaluationError: the values in the context do not fit its expression.
    """
    parsed = condition if isinstance(condition, Condition) else Condition.parse(condition)
    return parsed.evaluate(_scope(context))


def _scope(context: Mapping[str, object] | Context) -> Mapping[str, object]:
    return context if isinstance(context, Mapping) else context.scope()
