"""What is wrong with a workflow file, as `validate` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plait.load.report import format_problem, problem_as_json
from plait.model.problems import Severity
from plait.views.text import clean, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.model.problems import Problem


class Verdict(NamedTuple):
    """Problems divided into those that refuse a file and those that are only told."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def judged(problems: Sequence[Problem], *, strict: bool = False) -> Verdict:
    """Divide problems as `validate` sees them: a likely typo of a key is an error, a warning only if `strict`."""
    refusing = set(Severity) if strict else {Severity.ERROR, Severity.TYPO}
    errors = tuple(problem for problem in problems if problem.severity in refusing)
    warnings = tuple(problem for problem in problems if problem.severity not in refusing)
    return Verdict(errors, warnings)


def problems_lines(source: str, verdict: Verdict) -> Iterator[str]:
    """Yield every problem with its place and a caret, then the sum."""
    for problem in (*verdict.errors, *verdict.warnings):
        yield clean(format_problem(problem))
        yield ""
    word = "not valid" if verdict.errors else "valid"
    counts = [
        plural(len(found), noun) for found, noun in ((verdict.errors, "error"), (verdict.warnings, "warning")) if found
    ]
    yield f"{clean(source)}: {word}" + (f" ({', '.join(counts)})" if counts else "")


def problems_payload(source: str, verdict: Verdict) -> dict[str, Any]:
    """Return the same as an object: `valid`, `errors`, `warnings`."""
    return {
        "source": source,
        "valid": not verdict.errors,
        "errors": [problem_as_json(problem) for problem in verdict.errors],
        "warnings": [problem_as_json(problem) for problem in verdict.warnings],
    }
