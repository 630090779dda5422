"""What can be told of an agent on this machine without spending anything."""

from __future__ import annotations

import os
import re
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from plait.agents.invocation import find_executable, missing_executable
from plait.cancellation import Cancellation
from plait.process import ProcessStartError, run_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plait.agents.agent import Agent

TIMEOUT = 30.0
"""Seconds for each command of an agent that is run to look at it."""
_AT_ONCE = 4
_LONGEST = 200
_MOST_LINES = 50
_VERSION = re.compile(r"(?<![\w.])v?\d+(\.\d+)+")
_NOT_LOGGED_IN = 1

SignedIn = Literal["yes", "no", "unknown"]


class Probe(NamedTuple):
    """What an agent is like here. `path` is None if it is not installed; `problem` says what makes it unusable.

    `version` is the first line that it printed with a version in it, `unknown` if none has one. `signed_in` is
    `unknown` where only a call that costs something could tell; `sign` names what speaks for it.
    """

    agent: Agent
    path: str | None
    version: str | None = None
    signed_in: SignedIn = "unknown"
    sign: str = ""
    problem: str = ""
    hint: str = ""

    @property
    def usable(self) -> bool:
        """Whether nothing is known that keeps the agent from working."""
        return not self.problem


class _Ran(NamedTuple):
    exit_code: int | None
    lines: tuple[str, ...] = ()

    @property
    def first_line(self) -> str:
        return self.lines[0] if self.lines else ""

    @property
    def version(self) -> str:
        return next((line for line in self.lines if _VERSION.search(line)), "unknown")


def look(agent: Agent, environ: Mapping[str, str]) -> Probe:
    """Return what can be told without starting a process."""
    path = find_executable(agent, environ)
    if path is None:
        problem, hint = missing_executable(agent, environ)
        return Probe(agent, None, problem=problem, hint=hint)
    sign = _login_sign(agent, environ)
    return Probe(agent, path, None, "yes" if sign else "unknown", sign)


def probe(agent: Agent, environ: Mapping[str, str], *, timeout: float = TIMEOUT) -> Probe:
    """Ask an agent for its version and, where that is free, whether somebody is logged in."""
    seen = look(agent, environ)
    path = seen.path
    if path is None:
        return seen
    version = _run(path, agent.version, environ, timeout)
    if version.exit_code != 0 or not version.first_line:
        why = "did not answer in time" if version.exit_code is None else f"failed: {version.first_line or 'no output'}"
        return seen._replace(problem=f"agent `{agent.key}`: `{' '.join((path, *agent.version))}` {why}")
    seen = seen._replace(version=version.version)
    if not agent.login or seen.signed_in == "yes":
        return seen
    login = _run(path, agent.login, environ, timeout)
    if login.exit_code == 0:
        return seen._replace(signed_in="yes", sign=login.first_line if login.first_line[:1].isalnum() else "")
    if login.exit_code == _NOT_LOGGED_IN:
        problem = f"agent `{agent.key}` is installed, but nobody is logged in"
        return seen._replace(signed_in="no", problem=problem, hint=f"start `{agent.executable}` and log in")
    return seen


def probe_all(agents: Iterable[Agent], environ: Mapping[str, str], *, timeout: float = TIMEOUT) -> Iterator[Probe]:
    """Probe agents side by side; yield each as soon as it is known."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(probe, agent, environ, timeout=timeout) for agent in agents]
        for future in as_completed(futures):
            yield future.result()


def _login_sign(agent: Agent, environ: Mapping[str, str]) -> str:
    """Return the first file or variable that speaks for somebody being logged in."""
    home = environ.get("HOME") or str(Path.home())
    for sign in agent.login_signs:
        if sign.startswith("$"):
            found = bool(environ.get(sign[1:], "").strip())
        else:
            found = os.path.exists(sign.replace("~", home, 1) if sign.startswith("~/") else sign)  # noqa: PTH110
        if found:
            return sign
    return ""


def _run(path: str, arguments: tuple[str, ...], environ: Mapping[str, str], timeout: float) -> _Ran:
    with tempfile.TemporaryDirectory(prefix="plait-probe-") as folder:
        try:
            result = run_process(
                [path, *arguments],
                env={**environ, "NO_COLOR": "1"},
                cwd=folder,
                log=Path(folder, "log"),
                timeout=timeout,
                cancellation=Cancellation(),
                mark=uuid.uuid4().hex,
            )
        except ProcessStartError as error:
            return _Ran(127, (str(error)[:_LONGEST],))
        printed = [result.stdout.text or result.stdout.head, result.stderr.text or result.stderr.head]
    lines = [line.strip()[:_LONGEST] for text in printed for line in text.splitlines() if line.strip()]
    return _Ran(result.exit_code if result.ended_by == "exit" else None, tuple(lines[:_MOST_LINES]))
