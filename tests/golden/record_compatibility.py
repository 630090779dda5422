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
LOGGED = ("step_id", "type", "status")


def record(specify, path):
    kept = path.with_suffix(".json")
    case = json.loads(kept.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / path.name).write_bytes(path.read_bytes())
        done = run(specify, folder, path.name, case["given"])
        text = json.dumps(seen(folder, done), ensure_ascii=False).replace(str(folder), "<folder>")
    case["peer"] = json.loads(text)
    kept.write_text(json.dumps(case, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path.stem, case["peer"]["outcome"]


def run(specify, folder, name, given):
    inputs = [word for text in given for word in ("-i", text)]
    environment = {**os.environ, "SPECKIT_WORKFLOW_RUN_ID": RUN_ID, "COLUMNS": "400"}
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
    left = folder / ".specify" / "workflows" / "runs" / RUN_ID
    if not (left / "state.json").is_file():
        early = "validation failed" in done.stderr or "Invalid workflow" in done.stderr
        return {"outcome": "refused", "exit_code": done.returncode, "refused": "workflow" if early else "inputs"}
    state = json.loads((left / "state.json").read_text(encoding="utf-8"))
    log = [json.loads(line) for line in (left / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return {
        "outcome": state["status"],
        "exit_code": done.returncode,
        "payload": json.loads(done.stdout) if done.stdout.strip() else None,
        "inputs": json.loads((left / "inputs.json").read_text(encoding="utf-8"))["inputs"],
        "state": {key: value for key, value in state.items() if key not in ("execution", "created_at", "updated_at")},
        "log": [[line["event"], *(line[key] for key in LOGGED if key in line)] for line in log],
    }


def main():
    specify, *names = sys.argv[1:]
    paths = [HERE / f"{name}.yml" for name in names] or sorted(HERE.glob("*.yml"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, outcome in pool.map(lambda path: record(specify, path), paths):
            print(name, outcome)


if __name__ == "__main__":
    main()
