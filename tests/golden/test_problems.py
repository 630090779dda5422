"""The exact text that broken files are answered with.

Every `problems/<name>.yml` is a file, `problems/<name>.txt` what is said about it. `PLAIT_UPDATE_GOLDEN=1` writes the
texts anew, for a person to read before they are kept.
"""

import os
import runpy
from pathlib import Path

import pytest

from plait.errors import InvalidWorkflowError
from plait.load.definition import WorkflowDefinition
from plait.load.loader import validate_workflow
from plait.load.report import format_problem
from plait.load.source import decode_source

HERE = Path(__file__).parent / "problems"
STEP_TYPES = runpy.run_path(str(HERE.parents[1] / "unit" / "load" / "sample_types.py"))["STEP_TYPES"]
NAMES = sorted(path.stem for path in HERE.glob("*.yml"))


def said_about(path):
    try:
        definition = WorkflowDefinition(decode_source(path.read_bytes(), path.name))
    except InvalidWorkflowError as error:
        problems = list(error.problems)
    else:
        problems = validate_workflow(definition, STEP_TYPES)
    return "".join(format_problem(problem) + "\n" for problem in problems)


@pytest.mark.parametrize("name", NAMES)
def test_text(name):
    said = said_about(HERE / f"{name}.yml")
    kept = HERE / f"{name}.txt"
    if os.environ.get("PLAIT_UPDATE_GOLDEN"):
        kept.write_text(said, encoding="utf-8")
    assert said == kept.read_text(encoding="utf-8")


def test_there_are_files():
    assert len(NAMES) >= 40
