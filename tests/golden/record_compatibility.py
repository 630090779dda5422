"""Write down what Spec Kit does with the files in `compatibility/`: `python record_compatibility.py SPECIFY [NAME …]`.

Each `<name>.yml` is run by the given `specify` in a folder of its own, and what it leaves behind becomes the key
`peer` of `<name>.json`. The tests read these files; they never need Spec Kit itself.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent / "compatibility"
RUN_ID = "golden"
CONTROL = ("if", "switch", "while", "do-while", "fan-out")
EVENT_KEYS = {
    "step_started": ("step_id", "type"),
    "step_completed": ("step_id", "status"),
    "workflow_finished": ("status",),
}
GATE_KEYS = ("step_id", "message", "options", "choice")
USUAL = {
    "integration": None,
    "model": None,
    "options": {},
    "input": {},
    "integration_args": [],
    "integration_options": {},
}
AGENTS = {
    f"SPECKIT_INTEGRATION_{name.upper()}_EXECUTABLE": str(Path(__file__).parent / "agents" / name)
    for name in ("claude", "codex")
}
"""Scripts in place of two agents: one that succeeds, one that exits with 3."""


def record(specify, path):
    kept = path.with_suffix(".json")
    case = json.loads(kept.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / path.name).write_bytes(path.read_bytes())
        done = run(specify, folder, path.name, case["given"])
        case["peer"] = seen(folder, done)
    kept.write_text(as_text(case), encoding="utf-8")
    return path.stem, case["peer"]["outcome"]


def run(specify, folder, name, given):
    inputs = [word for text in given for word in ("-i", text)]
    environment = {**os.environ, **AGENTS, "SPECKIT_WORKFLOW_RUN_ID": RUN_ID, "COLUMNS": "400"}
    return subprocess.run(
        [specify, "workflow", "run", name, "--json", *inputs],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def seen(folder, done):
    """Return what a call of the peer has left behind."""
    if not (runs_folder(folder) / "state.json").is_file():
        early = "validation failed" in done.stderr or "Invalid workflow" in done.stderr
        return {"outcome": "refused", "because": "workflow" if early else "inputs"}
    return summary(folder, json.loads(done.stdout))


def runs_folder(folder):
    return folder / ".specify" / "workflows" / "runs" / RUN_ID


def summary(folder, payload):
    """Return what can be compared of a run: of errors, only whether there is one; the words are each one's own.

    The end of a step that holds others is left out of the events: here it comes when its steps have ended, there
    before they begin.
    """
    left = runs_folder(folder)
    state = json.loads((left / "state.json").read_text(encoding="utf-8"))
    log = [json.loads(line) for line in (left / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    types = {line["step_id"]: line["type"] for line in log if line["event"] == "step_started"}
    result = {
        "outcome": state["status"],
        "current": [state["current_step_index"], state["current_step_id"]],
        "error": state["error"] is not None,
        "gate": {key: payload["gate"][key] for key in GATE_KEYS} if "gate" in payload else None,
        "inputs": json.loads((left / "inputs.json").read_text(encoding="utf-8"))["inputs"],
        "steps": {step_id: plain(record) for step_id, record in state["step_results"].items()},
        "events": [
            " ".join(
                [line["event"], *(line[key] for key in EVENT_KEYS.get(line["event"], ("step_id",)) if key in line)]
            )
            for line in log
            if not (line["event"] == "step_completed" and types.get(line["step_id"]) in CONTROL)
        ],
    }
    return json.loads(json.dumps(result).replace(json.dumps(str(folder))[1:-1], "<folder>"))


def plain(record):
    usual = {key: value for key, value in record.items() if USUAL.get(key, ...) != value}
    return {**usual, "error": record["error"] is not None}


def as_text(case):
    """Return a case as JSON with a line for each key, step and event."""
    return "{\n" + ",\n".join(f"  {flat(key)}: {block(value, 4)}" for key, value in case.items()) + "\n}\n"


def block(value, indent):
    if not isinstance(value, dict) or not value or len(flat(value)) <= 100:
        return flat(value)
    space = " " * indent
    lines = [f"{space}{flat(key)}: {block(inner, indent + 2)}" for key, inner in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + space[2:] + "}"


def flat(value):
    return json.dumps(value, ensure_ascii=False)


def main():
    specify, *names = sys.argv[1:]
    paths = [HERE / f"{name}.yml" for name in names] or sorted(HERE.glob("*.yml"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, outcome in pool.map(lambda path: record(specify, path), paths):
            print(name, outcome, flush=True)  # noqa: T201 - what this command says


if __name__ == "__main__":
    main()
