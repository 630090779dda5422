"""Run every check of this project: `python3 checks.py`.

Needs Python 3.11 and nothing else: outside a virtual environment that has the tools it makes one in `.venv`, so it
works where the system's Python may not be changed. Exits with 0 if all checks pass.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "checks-installed"
OLDEST = (3, 11)
TOOLS = (
    *("hypothesis", "importlinter", "mypy", "plait", "pytest", "ruff", "trustme", "xdist"),
    *("mcp", "opentelemetry", "pyte", "selenium", "zensical"),
)
Command = list[str]


def main() -> int:
    """Prepare an environment, run the checks, say how they went."""
    options = _options()
    if sys.version_info < OLDEST:
        print(f"checks.py needs Python {'.'.join(map(str, OLDEST))} or newer, not {sys.version.split()[0]}")
        return 2
    if options.list:
        for name, command in _checks("python", options):
            print(f"{name:<9} {' '.join(command)}")
        return 0
    python = _python_with_tools()
    results: list[tuple[str, bool, float]] = []
    for name, command in _checks(python, options):
        print(f"\n▸ {name}: {' '.join(command[1:])}", flush=True)
        begun = time.monotonic()
        passed = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0
        results.append((name, passed, time.monotonic() - begun))
        if options.fail_fast and not passed:
            break
    print()
    for name, passed, seconds in results:
        print(f"{'✓' if passed else '✗'} {name:<12} {seconds:6.1f} s")
    return 0 if all(passed for _, passed, _ in results) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run every check of this project.")
    parser.add_argument("--quick", action="store_true", help="leave out the type check and the tests marked slow")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first check that fails")
    parser.add_argument("--list", action="store_true", help="only say which checks there are")
    return parser.parse_args()


def _checks(python: str, options: argparse.Namespace) -> list[tuple[str, Command]]:
    """Return the checks in the order in which they run, the quickest first."""
    run = [python, "-m"]
    tests = [*run, "pytest", "-n", "auto", *(["-m", "not slow"] if options.quick else [])]
    checks = [
        ("format", [*run, "ruff", "format", "--check", "."]),
        ("lint", [*run, "ruff", "check", "."]),
        # The console script's module: import-linter has no `python -m` of its own.
        ("imports", [python, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-logo"]),
        ("types", [*run, "mypy"]),
        ("tests", tests),
    ]
    return [check for check in checks if not (options.quick and check[0] == "types")]


def _python_with_tools() -> str:
    """Return a Python that has the project and its tools installed, preparing `.venv` if this one does not."""
    if sys.prefix != sys.base_prefix and all(importlib.util.find_spec(tool) for tool in TOOLS):
        return sys.executable
    python = ENVIRONMENT / "bin" / "python"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if python.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return str(python)
    print(f"▸ preparing {ENVIRONMENT.name} (once; needs the network)", flush=True)
    if importlib.util.find_spec("ensurepip") is None:
        raise SystemExit("this Python cannot make virtual environments; on Debian: apt-get install python3-venv")
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", ".[dev]"]
    if subprocess.run(install, cwd=ROOT, stdin=subprocess.DEVNULL, env=_plain_environment(), check=False).returncode:
        raise SystemExit("the tools could not be installed; see above")
    STAMP.write_text(wanted)
    return str(python)


def _plain_environment() -> dict[str, str]:
    # A PYTHONPATH or a target folder of the caller's must not decide what the new environment holds.
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PIP_TARGET", "PIP_USER")}


if __name__ == "__main__":
    sys.exit(main())
