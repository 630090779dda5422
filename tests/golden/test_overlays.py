"""What Spec Kit composes of a workflow and its overlays, Plait does too; and the exact text about overlays that fail.

Every `overlays/<name>.yml` is a case, `<name>.json` what Spec Kit 1.2.3 made of it (`record_overlays.py`), `<name>.txt`
what Plait says, if anything. `PLAIT_UPDATE_GOLDEN=1` writes the texts anew, for a person to read before they are kept.
"""

import json
import os
import runpy
from pathlib import Path

import pytest

from plait import WorkflowDefinition, WorkflowEngine
from plait.load.report import format_problem
from plait.packages.compose import resolve
from plait.packages.overlay import OverlayError
from plait.packages.project import Project

RECORDER = runpy.run_path(str(Path(__file__).with_name("record_overlays.py")))
HERE = RECORDER["HERE"]
NAMES = sorted(path.stem for path in HERE.glob("*.yml"))
RECORDED = [name for name in NAMES if (HERE / f"{name}.json").is_file()]


def project_of(name, folder):
    RECORDER["lay_out"](RECORDER["case_of"](name), folder)
    return Project(folder)


def problems_of(project):
    """Return everything that is told of the workflow of a case."""
    engine = WorkflowEngine(project.root)
    try:
        return engine.validate(engine.load_workflow("wf"))
    except OverlayError as error:
        return list(error.problems)


@pytest.mark.parametrize("name", RECORDED)
def test_composes_what_the_peer_composes(name, tmp_path):
    peer = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    project = project_of(name, tmp_path)
    if peer["origins"] is None:
        with pytest.raises(OverlayError):
            resolve(project, "wf")
        return
    composed = resolve(project, "wf")
    assert composed.origins == peer["origins"]
    if peer["workflow"] is None:
        assert any(problem.is_error for problem in problems_of(project))
    else:
        assert composed.definition.data == peer["workflow"]
        assert list(composed.definition.data) == list(peer["workflow"])
        assert not any(problem.is_error for problem in problems_of(project))


@pytest.mark.parametrize("name", NAMES)
def test_text(name, tmp_path):
    said = "".join(format_problem(problem) + "\n" for problem in problems_of(project_of(name, tmp_path)))
    said = said.replace(str(tmp_path / ".specify" / "workflows") + os.sep, "")
    kept = HERE / f"{name}.txt"
    if os.environ.get("PLAIT_UPDATE_GOLDEN"):
        kept.unlink(missing_ok=True)
        if said:
            kept.write_text(said, encoding="utf-8")
    assert said == (kept.read_text(encoding="utf-8") if kept.is_file() else "")


@pytest.mark.parametrize("name", NAMES)
def test_the_text_that_is_frozen_reads_as_the_same(name, tmp_path):
    try:
        definition = resolve(project_of(name, tmp_path), "wf").definition
    except OverlayError:
        return
    assert WorkflowDefinition.from_string(definition.text).data == definition.data


def test_there_are_cases():
    rows = {row for name in NAMES for row in RECORDER["case_of"](name)["rows"]}
    assert rows >= {f"OVL-{number:02}" for number in (*range(1, 17),)}
    assert len(RECORDED) >= 30
