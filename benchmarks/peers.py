"""Rows against Spec Kit's own engine, in a virtual environment made for it."""

from __future__ import annotations

import json
import subprocess
import venv
from typing import TYPE_CHECKING

from benchmarks.table import Row, quantity
from benchmarks.timing import ROOT, FailedCommandError, plait_command, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ENVIRONMENT = ROOT / "build" / "spec-kit"
CAP = 180.0
"""Seconds after which a measurement of the other engine is given up."""


def spec_kit_command() -> list[str]:
    """Return the command of a Spec Kit installed on demand; raise `FailedCommandError` where that is impossible."""
    command = ENVIRONMENT / "bin" / "specify"
    if not command.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        run([str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "specify-cli"], ROOT)
    return [str(command)]


def spec_kit_rows(folder: Path, specify: Sequence[str], items: int, steps: int) -> Iterator[Row]:
    """Run the same files with both engines; fewer items than elsewhere, as the other one's cost is quadratic."""
    (folder / ".specify").mkdir(exist_ok=True)
    version = _version(specify)
    for what, text in (
        (f"{items:,} shell items, 4 at once", _items(items)),
        (f"{steps:,} shell steps in a row", _steps(steps)),
    ):
        file = folder / f"peer-{len(text)}.yml"
        file.write_text(text)
        ours = min(run([*plait_command(), "run", str(file), "--quiet"], folder) for _ in range(2))
        try:
            theirs = run([*specify, "workflow", "run", str(file)], folder, timeout=CAP)
        except subprocess.TimeoutExpired:
            yield Row("peer", f"{what}, against {version}", ours / CAP, "x", 1, {"gave up after": quantity(CAP, "s")})
            continue
        parts = {"plait": quantity(ours, "s"), "spec-kit": quantity(theirs, "s")}
        yield Row("peer", f"{what}, against {version}", ours / theirs, "x", 1, parts)


def _version(specify: Sequence[str]) -> str:
    done = subprocess.run([*specify, "--version"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FailedCommandError(f"{' '.join(specify)} --version: exit {done.returncode}")
    return "spec-kit " + done.stdout.split()[-1]


def _items(count: int) -> str:
    return f"""
schema_version: "1.0"
workflow: {{id: peer-items, name: Items, version: "1.0.0"}}
steps:
  - id: fan
    type: fan-out
    items: {json.dumps(list(range(count)))}
    max_concurrency: 4
    step: {{id: work, type: shell, run: "true"}}
"""


def _steps(count: int) -> str:
    steps = "".join(f'  - {{id: s{index}, type: shell, run: "true"}}\n' for index in range(count))
    header = 'schema_version: "1.0"\nworkflow: {id: peer-steps, name: Steps, version: "1.0.0"}\n'
    return f"{header}steps:\n{steps}"
