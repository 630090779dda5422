"""The exact words of the commands. A change here is a change of what users and their scripts see."""

import json
import re
import subprocess
import sys

import pytest

WORKFLOW = """\
schema_version: "1.0"
workflow: {id: demo, name: Demo, version: 1.2.3}
inputs:
  mode: {enum: [fast, slow], default: fast}
steps:
  - id: build
    type: shell
    run: echo building
  - id: fan
    type: fan-out
    items: [a, b]
    max_concurrency: 1
    step: {id: each, type: shell, run: "echo {{ item }}"}
  - id: review
    type: gate
    message: Ship it?
  - id: deploy
    type: shell
    run: echo no route >&2; exit 4
"""


@pytest.fixture
def plait(tmp_path, monkeypatch):
    for name in ("SPECIFY_INIT_DIR", "SPECKIT_WORKFLOW_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    (tmp_path / "demo.yml").write_text(WORKFLOW)

    def call(*words):
        done = subprocess.run(
            [sys.executable, "-m", "plait", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Said(done.returncode, tidy(done.stdout), tidy(done.stderr))

    return call


class Said:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def tidy(text):
    """Replace what differs from run to run: times and lengths of time."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text)
    return re.sub(r"\b\d+\.\ds\b", "0.0s", text)


def test_a_run_that_waits_and_then_fails(plait):
    first = plait("run", "demo.yml", "--run-id", "r1")
    assert first.code == 3
    assert (
        first.out
        == """\
Demo (demo 1.2.3), run r1
▸ [build] shell …
▸ [fan] fan-out …
▸ [fan:each:0] shell …
▸ [fan:each:1] shell …
▸ [review] gate …
‖ [review] waits: Ship it?
‖ paused after 0.0s, run r1
  review waits: Ship it?
    plait answer r1 review --choice approve
    other options: reject
  then: plait resume r1
"""
    )
    status = plait("status", "r1")
    assert (
        status.out
        == """\
run       r1
workflow  demo
status    paused
created   TIME
updated   TIME
step      review

✓ build shell 0.0s
✓ fan fan-out 0.0s
  ✓ fan:each:0 shell 0.0s
  ✓ fan:each:1 shell 0.0s
‖ review gate 0.0s paused

  review waits: Ship it?
    plait answer r1 review --choice approve
    other options: reject
"""
    )
    answer = plait("answer", "r1", "--choice", "APPROVE")
    assert (answer.code, answer.out) == (0, "review: APPROVE\ngo on with: plait resume r1\n")
    plan = plait("resume", "r1", "--plan")
    assert (
        plan.out
        == """\
reuse  build       it is settled: completed
reuse  fan         it is settled: completed
reuse  fan:each:0  it is settled: completed
reuse  fan:each:1  it is settled: completed
run    review      it waits for a person
run    deploy      it has not begun
"""
    )
    last = plait("resume", "r1")
    assert last.code == 1
    assert last.out.splitlines()[2:] == [
        "▸ [review] gate …",
        "▸ [deploy] shell …",
        "✗ [deploy] failed: the command exited with code 4: no route",
        "✗ failed after 0.0s, run r1",
        "  deploy: the command exited with code 4: no route",
        "  all it printed: plait logs r1 deploy",
        "  go on with: plait resume r1",
    ]
    assert plait("logs", "r1", "deploy").out == "no route\n"
    assert plait("logs").out == ("[build] building\n[fan:each:0] a\n[fan:each:1] b\n[deploy] no route\n")
    assert plait("status").out == "RUN  WORKFLOW  STATUS  UPDATED\nr1   demo      failed  TIME\n"


def test_json_of_a_run_that_waits(plait):
    done = plait("run", "demo.yml", "--run-id", "r1", "--json")
    assert done.code == 3
    assert (
        done.out
        == """\
{
  "run_id": "r1",
  "workflow_id": "demo",
  "status": "paused",
  "current_step_id": "review",
  "current_step_index": 2,
  "exit_code": 3,
  "outputs": {},
  "waiting": [
    {
      "step_id": "review",
      "message": "Ship it?",
      "options": [
        "approve",
        "reject"
      ],
      "choice": null
    }
  ],
  "waits": [],
  "spent": {
    "usd": 0.0,
    "tokens": 0,
    "minutes": 0.0
  },
  "gate": {
    "step_id": "review",
    "message": "Ship it?",
    "options": [
      "approve",
      "reject"
    ],
    "choice": null
  }
}
"""
    )
    assert json.loads(plait("status", "--json").out)["runs"][0]["status"] == "paused"


@pytest.mark.parametrize(
    ("words", "code", "err"),
    [
        (["run", "nope.yml"], 2, "error: no such file: nope.yml\n"),
        (["rnu"], 2, "error: No such command 'rnu'. Did you mean 'run'?\nhint: `plait --help` shows how it is used\n"),
        (
            ["run", "demo.yml", "-i", "mode"],
            2,
            "error: --input 'mode' is not of the form KEY=VALUE\n",
        ),
        (
            ["run", "demo.yml", "-i", "mdoe=fast"],
            2,
            "error: input `mdoe` is not declared by this workflow; did you mean `mode`?\n",
        ),
        (
            ["run", "demo.yml", "-i", "mode=medium"],
            2,
            "error: input `mode` must be one of 'fast', 'slow', not 'medium'\n",
        ),
        (
            ["run", "demo.yml", "--run-id", "a/b"],
            2,
            (
                "error: 'a/b' is not a run id\nhint: a run id has letters, digits, hyphens and underscores,"
                " begins with a letter or digit, and is at most 128 characters long\n"
            ),
        ),
    ],
)
def test_mistakes(plait, words, code, err):
    said = plait(*words)
    assert (said.code, said.out, said.err) == (code, "", err)


def test_the_overview(plait):
    assert (
        plait("--help").out
        == """\
Usage: plait [OPTIONS] COMMAND [ARGS]...

  Run workflows of shell commands and coding agents that fan out, wait for
  people and resume exactly.

  Exit codes: 0 completed, 1 failed, 2 wrong call or invalid workflow,
              3 paused, 4 aborted, 130 interrupted.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  init        Set up a folder for spec-driven work with a coding agent.
  run         Run a workflow.
  resume      Go on with a run where it stopped.
  status      Show where a run stands, or list all runs.
  logs        Show what the steps of a run printed.
  answer      Answer a gate that waits.
  cancel      End or pause a run, from any terminal.
  validate    Say everything that is wrong with a workflow file.
  new         Write a workflow file to start from.
  schema      Print the JSON Schema of workflow files, for editors.
  test        Run the tests of workflows: dry runs, answered by stubs.
  plan        Show what a run would do, and what it is likely to take.
  graph       Draw a workflow, or a run with its states.
  show        Show a run, step by step, with a timeline.
  explain     Say why a step of a run came to be as it is.
  diff        Show what differs between two runs.
  runs        List, show and remove recorded runs.
  report      Write a page about a run: one HTML file that any browser opens.
  agents      Show the coding agents that steps can use, and what they need.
  add         Install a workflow: a file, a folder, an address, or from a
              catalog.
  update      Bring workflows from catalogs to their newest version.
  remove      Remove an installed workflow.
  enable      Let a disabled workflow be run again.
  disable     Keep a workflow installed, but let it be run no more.
  sync        Make a project match its plait.lock.
  list        List the installed workflows.
  info        Show a workflow: what it is, its inputs and its steps.
  search      Search the catalogs for workflows.
  catalog     Show and change the catalogs in which workflows are looked for.
  resolve     Show what an installed workflow is composed of.
  overlay     Change installed workflows without editing them.
  step        Show, add and remove step types.
  skill       Teach coding agents to write and run workflows.
  mcp         Serve workflows and runs to a coding agent over MCP.
  notify      Try the notices that are sent when a run stops.
  completion  Print the script that completes commands in a shell.
"""
    )
