"""The command line that puts one request to an agent."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from plait.agents.option_arguments import option_arguments
from plait.agents.request import Invocation
from plait.errors import PlaitError
from plait.model.workflow import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.agents.agent import Agent
    from plait.agents.request import Request
    from plait.model.workflow import Permission

LONGEST_ARGUMENT = 100 * 1024
"""Bytes; Linux takes no argument of more than 128 KiB."""


def invoke(agent: Agent, request: Request, folder: Path, environ: Mapping[str, str]) -> Invocation:
    """Return how to start an agent so that it gets a request.

    `folder` exists and takes the files that have to be handed over (a schema, a prompt that cannot be an argument);
    the agent must be able to read it. `environ` is the environment that the agent will run in. Raises `PlaitError`
    for an agent that is not installed, a permission or a session it cannot honour, and values that would be taken for
    options of the CLI.
    """
    executable = executable_of(agent, environ)
    permission = _permission_of(agent, request.permission, environ)
    options, told = option_arguments(agent, request.options)
    prompt = request.prompt + told
    groups = {
        "{model}": _filled(agent.model, "model", request.model) if agent.model else (),
        "{output}": agent.output,
        "{permission}": agent.permissions[permission],
        "{session}": _session(agent, request.session),
        "{schema}": _schema(agent, request.schema, folder),
        "{options}": options,
        "{extra}": (*request.extra, *_extra_arguments(agent, environ)),
    }
    run = agent.session_run if request.session is not None and agent.session_run else agent.run
    argv = [executable]
    for argument in run:
        argv += groups.get(argument) or _prompt_argument(argument, prompt, folder, is_group=argument in groups)
    _refuse_nul(argv)
    return Invocation(
        tuple(argv),
        _stdin(agent, prompt, folder) if agent.prompt_by == "stdin" else None,
        {**agent.env, **agent.permission_env.get(permission, {})},
    )


def invoke_acp(agent: Agent, request: Request, environ: Mapping[str, str]) -> Invocation:
    """Return how to start an agent that is then spoken to in the Agent Client Protocol.

    What it asks is answered by the level of permissions; where it would not ask, the level's variables keep it to it.
    Raises `PlaitError` if it does not speak the protocol or is not installed.
    """
    if not agent.acp:
        raise PlaitError(f"agent `{agent.key}` does not speak the Agent Client Protocol", hint="leave out `via: acp`")
    groups = {
        "{model}": _filled(agent.model, "model", request.model) if agent.model else (),
        "{extra}": (*request.extra, *_extra_arguments(agent, environ)),
    }
    argv = [executable_of(agent, environ)]
    for argument in agent.acp:
        argv += groups.get(argument, (argument,))
    _refuse_nul(argv)
    level = permission_used(agent, request.permission, environ)
    return Invocation(tuple(argv), None, {**agent.env, **agent.permission_env.get(level, {})})


def find_executable(agent: Agent, environ: Mapping[str, str]) -> str | None:
    """Return the absolute path of an agent's executable, or None if it is not installed (CMD-05, ENV-07)."""
    named = environ.get(_variable(agent, "EXECUTABLE"), "").strip() or agent.executable
    if not named:
        return None
    found = shutil.which(named, path=environ.get("PATH", os.defpath))
    return os.path.abspath(found) if found else None  # noqa: PTH100 - a link's own name says what to run


def executable_of(agent: Agent, environ: Mapping[str, str]) -> str:
    """Return the absolute path of an agent's executable; raise `PlaitError`, saying how to get it, if there is none."""
    found = find_executable(agent, environ)
    if found is not None:
        return found
    message, hint = missing_executable(agent, environ)
    raise PlaitError(message, hint=hint)


def missing_executable(agent: Agent, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return what to say, and what to do, about an agent that `find_executable` does not find."""
    variable = _variable(agent, "EXECUTABLE")
    if named := environ.get(variable, "").strip():
        return f"agent `{agent.key}`: {variable} names `{named}`, which is not an executable", f"correct {variable}"
    if agent.executable is None:
        return f"agent `{agent.key}` cannot be run by a workflow: {agent.reason}", "use another agent"
    hint = f"install it with `{agent.install}`" if _is_command(agent.install) else f"get it from {agent.install}"
    return f"agent `{agent.key}` is not installed: no `{agent.executable}` on PATH", hint if agent.install else ""


def _is_command(install: str) -> bool:
    return not install.startswith("http")


def _variable(agent: Agent, what: str) -> str:
    return f"SPECKIT_INTEGRATION_{agent.key.upper().replace('-', '_')}_{what}"


def _extra_arguments(agent: Agent, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the arguments that the environment adds (ENV-08)."""
    variable = _variable(agent, "EXTRA_ARGS")
    try:
        return tuple(shlex.split(environ.get(variable, "")))
    except ValueError as error:
        raise PlaitError(
            f"{variable} cannot be split into arguments: {str(error).lower()}", hint="check its quotes"
        ) from error


def permission_used(agent: Agent, asked: Permission, environ: Mapping[str, str]) -> Permission:
    """Return the level that an agent is held to when `asked` for, as the environment may have it (ENV-10)."""
    setting = next((environ[name].strip() for name in agent.full_by if name in environ), None)
    if setting is None or asked == "read":
        return asked
    return "edit" if setting == "0" else "full"


def _permission_of(agent: Agent, asked: Permission, environ: Mapping[str, str]) -> Permission:
    permission = permission_used(agent, asked, environ)
    if permission in agent.permissions:
        return permission
    raise PlaitError(cannot_honour(agent, permission), hint=permissions_hint(agent))


def cannot_honour(agent: Agent, permission: Permission) -> str:
    """Return the sentence that refuses a level."""
    return f"agent `{agent.key}` cannot be held to `permissions: {permission}`"


def permissions_hint(agent: Agent) -> str:
    """Return which levels an agent has, as advice."""
    levels = [level for level in PERMISSIONS if level in agent.permissions]
    return f"it can do: {', '.join(levels)}" if levels else f"tell which arguments do in [{agent.key}.permissions]"


def _session(agent: Agent, session: str | None) -> tuple[str, ...]:
    if session is not None and not agent.can_continue:
        raise PlaitError(f"agent `{agent.key}` cannot go on with a session", hint="leave out `session`")
    return _filled(agent.session, "session", session)


def _filled(arguments: Sequence[str], what: str, value: str | None) -> tuple[str, ...]:
    """Put a value in its place; it stays one argument, whatever it holds."""
    if value is None:
        return ()
    if value.startswith("-") or not value.strip():
        raise PlaitError(f"the {what} {value!r} is not a name", hint="it may not be empty or begin with `-`")
    return tuple(argument.replace("{value}", value) for argument in arguments)


def takes_schema(agent: Agent, schema: Mapping[str, object]) -> bool:
    """Return whether an agent has a way, and room, for a schema; where it has not, it is to be asked in words."""
    if any("{value}" in argument for argument in agent.schema):
        return len(json.dumps(schema, ensure_ascii=False).encode("utf-8", "replace")) <= LONGEST_ARGUMENT
    return bool(agent.schema)


def _schema(agent: Agent, schema: Mapping[str, object] | None, folder: Path) -> tuple[str, ...]:
    """Return the arguments that hand a schema over, if the agent takes it."""
    if schema is None or not takes_schema(agent, schema):
        return ()
    text = json.dumps(schema, ensure_ascii=False)
    file = str(_handed_over(folder, "schema", "json", text)) if any("{file}" in a for a in agent.schema) else ""
    return tuple(
        argument.replace("{file}", file) if file else argument.replace("{value}", text) for argument in agent.schema
    )


def _prompt_argument(argument: str, prompt: str, folder: Path, *, is_group: bool) -> tuple[str, ...]:
    if is_group:
        return ()
    if "{prompt_file}" in argument:
        return (argument.replace("{prompt_file}", str(_handed_over(folder, "prompt", "md", prompt))),)
    if "{prompt}" not in argument:
        return (argument,)
    if prompt.startswith("-") or "\0" in prompt or len(prompt.encode("utf-8", "replace")) > LONGEST_ARGUMENT:
        prompt = _pointer(prompt, folder)
    return (argument.replace("{prompt}", prompt.encode("utf-8", "replace").decode()),)


def _stdin(agent: Agent, prompt: str, folder: Path) -> bytes:
    if agent.longest_prompt and len(prompt) > agent.longest_prompt:
        prompt = _pointer(prompt, folder)
    return prompt.encode("utf-8", "replace")


def _pointer(prompt: str, folder: Path) -> str:
    """Put a prompt into a file; return one that leads there."""
    file = _handed_over(folder, "prompt", "md", prompt)
    return f"Read the file {file} and do what it says. It holds your whole task."


def _handed_over(folder: Path, stem: str, suffix: str, text: str) -> Path:
    """Write a file for the agent; the same text is the same file."""
    data = text.encode("utf-8", "replace")
    path = Path(os.path.abspath(folder)) / f"{stem}-{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"  # noqa: PTH100
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _refuse_nul(argv: Sequence[str]) -> None:
    if any("\0" in argument for argument in argv):
        raise PlaitError("an argument of an agent holds a NUL character", hint="only a prompt may hold one")
