"""What the workflow beside this file knows of the feature in work: `python3 feature.py COMMAND`, in the project.

    state       its files, and how many questions of its specification are open
    findings    how many findings of the analysis are critical
    groups      the tasks that are not done, as groups in their order; those of a group can be done at once
    done ID     mark a task as done
    report      how many tasks are done, and the gaps that are left

Each prints one JSON object. Needs nothing but Python's own library.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

_OPEN_QUESTION = re.compile(r"^\s*[-*] \[ \] Q\d+\b", re.MULTILINE)


class FeatureError(Exception):
    """Something about the feature's files that a person has to put right."""


def feature_folder(root: Path) -> Path:
    """Return the feature's folder, relative to the project: the one in work, or the newest."""
    try:
        named = json.loads((root / ".specify/feature.json").read_text(encoding="utf-8"))
        folder = Path(named["feature_directory"])
    except FileNotFoundError:
        folders = sorted(path for path in (root / "specs").glob("[0-9]*-*") if path.is_dir())
        if not folders:
            raise FeatureError("no feature is in work: .specify/feature.json is missing, and specs/ is empty") from None
        folder = folders[-1]
    except (ValueError, TypeError, KeyError):
        raise FeatureError('.specify/feature.json must hold {"feature_directory": "specs/…"}') from None
    whole = (root / folder).resolve() if "\0" not in str(folder) else root
    if not whole.is_dir() or root.resolve() not in whole.parents:
        raise FeatureError(f"the feature's folder {str(folder)!r} is not a folder of this project")
    return whole.relative_to(root.resolve())


def read_tasks(path: Path) -> list[dict[str, Any]]:
    """Return the tasks of a `tasks.json`; raise `FeatureError` naming everything that is wrong with it."""
    document = _read_json(path)
    tasks = document.get("tasks") if isinstance(document, dict) else None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise FeatureError(f"{path} must hold an object with a list `tasks` of objects")
    problems = [problem for task in tasks for problem in _wrong_with(task)]
    ids = [task.get("id") for task in tasks]
    problems += [f"{each} is there more than once" for each in ids if isinstance(each, str) and ids.count(each) > 1]
    if problems:
        raise FeatureError(f"{path}: " + "; ".join(dict.fromkeys(problems)))
    known = set(ids)
    unknown = [f"{task['id']} depends on {name}" for task in tasks for name in _needs(task) if name not in known]
    if unknown:
        raise FeatureError(f"{path}: unknown tasks: " + "; ".join(unknown))
    return tasks


def groups_of(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tasks that are not done as groups, in an order that keeps to `group`, `depends_on` and `files`.

    What an author calls one group is cut where a task needs another of it, or has a file in common with one.
    """
    done = {task["id"] for task in tasks if task.get("done")}
    left = [task for task in tasks if task["id"] not in done]
    groups: list[dict[str, Any]] = []
    while left:
        ready = [task for task in left if done.issuperset(_needs(task))]
        if not ready:
            raise FeatureError("tasks wait for each other: " + ", ".join(task["id"] for task in left))
        first = min(task.get("group", 1) for task in ready)
        chosen = _without_shared_files([task for task in ready if task.get("group", 1) == first])
        groups.append({"number": len(groups) + 1, "tasks": chosen})
        names = {task["id"] for task in chosen}
        done |= names
        left = [task for task in left if task["id"] not in names]
    return groups


def mark_done(folder: Path, task_id: str) -> None:
    """Mark one task as done in `tasks.json`, and in `tasks.md` if it is there; safe when several do so at once."""
    path = folder / "tasks.json"
    # The folder itself is the lock: the files are replaced, and no file is left over.
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tasks = read_tasks(path)
        if task_id not in {task["id"] for task in tasks}:
            raise FeatureError(f"{path} has no task {task_id}")
        document = _read_json(path)
        for task in document["tasks"]:
            task["done"] = task["id"] == task_id or bool(task.get("done"))
        _replace(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        listed = folder / "tasks.md"
        if listed.is_file():
            line = re.compile(rf"^(\s*[-*] )\[ \]( \**{re.escape(task_id)}\b)", re.MULTILINE)
            _replace(listed, line.sub(r"\1[x]\2", listed.read_text(encoding="utf-8")))
    finally:
        os.close(lock)


def state(folder: Path) -> dict[str, object]:
    """Return where the feature's files are and how many questions are open."""
    spec = folder / "spec.md"
    if not spec.is_file():
        raise FeatureError(f"{spec} is missing")
    questions = len(_OPEN_QUESTION.findall(spec.read_text(encoding="utf-8", errors="replace")))
    return {"feature": str(folder), "spec": str(spec), "plan": str(folder / "plan.md"), "open_questions": questions}


def findings(folder: Path) -> dict[str, object]:
    """Return how many findings the analysis has; none if there was no analysis."""
    path = folder / "analysis.json"
    found = _list_in(path, "findings")
    critical = sum(1 for each in found if isinstance(each, dict) and each.get("severity") == "critical")
    return {"file": str(path), "findings": len(found), "critical": critical}


def report(folder: Path) -> dict[str, object]:
    """Return how far the feature is."""
    tasks = read_tasks(folder / "tasks.json")
    done = [task["id"] for task in tasks if task.get("done")]
    return {
        "feature": str(folder),
        "tasks": len(tasks),
        "done": len(done),
        "left": [task["id"] for task in tasks if not task.get("done")],
        "gaps": _list_in(folder / "gaps.json", "gaps"),
    }


def main(words: list[str]) -> int:
    """Do what the first word says and print the result."""
    try:
        sys.stdout.write(json.dumps(_answer(words), ensure_ascii=False) + "\n")
    except (FeatureError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _answer(words: list[str]) -> dict[str, object]:
    folder = feature_folder(Path.cwd())
    if len(words) == 1 and words[0] in ("state", "findings", "report"):
        return {"state": state, "findings": findings, "report": report}[words[0]](folder)
    if words == ["groups"]:
        groups = groups_of(read_tasks(folder / "tasks.json"))
        return {"feature": str(folder), "groups": groups, "left": sum(len(group["tasks"]) for group in groups)}
    if words[:1] == ["done"] and len(words[1:]) == 1:
        mark_done(folder, words[1])
        return {"done": words[1]}
    raise FeatureError("usage: feature.py state | findings | groups | done ID | report")


def _wrong_with(task: dict[str, Any]) -> list[str]:
    name = task.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        return [f"{name!r} is not an id: letters, digits, '.', '_' and '-'"]
    problems = []
    for field in ("depends_on", "files"):
        value = task.get(field, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            problems.append(f"`{field}` of {name} must be a list of texts")
    group = task.get("group", 1)
    if isinstance(group, bool) or not isinstance(group, int):
        problems.append(f"`group` of {name} must be a whole number")
    return problems


def _needs(task: dict[str, Any]) -> list[str]:
    return list(task.get("depends_on", []))


def _without_shared_files(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    taken: set[str] = set()
    chosen = []
    for task in tasks:
        files = {os.path.normpath(name) for name in task.get("files", [])}
        if not files & taken:
            chosen.append(task)
            taken |= files
    return chosen


def _list_in(path: Path, key: str) -> list[Any]:
    if not path.is_file():
        return []
    document = _read_json(path)
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, list):
        raise FeatureError(f"{path} must hold an object with a list `{key}`")
    return value


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FeatureError(f"{path} is missing") from None
    except (ValueError, RecursionError) as error:
        raise FeatureError(f"{path} is not JSON: {error}") from None


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
