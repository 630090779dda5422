"""The scenarios that are recorded, and the argv and settings they are recorded with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.model_server.turns import (
    Fail,
    Garbage,
    RunShell,
    Script,
    Truncated,
    Turn,
    UseTool,
    WriteFile,
    act,
    conversation,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support.model_server.calls import Call

BASE: dict[str, list[str]] = {
    "claude": ["claude", "-p", "--output-format", "stream-json", "--verbose"],
    "codex": ["codex", "exec", "--json", "--skip-git-repo-check"],
    "continue": ["cn", "--config=@HOME@/continue.yaml", "--format=json"],
    "copilot": ["copilot", "--output-format", "json", "--no-color"],
    "gemini": ["gemini", "--output-format", "stream-json", "-m", "gemini-2.5-pro"],
    "opencode": [
        "opencode",
        "run",
        "--format",
        "json",
        "--print-logs",
        "--log-level",
        "ERROR",
        "-m",
        "stub/test-model",
    ],
    "pi": ["pi", "-p", "--mode", "json", "--provider", "stub", "--model", "test-model"],
    "qwen": ["qwen", "--output-format", "stream-json"],
}


ENDING: dict[str, list[str]] = {"codex": ["-"], "continue": ["-p"]}


@dataclass(frozen=True)
class Level:
    """How a CLI is told what the agent may do."""

    flags: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)


def _opencode(edit: str, bash: str) -> Level:
    return Level((), {"OPENCODE_PERMISSION": json.dumps({"edit": edit, "bash": bash})})


LEVELS: dict[str, dict[str, Level]] = {
    "claude": {
        "read": Level(["--permission-mode", "dontAsk"]),
        "edit": Level(["--permission-mode", "acceptEdits"]),
        "full": Level(["--permission-mode", "bypassPermissions"], {"IS_SANDBOX": "1"}),
    },
    "codex": {
        "read": Level(["--sandbox", "read-only"]),
        "edit": Level(["--sandbox", "workspace-write"]),
        "full": Level(["--dangerously-bypass-approvals-and-sandbox"]),
    },
    "continue": {
        "read": Level(["--exclude=Bash", "--exclude=Write", "--exclude=Edit"]),
        "edit": Level(["--allow=Write", "--allow=Edit", "--exclude=Bash"]),
        "full": Level(["--auto"]),
    },
    "copilot": {
        "read": Level(["--deny-tool", "write", "--deny-tool", "shell"]),
        "edit": Level(["--allow-tool", "write"]),
        "full": Level(["--allow-all"]),
    },
    "gemini": {
        "read": Level(["--approval-mode", "default"]),
        "edit": Level(["--approval-mode", "auto_edit"]),
        "full": Level(["--approval-mode", "yolo"]),
    },
    "opencode": {
        "read": _opencode("deny", "deny"),
        "edit": _opencode("allow", "deny"),
        "full": _opencode("allow", "allow"),
    },
    "pi": {
        "read": Level(["--tools", "read,grep,find,ls"]),
        "edit": Level(["--tools", "read,grep,find,ls,edit,write"]),
        "full": Level(),
    },
    "qwen": {
        "read": Level(["--approval-mode", "default"]),
        "edit": Level(["--approval-mode", "auto-edit"]),
        "full": Level(["--approval-mode", "yolo"]),
    },
}

ENVIRONMENT: dict[str, dict[str, str]] = {"claude": {"CLAUDE_CODE_MAX_RETRIES": "1"}}

_SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["answer", "count"],
    "additionalProperties": False,
}

SETTINGS: dict[str, dict[str, Any]] = {
    "codex": {"schema.json": _SCHEMA},
    "gemini": {".gemini/settings.json": {"general": {"maxAttempts": 1, "enableAutoUpdate": False}}},
    "pi": {".pi/agent/settings.json": {"retry": {"enabled": False, "provider": {"maxRetries": 0}}}},
    "qwen": {".qwen/settings.json": {"model": {"generationConfig": {"maxRetries": 0}}}},
}

_WRITERS = ("Write", "write_file", "write", "create", "exec_command")
_SHELLS = ("Bash", "run_shell_command", "bash", "exec_command")
_DEFAULT_WRITER = {"gemini": "write_file", "openai_chat": "write", "anthropic": "Write"}
_DATA = {"answer": "yes", "count": 3}
_DATA_TEXT = json.dumps(_DATA, separators=(",", ":"))


@dataclass(frozen=True)
class Scenario:
    """One thing that can happen in a run, and what is true of it."""

    name: str
    script: Script
    level: str = "edit"
    prompt: str = "Please do it."
    text: str | None = None
    usage: dict[str, int] | None = None
    data: Any = None
    denied: bool = False
    failure: str | None = None
    signs: tuple[str, ...] = ()
    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    environment: dict[str, dict[str, str]] = field(default_factory=dict)
    clis: tuple[str, ...] = ()
    limit_s: float = 60


def _forced_write(call: Call) -> Turn:
    """A write whether or not the CLI has declared a tool for it, then text."""
    if call.step:
        return say("I could not write it.")
    if any(name in call.tools for name in _WRITERS):
        return act(WriteFile("new.txt", "hello\n"))
    qwen = "qwen" in call.system.lower()
    name = "write_file" if qwen else _DEFAULT_WRITER[call.api]
    path = f"{call.folder}/new.txt"
    return act(
        UseTool(name, {"file_path": path, "path": path, "filePath": path, "filepath": path, "content": "hello\n"})
    )


def _forced_shell(call: Call) -> Turn:
    if call.step:
        return say("I could not run it.")
    if any(name in call.tools for name in _SHELLS):
        return act(RunShell("touch new.txt"))
    names = {"gemini": "run_shell_command", "anthropic": "Bash"}
    name = names.get(call.api, "run_shell_command" if "qwen" in call.system.lower() else "bash")
    return act(UseTool(name, {"command": "touch new.txt", "description": "touch"}))


def _structured(call: Call) -> Turn:
    name = next((name for name in ("StructuredOutput", "structured_output") if name in call.tools), None)
    if name and not call.step:
        return act(UseTool(name, _DATA))
    return say(_DATA_TEXT)


def _usage(calls: int) -> dict[str, int]:
    return {"input": 100 * calls, "cached": 40 * calls, "output": 20 * calls}


def _failing(name: str, kind: str, failure: str, *signs: str, seconds: int = 2) -> Scenario:
    environment = {"claude": _SUBSCRIBER} if kind == "quota" else {}
    script = [Fail(kind, seconds=seconds)]
    return Scenario(name, script, failure=failure, signs=signs, environment=environment, limit_s=30)


_SUBSCRIBER = {"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-test"}
_SCHEMA_FLAGS = {
    "claude": ["--json-schema", json.dumps(_SCHEMA)],
    "codex": ["--output-schema", "@HOME@/schema.json"],
    "qwen": ["--json-schema", json.dumps(_SCHEMA)],
}

SCENARIOS = (
    Scenario("answer", [say("The answer is 42.")], level="read", text="The answer is 42.", usage=_usage(1)),
    Scenario(
        "edit",
        conversation(act(WriteFile("new.txt", "hello\n"), text="I will write it."), say("Written.")),
        text="Written.",
        usage=_usage(2),
    ),
    Scenario(
        "full",
        conversation(act(RunShell("touch new.txt")), say("Touched.")),
        level="full",
        text="Touched.",
        usage=_usage(2),
    ),
    Scenario("denied", _forced_write, level="read", text="I could not write it.", usage=_usage(2), denied=True),
    Scenario("denied_shell", _forced_shell, level="read", text="I could not run it.", usage=_usage(2), denied=True),
    Scenario(
        "structured",
        _structured,
        level="read",
        text=_DATA_TEXT,
        usage=_usage(1),
        data=_DATA,
        flags=_SCHEMA_FLAGS,
        clis=("claude", "codex", "qwen"),
    ),
    _failing("unauthorized", "unauthorized", "authentication", "401", "Incorrect API key", "invalid x-api-key"),
    _failing("forbidden", "forbidden", "authentication", "403", "permission"),
    _failing("rate_limited", "rate_limited", "rate_limit", "429", "ate limit"),
    _failing("quota", "quota", "quota", "429", "quota", "usage limit", "session limit", seconds=3600),
    _failing("credit", "credit", "quota", "429", "quota", "Quota", "Credit balance", "credits are depleted"),
    _failing("server_error", "server_error", "overloaded", "500", "high demand", "server had an error", "nternal"),
    _failing("overloaded", "overloaded", "overloaded", "529", "503", "verloaded"),
    _failing("too_long", "too_long", "other", "context window", "too long", "token count", "out of room"),
    Scenario("garbage", [Garbage()], failure="other", signs=("rror", "incomplete", "disconnected"), limit_s=30),
    Scenario("truncated", [Truncated()], failure="other", signs=("rror", "disconnected", "lost"), limit_s=30),
    Scenario(
        "bypass_refused",
        [say("never")],
        level="edit",
        failure="permission",
        signs=("cannot be used with root",),
        flags={"claude": ["--dangerously-skip-permissions"]},
        clis=("claude",),
    ),
    Scenario(
        "unknown_session",
        [say("never")],
        level="read",
        failure="other",
        signs=("ession", "thread id"),
        flags={
            "claude": ["--resume", "00000000-0000-4000-8000-000000000000"],
            "codex": ["resume", "00000000-0000-4000-8000-000000000000"],
            "copilot": ["--resume=00000000-0000-4000-8000-000000000000"],
            "gemini": ["--resume", "00000000-0000-4000-8000-000000000000"],
            "opencode": ["--session", "ses_00000000000000000000000000"],
            "pi": ["--session", "00000000-0000-4000-8000-000000000000"],
            "qwen": ["--resume", "00000000-0000-4000-8000-000000000000"],
        },
        clis=("claude", "codex", "copilot", "gemini", "opencode", "pi", "qwen"),
    ),
)
