"""Templates, conditions and the expressions in them; parsed once, evaluated against a scope of named values.

An expression sees the scope and nothing else: no attributes, no calls, no files, no environment.
"""

from __future__ import annotations

from plait.expressions.condition import ROOTS, Condition
from plait.expressions.context import evaluate_condition, evaluate_expression
from plait.expressions.filters import FILTERS
from plait.expressions.nodes import Reference
from plait.expressions.template import Expression, Template, evaluate_value
from plait.expressions.values import LazyText

__all__ = [
    "FILTERS",
    "ROOTS",
    "Condition",
    "Expression",
    "LazyText",
    "Reference",
    "Template",
    "evaluate_condition",
    "evaluate_expression",
    "evaluate_value",
]
