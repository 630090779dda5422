"""Real agent CLIs in a real git repository; only the model behind them is scripted."""

import json
import subprocess
import textwrap

import pytest

from plait.journal import RunState
from support import agent_clis
from support.model_server import ModelServer, clis

PATIENCE = 180


def pytest_collection_modifyitems(config, items):
    """Leave out the CLIs that are not part of every run, unless they are asked for: they are large."""
    if "all_agents" in (config.option.markexpr or ""):
        return
    left_out = [item for item in items if item.get_closest_marker("all_agents")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


class AgentProject:
    """A repository with one commit, and the installed command run in it with the CLIs' own environments."""

    def __init__(self, project, home):
        self.project = project
        project.patience = PATIENCE
        self.repository = project.path
        self.home = home
        self.environment = {}
        self.models = {}
        (self.repository / "src").mkdir()
        (self.repository / "src" / "app.py").write_text("print('hello')\n")
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-q", "-m", "first")

    def git(self, *arguments):
        """Run git in the repository; return what it printed."""
        done = subprocess.run(["git", *arguments], cwd=self.repository, check=True, capture_output=True, text=True)
        return done.stdout

    def connect(self, cli, server):
        """Let a CLI talk to a server; its configuration is in a home folder that the CLIs share."""
        prepared = clis.prepare(cli, self.home, server.url)
        path = [prepared["PATH"], *filter(None, [self.environment.get("PATH")])]
        self.environment |= {**prepared, "PATH": ":".join(path)}
        self.models[cli] = clis.MODEL[cli]

    def step(self, cli, fields="", step_id="s", prompt="Write hello.txt", kind="prompt"):
        """Return the text of an agent step."""
        lines = [f"- id: {step_id}", f"  type: {kind}", f"  prompt: {json.dumps(prompt)}", f"  integration: {cli}"]
        if cli in self.models:
            lines.append(f"  model: {self.models[cli]}")
        return "\n".join([*lines, *(f"  {line}" for line in fields.splitlines())]) + "\n"

    def write(self, steps, top="", name="w.yml"):
        """Write a workflow; return its path."""
        text = f"workflow: {{id: demo, name: Demo}}\n{textwrap.dedent(top)}\nsteps:\n{textwrap.dedent(steps)}"
        (self.repository.parent / name).write_text(text)
        return self.repository.parent / name

    def start(self, *arguments):
        """Start the command."""
        return self.project.start(*arguments, env=self.environment)

    def end(self, process):
        """Wait for a command."""
        return self.project.end(process, PATIENCE)

    def plait(self, *arguments):
        """Run the command to its end."""
        return self.end(self.start(*arguments))

    def run(self, file, *arguments):
        """Run a workflow as run `r` to its end; return the object that it prints."""
        shown = self.plait("run", file, "--run-id", "r", "--json", *arguments)
        return json.loads(shown.out)

    def output(self, step_id="s"):
        """Return the recorded output of a step."""
        return RunState.load("r", self.repository).records[step_id].output

    def error(self, step_id="s"):
        """Return why a step failed."""
        return RunState.load("r", self.repository).records[step_id].error

    def failures(self):
        """Return the classes of the failures that were waited out, in their order."""
        return [event["failure"] for event in self.project.events() if event["event"] == "attempt_failed"]

    def children(self):
        """Return pid and start time of every process that the run has started."""
        events = self.project.events()
        return [(event["pid"], event["start"]) for event in events if event["event"] == "child_started"]


@pytest.fixture(scope="session")
def installed():
    """Install a CLI once for all test processes; skip the test where that is not possible, saying why."""

    def ensure(*names):
        for name in names:
            reason = agent_clis.install([name]).get(name)
            if reason:
                pytest.skip(f"{reason}; real agents need Node.js 20 or newer with npm")

    return ensure


@pytest.fixture
def agents(project_at, tmp_path):
    """A project for real agents."""
    return AgentProject(project_at(tmp_path / "repository"), tmp_path / "home")


@pytest.fixture
def serve():
    """Start model servers that end with the test."""
    servers = []

    def start(script):
        server = ModelServer(script)
        server.__enter__()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.__exit__(None, None, None)
