"""The real coding-agent CLIs that tests run, and other programs from npm: where they are, and how they get there.

They live below `$PLAIT_TEST_AGENTS`, or `~/.cache/plait-tests/agents`, each in a folder of its own, named after it
and its version.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Package:
    """A CLI's npm package, the version that the tests know, and the name of its executable."""

    package: str
    version: str
    executable: str


PACKAGES = {
    "claude": Package("@anthropic-ai/claude-code", "2.1.197", "claude"),
    "codex": Package("@openai/codex", "0.169.0", "codex"),
    "continue": Package("@continuedev/cli", "1.5.47", "cn"),
    "copilot": Package("@github/copilot", "1.0.102", "copilot"),
    "gemini": Package("@google/gemini-cli", "0.61.0", "gemini"),
    "opencode": Package("opencode-ai", "1.18.33", "opencode"),
    "pi": Package("@mariozechner/pi-coding-agent", "0.73.1", "pi"),
    "qwen": Package("@qwen-code/qwen-code", "0.15.10", "qwen"),
}
"""The coding agents."""
_OTHERS = {
    # A library that tests draw with; its folder is found by a file that it has.
    "mermaid": Package("mermaid", "11.17.2", "../mermaid/package.json"),
    "yaml-language-server": Package("yaml-language-server", "1.25.0", "yaml-language-server"),
}
_EVERYTHING = {**PACKAGES, **_OTHERS}


def cache_folder() -> Path:
    """Where the CLIs are kept."""
    named = os.environ.get("PLAIT_TEST_AGENTS")
    return Path(named) if named else Path.home() / ".cache" / "plait-tests" / "agents"


def cli_path(name: str) -> Path | None:
    """The executable of an installed CLI; None where it is not installed."""
    path = _home(name) / "node_modules" / ".bin" / _EVERYTHING[name].executable
    return path if path.exists() else None


def missing(name: str) -> str | None:
    """Why the CLI cannot be run here, for `pytest.skip`; None where it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if cli_path(name) is None:
        return f"{name} {_EVERYTHING[name].version} is not in {cache_folder()}: python -m support.agent_clis {name}"
    return None


def install(names: Iterable[str]) -> dict[str, str]:
    """Install what is missing, once, however many processes ask. Returns a reason for each that could not be."""
    reasons = {name: _install(name) for name in names}
    return {name: reason for name, reason in reasons.items() if reason}


def _install(name: str) -> str | None:
    if cli_path(name):
        return missing(name)
    if shutil.which("npm") is None:
        return "npm is not installed"
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return missing(name) if cli_path(name) else _download(name)


def _download(name: str) -> str | None:
    package = _EVERYTHING[name]
    folder = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=cache_folder()))
    arguments = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder)]
    arguments.append(f"{package.package}@{package.version}")
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if ended.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        return f"npm could not install {package.package}@{package.version}: {ended.stderr.strip()[-300:]}"
    folder.rename(_home(name))
    return None


def _home(name: str) -> Path:
    return cache_folder() / f"{name}-{_EVERYTHING[name].version}"


if __name__ == "__main__":
    import sys

    failed = install(sys.argv[1:] or _EVERYTHING)
    sys.exit("\n".join(f"{name}: {reason}" for name, reason in failed.items()) or 0)
