"""The exact text that broken stub files and test files are answered with.

Every `stubs/<name>.stubs.yml` or `<name>.test.yml` is a file for `stubs/workflow.yml`, the `.txt` beside it what is
said about it. `PLAIT_UPDATE_GOLDEN=1` writes the texts anew, for a person to read before they are kept.
"""

import os
from pathlib import Path

import pytest

from plait import WorkflowEngine
from plait.load.report import format_problem
from plait.stubs import Rehearsal, StubsError, read_stubs
from plait.testing import TestFilesError, prepare

HERE = Path(__file__).parent / "stubs"
STUBS = sorted(HERE.glob("*.stubs.yml"))
TESTS = sorted(HERE.glob("*.test.yml"))


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(HERE)


def compare(file, error):
    said = "".join(format_problem(problem) + "\n" for problem in error.problems) + f"{error.message}\n"
    kept = file.with_suffix(".txt")
    if os.environ.get("PLAIT_UPDATE_GOLDEN"):
        kept.write_text(said, encoding="utf-8")
    assert said == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", STUBS, ids=lambda file: file.name)
def test_stub_file(file, tmp_path):
    engine = WorkflowEngine(HERE)
    workflow = engine.workflow_of(engine.load_workflow("workflow.yml"))
    with pytest.raises(StubsError) as caught:
        Rehearsal(read_stubs(Path(file.name)), tmp_path).check(workflow)
    compare(file, caught.value)


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_test_file(file, tmp_path):
    with pytest.raises(TestFilesError) as caught:
        prepare([Path(file.name)], HERE, tmp_path)
    compare(file, caught.value)
