"""Rows about agent steps, with scripted agents: small shell scripts that sleep and print as an agent would."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import statistics
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.table import Row, quantity
from benchmarks.timing import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

_AGENT = """#!/bin/sh
cat >/dev/null
printf '%s\\n' '{"type":"system","subtype":"init","session_id":"s1"}'
for second in $SECONDS_TO_WORK; do
  sleep "$second"
  printf '%s%s%s\\n' '{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Bash","input":' \\
    '{"command":"make test"}}],"usage":{"input_tokens":900,"output_tokens":20}}' ',"session_id":"s1"}'
done
printf '%s%s\\n' '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s1",' \\
  '"total_cost_usd":0.01,"usage":{"input_tokens":900,"output_tokens":20},"permission_denials":[]}'
"""


def own_cost(folder: Path, steps: int) -> Iterator[Row]:
    """What an agent step costs from its start to its record, in a git repository, without the agent's own time."""
    project = _project(folder / "cost", "")
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    agent = _time_alone(project)
    text = "\n".join(f"  - {{id: s{number}, type: prompt, prompt: work}}" for number in range(steps))
    (project / "cost.yml").write_text(f"workflow: {{id: cost, name: Cost, integration: scripted}}\nsteps:\n{text}\n")
    measured = inside("agents", project, steps)
    each = measured["seconds"] / steps - agent
    parts = {"a step": quantity(1000 * measured["seconds"] / steps, "ms"), "the agent": quantity(1000 * agent, "ms")}
    yield Row("agents", f"own cost of an agent step, of {steps} in a row", 1000 * each, "ms", 30, parts)


def many_at_once(folder: Path, count: int, seconds: int) -> Iterator[Row]:
    """The processor time of Plait itself, with the live view on, while many agents work at once."""
    project = _project(folder / "many", " ".join(["0.5"] * (2 * seconds)))
    (project / "many.yml").write_text(
        f"workflow: {{id: many, name: Many, integration: scripted}}\nsteps:\n"
        f"  - {{id: all, type: fan-out, items: [{', '.join(map(str, range(count)))}], max_concurrency: {count},\n"
        "     step: {id: one, type: prompt, prompt: 'work on {{ item }}'}}\n"
    )
    clock, processor = _on_a_terminal([sys.executable, "-m", "plait", "run", "many.yml"], project)
    parts = {"processor": quantity(processor, "s"), "clock": quantity(clock, "s")}
    yield Row("agents", f"{count} agents at once, live view on: of one core", 100 * processor / clock, "%", 25, parts)


def long_stream(folder: Path, megabytes: int) -> Iterator[Row]:
    """The memory that reading an agent's stream takes, however long it is."""
    folder.mkdir()
    measured = inside("stream", folder, megabytes)
    parts = {"speed": quantity(megabytes / measured["seconds"], "MB/s"), "all": quantity(measured["seconds"], "s")}
    yield Row("agents", f"memory for {megabytes} MB of an agent's stream", measured["memory"], "MB", 20, parts)


def _project(folder: Path, work: str) -> Path:
    (folder / ".specify").mkdir(parents=True)
    script = folder / "scripted-agent"
    script.write_text(_AGENT.replace("$SECONDS_TO_WORK", work))
    script.chmod(0o755)
    facts = {
        "name": "Scripted",
        "executable": str(script),
        "run": ["-"],
        "prompt_by": "stdin",
        "format": "claude",
        "permissions": {"read": [], "edit": [], "full": []},
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items() if key != "permissions"]
    table = "\n".join(["[scripted]", *lines, "[scripted.permissions]", "read = []", "edit = []", "full = []"])
    (folder / ".specify" / "agents.toml").write_text(table + "\n")
    return folder


def _time_alone(project: Path) -> float:
    taken = []
    for _ in range(20):
        begun = time.monotonic()
        subprocess.run([project / "scripted-agent"], input=b"work", stdout=subprocess.DEVNULL, check=True)
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)


def _on_a_terminal(argv: list[str], folder: Path) -> tuple[float, float]:
    """Run a command on a terminal of 120 by 40; return its seconds by the clock and, without children, of processor."""
    begun = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ["TERM"] = "xterm-256color"
        os.execv(argv[0], argv)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    threading.Thread(target=_read_all, args=(terminal,), daemon=True).start()
    # Not the usage of the reaped child: that would count what its own children used.
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    processor = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    clock = time.monotonic() - begun
    _, status = os.waitpid(pid, 0)
    if status:
        raise OSError(f"{' '.join(argv)} ended with status {status}")
    return clock, processor


def _read_all(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass  # the other side has closed it
