"""Write down what Spec Kit makes of the cases in `overlays/`: `python record_overlays.py SPECIFY [NAME …]`.

Each `<name>.yml` holds the text of a `workflow`, the texts of its `overlays` by file name, and the `rows` it is about.
In a project made by the given `specify` the workflow is resolved and run; where its steps come from, and the workflow
as the run has frozen it, become `<name>.json`. Cases with `own: true` use what only Plait knows. The tests read these
files; they never need Spec Kit itself.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

HERE = Path(__file__).parent / "overlays"
RUN_ID = "golden"
WORKFLOW_ID = "wf"


def case_of(name):
    return yaml.safe_load((HERE / f"{name}.yml").read_text(encoding="utf-8"))


def lay_out(case, folder):
    """Write the files of a case into a project."""
    workflows = folder / ".specify" / "workflows"
    (workflows / WORKFLOW_ID).mkdir(parents=True)
    (workflows / WORKFLOW_ID / "workflow.yml").write_text(case["workflow"], encoding="utf-8")
    overlays = workflows / "overlays" / WORKFLOW_ID
    overlays.mkdir(parents=True)
    for name, text in case["overlays"].items():
        (overlays / name).write_text(text, encoding="utf-8")


def record(specify, project, name):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve() / "project"
        shutil.copytree(project, folder)
        lay_out(case_of(name), folder)
        register(folder)
        resolved = call(specify, folder, "workflow", "resolve", WORKFLOW_ID)
        peer = {"origins": None, "workflow": None}
        if resolved.returncode == 0:
            peer["origins"] = origins(resolved.stdout)
            call(specify, folder, "workflow", "run", WORKFLOW_ID)
            frozen = folder / ".specify" / "workflows" / "runs" / RUN_ID / "workflow.yml"
            peer["workflow"] = yaml.safe_load(frozen.read_text(encoding="utf-8")) if frozen.is_file() else None
    text = json.dumps(peer, indent=2, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")
    return name, "refused" if peer["origins"] is None else "not valid" if peer["workflow"] is None else "run"


def register(folder):
    path = folder / ".specify" / "workflows" / "workflow-registry.json"
    registry = json.loads(path.read_text(encoding="utf-8"))
    entry = {"name": WORKFLOW_ID, "version": "1.0.0", "source": "local", "enabled": True}
    registry["workflows"][WORKFLOW_ID] = entry
    path.write_text(json.dumps(registry), encoding="utf-8")


def origins(text):
    """Return by id what the steps listed under `Step attribution` are from."""
    _, _, listed = text.partition("Step attribution:")
    return dict(re.findall(r"• (\S+): (\S+)", listed))


def call(specify, folder, *words):
    return subprocess.run(
        [specify, *words],
        cwd=folder,
        env={**os.environ, "SPECKIT_WORKFLOW_RUN_ID": RUN_ID, "COLUMNS": "400"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def main():
    specify, *names = sys.argv[1:]
    names = names or sorted(path.stem for path in HERE.glob("*.yml") if not case_of(path.stem).get("own"))
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(os.cpu_count()) as pool:
        project = Path(temporary)
        made = call(specify, project, "init", "--here", "--force", "--integration", "claude", "--ignore-agent-tools")
        made.check_returncode()
        for name, outcome in pool.map(lambda name: record(specify, project, name), names):
            print(name, outcome, flush=True)  # noqa: T201 - what this command says


if __name__ == "__main__":
    main()
