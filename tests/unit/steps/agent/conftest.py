import pytest

from plait import WorkflowDefinition, WorkflowEngine
from support.scripted_agent import ScriptedAgent, repository

HEADER = 'schema_version: "1.0"\nworkflow: {id: w, name: w, integration: one}\n'


class Project:
    """A folder with agents, in which workflows run."""

    def __init__(self, root):
        self.root = root

    def engine(self):
        return WorkflowEngine(self.root, signals=())

    def agent(self, key, **options):
        return ScriptedAgent(self.root, key, **options)

    def run(self, body, inputs=None):
        definition = WorkflowDefinition.from_string(body if "workflow:" in body else HEADER + body)
        return self.engine().execute(definition, inputs)

    def step(self, fields, more=""):
        """Run a workflow of one step, `a`, and return its record."""
        return self.run(f"{more}\nsteps:\n  - {{id: a, {fields}}}\n").records["a"]

    def validate(self, body):
        return [str(problem) for problem in self.engine().validate(WorkflowDefinition.from_string(HEADER + body))]


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory, monkeypatch):
    """Neither the user's settings nor their pool of places reach a test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def one(project):
    return project.agent("one")


@pytest.fixture
def in_git(project):
    repository(project.root)
    return project
