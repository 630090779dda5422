"""The results of tests, as people and other programs read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from plait.load.report import format_problem, problem_as_json
from plait.views.text import clean, duration, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.testing import Failure, Result
    from plait.views.palette import Palette

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DOTS_IN_A_LINE = 80


def dot(result: Result, palette: Palette) -> str:
    """Return one character for a test."""
    return palette.paint(".", "green") if result.passed else palette.paint("F", "red")


def result_line(result: Result, palette: Palette) -> str:
    """Return the line that tells how one test went."""
    status = "completed" if result.passed else "failed"
    took = palette.paint(duration(result.seconds), "dim")
    word = "passed" if result.passed else palette.paint("failed", "red")
    return f"{palette.sign(status)} {full_name(result)} {word} {took}"


def full_name(result: Result) -> str:
    """Return the name of a test with its file: `review.test.yml: two findings`."""
    return f"{one_line(str(result.case.file))}: {one_line(result.case.name)}"


def failure_lines(results: Sequence[Result], palette: Palette) -> Iterator[str]:
    """Yield, for each test that failed, which expectations were not met and what was there instead."""
    for result in results:
        if result.passed:
            continue
        yield ""
        yield f"{palette.sign('failed')} {palette.paint(full_name(result), 'bold')}"
        for failure in result.failures:
            yield from _failure_lines(failure, palette)


def _failure_lines(failure: Failure, palette: Palette) -> Iterator[str]:
    for line in clean(format_problem(failure.problem)).splitlines():
        yield f"  {line}"
    for text in failure.details:
        for line in clean(text).splitlines():
            yield f"    {_coloured(line, palette)}"


def _coloured(line: str, palette: Palette) -> str:
    colour = {"-": "red", "+": "green"}.get(line[:1])
    return palette.paint(line, colour) if colour else palette.paint(line, "dim")


def summary_line(results: Sequence[Result], seconds: float, palette: Palette, *, left_out: int = 0) -> str:
    """Return the sum: how many failed and passed, how many were left out, and how long it took."""
    failed = sum(1 for result in results if not result.passed)
    counts = [(failed, "failed", "red"), (len(results) - failed, "passed", "green"), (left_out, "not run", "yellow")]
    told = ", ".join(palette.paint(f"{count:,} {word}", colour) for count, word, colour in counts if count)
    return f"{told or 'no tests'} in {duration(seconds)}"


def results_payload(results: Sequence[Result], seconds: float, exit_code: int) -> dict[str, Any]:
    """Return the results as `--json` prints them."""
    return {
        "passed": sum(1 for result in results if result.passed),
        "failed": sum(1 for result in results if not result.passed),
        "seconds": round(seconds, 3),
        "exit_code": exit_code,
        "tests": [
            {
                "file": str(result.case.file),
                "line": result.case.line,
                "name": result.case.name,
                "passed": result.passed,
                "seconds": round(result.seconds, 3),
                "failures": [
                    {**problem_as_json(failure.problem), "details": list(failure.details)}
                    for failure in result.failures
                ],
            }
            for result in results
        ],
    }


def junit(results: Sequence[Result], seconds: float) -> bytes:
    """Return the results as JUnit's XML, a suite for each file, without characters that XML cannot hold."""
    root = ET.Element("testsuites", _counts(results, seconds))
    for file in dict.fromkeys(result.case.file for result in results):
        of_file = [result for result in results if result.case.file == file]
        took = sum(result.seconds for result in of_file)
        suite = ET.SubElement(root, "testsuite", {"name": _xml(str(file)), **_counts(of_file, took)})
        for result in of_file:
            _add_case(suite, result)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _counts(results: Sequence[Result], seconds: float) -> dict[str, str]:
    failed = sum(1 for result in results if not result.passed)
    return {
        "tests": str(len(results)),
        "failures": str(failed),
        "errors": "0",
        "skipped": "0",
        "time": f"{seconds:.3f}",
    }


def _add_case(suite: ET.Element, result: Result) -> None:
    case = result.case
    facts = {"classname": _xml(str(case.file)), "name": _xml(case.name), "time": f"{result.seconds:.3f}"}
    element = ET.SubElement(suite, "testcase", {**facts, "file": _xml(str(case.file)), "line": str(case.line)})
    if result.passed:
        return
    # Readers of the format expect one failure a case.
    texts = ["\n".join([format_problem(each.problem), *each.details]) for each in result.failures]
    message = _xml(result.failures[0].problem.message)
    failure = ET.SubElement(element, "failure", {"message": message, "type": "expectation"})
    failure.text = _xml("\n\n".join(texts))


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", clean(text))
