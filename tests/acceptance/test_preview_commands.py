"""`plait plan` and `plait graph` as a person uses them."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest

from support import agent_clis

FLOW = """
inputs:
  who: {required: true, prompt: "Who is it for?"}
  mode: {enum: [quick, slow], default: quick}
budget: {usd: 1}
steps:
  - {id: list, type: shell, run: "printf '1\\n2\\n3\\n'", output_format: lines}
  - id: pick
    type: switch
    expression: "{{ inputs.mode }}"
    cases:
      quick: [{id: fast, type: shell, run: "echo '{{ inputs.who }}'"}]
      slow: [{id: late, type: gate, message: "Wait?"}]
  - id: all
    type: fan-out
    items: "{{ steps.list.output.data }}"
    max_concurrency: 2
    on_item_failure: continue
    continue_on_error: true
    steps: [{id: one, type: shell, run: "test {{ item }} != 2"}]
  - {id: ask, type: prompt, prompt: "Thank {{ inputs.who }}", integration: claude, if: false}
"""
MERMAID = """
import fs from 'node:fs';
import DOMPurify from 'dompurify';
DOMPurify.addHook = () => {};
DOMPurify.sanitize = (text) => text;
const mermaid = (await import('mermaid')).default;
for (const file of process.argv.slice(2)) {
  const found = await mermaid.parse(fs.readFileSync(file, 'utf8'));
  console.log(found.diagramType);
}
"""


@pytest.fixture
def flow(project):
    (project.path / ".specify").mkdir()
    return project.workflow(FLOW)


def test_a_plan_runs_and_writes_nothing(project, flow):
    before = sorted(project.path.rglob("*"))
    shown = project.plait("plan", flow)

    assert shown.code == 0
    assert "missing: Who is it for?" in shown.out
    assert "echo '{{ inputs.who }}'" in shown.out
    assert "slow: not taken (1 step)" in shown.out
    assert "No estimate" in shown.out
    assert sorted(project.path.rglob("*")) == before


def test_a_plan_with_inputs_is_known_and_estimated_from_runs(project, flow):
    for _ in range(2):
        assert project.plait("run", flow, "-i", "who=Ada", "--quiet").code == 0
    shown = project.plait("plan", flow, "-i", "who=Ada", "--json")
    plan = json.loads(shown.out)
    steps = {step["id"]: step for step in plan["steps"]}

    assert plan["missing"] == []
    assert steps["pick"]["blocks"][0]["steps"][0]["env"]["PLAIT_1"]["value"] == "Ada"
    assert steps["all"]["fields"]["items"]["depends_on"] == ["steps.list.output.data"]
    assert steps["ask"]["outcome"] == "skipped"
    assert len(plan["estimate"]["based_on"]["runs"]) == 2
    assert 0 < plan["estimate"]["seconds"]["low"] <= plan["estimate"]["seconds"]["high"]
    assert plan["estimate"]["without_history"] == []
    text = project.plait("plan", flow).out
    assert "Estimate from 2 earlier runs" in text


def test_what_is_wrong_is_said_as_validate_says_it(project):
    file = project.workflow("steps: [{id: a, type: shel, run: x}, {id: a, type: shell}]")
    planned, validated = project.plait("plan", file), project.plait("validate", file)

    assert planned.code == 2
    for line in re.findall(r"w\.yml:\d+:\d+: error: .*", validated.out):
        assert line in planned.err
    assert project.plait("plan", "nowhere.yml").err.startswith("error: no such file")
    assert "is not declared" in project.plait("plan", project.workflow(FLOW), "-i", "whom=x").err


def test_an_unknown_name_gets_the_nearest_one(project, flow):
    project.plait("run", flow, "-i", "who=Ada", "--quiet", "--run-id", "morning")
    shown = project.plait("graph", "mornin")

    assert shown.code == 2
    assert "there is no run and no installed workflow 'mornin'" in shown.err
    assert "did you mean `morning`?" in shown.err


def test_a_run_is_drawn_with_its_states(project, flow):
    project.plait("run", flow, "-i", "who=Ada", "--quiet", "--run-id", "r")
    flow.write_text("changed since")
    shown = project.plait("graph", "r")
    drawn = json.loads(project.plait("graph", "r", "--json").out)

    assert shown.code == 0
    assert "run r · completed" in shown.out
    assert "each item: 2/3 done, 1 failed" in shown.out
    assert "✗ one  shell  failed  2/3 done, 1 failed" in shown.out
    states = {node["id"]: node["state"] for node in drawn["nodes"]}
    assert states["all:item:*:one"]["failed"] == 1
    assert states["late"] is None


def test_a_terminal_that_knows_only_ascii_gets_ascii(project, flow):
    shown = project.plait("graph", flow, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"})

    assert shown.out.isascii()
    assert "|-> quick" in shown.out


def test_a_picture_is_written_to_a_file(project, flow):
    shown = project.plait("graph", flow, "--format", "svg", "-o", "flow.svg")

    assert (shown.code, shown.out) == (0, "wrote flow.svg\n")
    assert ET.parse(project.path / "flow.svg").getroot().tag.endswith("svg")
    assert "cannot write" in project.plait("graph", flow, "-o", "no/such/folder.txt").err


def hostile(project):
    evil = """</script> "] end --> %% \\" `x` & ; #quot; {{ inputs.who }}"""
    inner = {"id": "graph", "type": "do-while", "condition": True, "steps": [{"id": "n1", "type": "shell", "run": "x"}]}
    steps = [
        {"id": "end", "type": "prompt", "prompt": evil, "name": evil, "integration": "claude"},
        {"id": "subgraph", "type": "switch", "expression": "x", "cases": {evil: [inner]}},
    ]
    return project.workflow(f"inputs: {{who: {{default: x}}}}\nsteps: {json.dumps(steps)}", "hostile.yml")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed: apt-get install graphviz")
def test_graphviz_takes_the_dot(project, flow):
    for file in (flow, hostile(project)):
        text = project.plait("graph", file, "--format", "dot").out
        done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        titles = [each.text for each in ET.fromstring(done.stdout).iter() if each.tag.endswith("title")]
        assert {"first", "n1", "n2", "last"} <= set(titles)


def test_mermaid_takes_the_mermaid(project, flow):
    reason = agent_clis.install(["mermaid"]).get("mermaid")
    if reason:
        pytest.skip(reason)
    project.plait("run", flow, "-i", "who=Ada", "--quiet", "--run-id", "r")
    for number, source in enumerate((flow, hostile(project), "r")):
        project.plait("graph", source, "--format", "mermaid", "-o", f"{number}.mmd")
    modules = agent_clis.cli_path("mermaid").resolve().parents[1]
    (project.path / "node_modules").symlink_to(modules)
    (project.path / "parse.mjs").write_text(MERMAID)
    argv = ["node", "parse.mjs", "0.mmd", "1.mmd", "2.mmd"]
    done = subprocess.run(argv, cwd=project.path, capture_output=True, text=True, check=False, timeout=120)

    assert done.stdout.split() == ["flowchart-v2"] * 3, done.stderr
