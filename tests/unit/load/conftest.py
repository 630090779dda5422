import runpy
from pathlib import Path

import pytest

from plait.load.definition import WorkflowDefinition
from plait.load.loader import load_workflow

HEADER = "workflow: {id: demo, name: Demo}\n"


@pytest.fixture(scope="session")
def step_types():
    return runpy.run_path(str(Path(__file__).parent / "sample_types.py"))["STEP_TYPES"]


@pytest.fixture
def load(step_types):
    """Load the text of a workflow, a header put before it if it has none."""

    def load_text(text):
        whole = text if "workflow:" in text else HEADER + text
        return load_workflow(WorkflowDefinition.from_string(whole), step_types)

    return load_text


@pytest.fixture
def workflow(load):
    """Load a text that must be valid and without warnings."""

    def load_valid(text):
        loaded = load(text)
        assert not loaded.problems
        return loaded.workflow

    return load_valid
