"""Records what each CLI prints in each scenario: `python -m support.model_server.record [CLI ...]`, run in tests/.

A recording is three files in fixtures/agent_streams/<cli>: `<scenario>.stdout`, `.stderr`, and `.json` with the argv,
how it ended, and what is true of the run. Folders, hosts and ports are replaced by neutral ones.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.agent_clis import PACKAGES, cache_folder, missing
from support.model_server import clis
from support.model_server.scenarios import BASE, ENDING, ENVIRONMENT, LEVELS, SCENARIOS, SETTINGS, Scenario
from support.model_server.server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FIXTURES = Path(__file__).parents[2] / "fixtures" / "agent_streams"
_SESSION = {
    "claude": r'"session_id":"([^"]+)"',
    "codex": r'"thread_id":"([^"]+)"',
    "copilot": r'"sessionId":"([^"]+)"',
    "gemini": r'"session_id":"([^"]+)"',
    "opencode": r'"sessionID":"([^"]+)"',
    "pi": r'^{"type":"session","version":\d+,"id":"([^"]+)"',
    "qwen": r'"session_id":"([^"]+)"',
}
_NO_USAGE = {"continue", "copilot"}
_AT_ONCE = 2
_PATIENCE = {"copilot": 2, "opencode": 2}


@dataclass
class Run:
    """One run of a CLI."""

    argv: Sequence[str]
    home: Path
    environment: dict[str, str]
    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0
    stopped: bool = False
    replacements: list[tuple[str, str]] = field(default_factory=list)


def record(cli: str, scenario: Scenario) -> str:
    """Run one scenario and write its three files. Returns a line about it."""
    with tempfile.TemporaryDirectory(prefix="recording-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        project = home / "project"
        project.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", str(project)], check=True)
        with ModelServer(scenario.script) as server:
            run = _run(cli, scenario, home, server.url)
            calls = len(server.all_calls)
        run.replacements = _replacements(cli, home, server.url)
        written = sorted(path.name for path in project.iterdir() if path.name != ".git")
    _write(cli, scenario, run, written)
    return f"{cli} {scenario.name}: exit {run.exit_code}, stopped {run.stopped}, calls {calls}, files {written}"


def _run(cli: str, scenario: Scenario, home: Path, url: str) -> Run:
    environment = clis.prepare(cli, home, url) | ENVIRONMENT.get(cli, {}) | scenario.environment.get(cli, {})
    for path, settings in SETTINGS.get(cli, {}).items():
        target = home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        old = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
        target.write_text(json.dumps(old | settings), encoding="utf-8")
    environment |= LEVELS[cli][scenario.level].environment
    argv = [*BASE[cli], *LEVELS[cli][scenario.level].flags, *scenario.flags.get(cli, ()), *ENDING.get(cli, ())]
    run = Run([part.replace("@HOME@", str(home)) for part in argv], home, environment)
    process = subprocess.Popen(
        run.argv,
        cwd=home / "project",
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    try:
        run.stdout, run.stderr = process.communicate(scenario.prompt, timeout=scenario.limit_s * _PATIENCE.get(cli, 1))
    except subprocess.TimeoutExpired:
        run.stopped = True
        os.killpg(process.pid, signal.SIGKILL)
        run.stdout, run.stderr = process.communicate()
    run.exit_code = process.returncode
    return run


def _replacements(cli: str, home: Path, url: str) -> list[tuple[str, str]]:
    installed = cache_folder() / f"{cli}-{PACKAGES[cli].version}"
    host = url.removeprefix("http://")
    return [
        (str(home), "/home/user"),
        (re.sub(r"[^A-Za-z0-9]", "-", str(home)), "-home-user"),
        (str(installed.resolve()), f"/opt/{cli}"),
        (str(installed), f"/opt/{cli}"),
        (host, "model.example:8080"),
    ]


def _neutral(run: Run, text: str) -> str:
    for old, new in run.replacements:
        text = text.replace(old, new)
    text = re.sub(r"127\.0\.0\.1:\d+|localhost:\d+", "model.example:8080", text)
    return re.sub(r"(localPort|remotePort): \d+", r"\1: 8080", text)


def _write(cli: str, scenario: Scenario, run: Run, written: list[str]) -> None:
    folder = _FIXTURES / cli
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{scenario.name}.stdout").write_text(_neutral(run, run.stdout), encoding="utf-8")
    (folder / f"{scenario.name}.stderr").write_text(_neutral(run, run.stderr), encoding="utf-8")
    found = re.findall(_SESSION[cli], run.stdout, re.MULTILINE) if cli in _SESSION else []
    facts: dict[str, Any] = {
        "cli": cli,
        "version": PACKAGES[cli].version,
        "argv": [_neutral(run, part) for part in run.argv],
        "stdin": scenario.prompt,
        "environment": ENVIRONMENT.get(cli, {}) | LEVELS[cli][scenario.level].environment,
        "level": scenario.level,
        "exit_code": None if run.stopped else run.exit_code,
        "stopped": run.stopped,
        "truth": {
            "text": None if scenario.failure else scenario.text,
            "session": found[-1] if found else None,
            "usage": None if scenario.failure or cli in _NO_USAGE else scenario.usage,
            "data": scenario.data,
            "denied": scenario.denied,
            "failure": scenario.failure,
            "shown": not scenario.failure or _shown(scenario, run),
            "files": written,
        },
    }
    (folder / f"{scenario.name}.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _shown(scenario: Scenario, run: Run) -> bool:
    return any(sign in run.stdout + run.stderr for sign in scenario.signs)


def main(names: Sequence[str]) -> int:
    """Record every scenario of each CLI named, of all where none is."""
    chosen = [name for name in names if name in PACKAGES] or sorted(PACKAGES)
    only = [name for name in names if name not in PACKAGES]
    jobs: list[tuple[str, Scenario]] = [
        (cli, scenario)
        for cli in chosen
        if missing(cli) is None
        for scenario in SCENARIOS
        if (not only or scenario.name in only) and (not scenario.clis or cli in scenario.clis)
    ]
    work: Callable[[tuple[str, Scenario]], str] = lambda job: record(*job)  # noqa: E731 - it has a type this way
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for line in pool.map(work, jobs):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
