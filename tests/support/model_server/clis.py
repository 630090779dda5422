"""The configuration that makes each CLI talk to a model server, in a home folder of its own."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from support.agent_clis import cli_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = {
    "claude": "claude-sonnet-4-5",
    "codex": "gpt-5",
    "continue": "test-model",
    "copilot": "gpt-5",
    "gemini": "gemini-2.5-flash",
    "opencode": "stub/test-model",
    "pi": "test-model",
    "qwen": "test-model",
}
_KEY = "test-key"
_LOCAL = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def prepare(cli: str, home: Path, server_url: str) -> dict[str, str]:
    """Write `cli`'s configuration below `home` and return the whole environment to run it in.

    Nothing of the real user's environment is kept but the search path. FileNotFoundError where the CLI is not
    installed.
    """
    executable = cli_path(cli)
    if executable is None:
        raise FileNotFoundError(cli)
    environment = _home_environment(home)
    environment["PATH"] = f"{executable.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return environment | _LOCAL | _PREPARE[cli](home, server_url)


def _home_environment(home: Path) -> dict[str, str]:
    folders = {
        "HOME": home,
        "TMPDIR": home / "tmp",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_RUNTIME_DIR": home / "run",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {name: str(folder) for name, folder in folders.items()} | {
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
    }


def _claude(home: Path, url: str) -> dict[str, str]:
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": _KEY,
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "ANTHROPIC_MODEL": MODEL["claude"],
    }


def _codex(home: Path, url: str) -> dict[str, str]:
    _write(
        home / ".codex" / "config.toml",
        f"""\
model = "{MODEL["codex"]}"
model_provider = "stub"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.stub]
name = "stub"
base_url = "{url}/v1"
env_key = "STUB_API_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
""",
    )
    return {"STUB_API_KEY": _KEY, "CODEX_HOME": str(home / ".codex")}


def _continue(home: Path, url: str) -> dict[str, str]:
    config = f"""\
name: test
version: 0.0.1
schema: v1
models:
  - name: test
    provider: openai
    model: {MODEL["continue"]}
    apiBase: {url}/v1
    apiKey: {_KEY}
    roles: [chat, edit, apply]
    capabilities: [tool_use]
"""
    _write(home / "continue.yaml", config)
    _write(home / ".continue" / "config.yaml", config)
    return {
        "CONTINUE_GLOBAL_DIR": str(home / ".continue"),
        "CONTINUE_TELEMETRY_ENABLED": "0",
        "CONTINUE_CLI_AUTO_UPDATED": "1",
    }


def _copilot(home: Path, url: str) -> dict[str, str]:
    return {
        "COPILOT_OFFLINE": "true",
        "COPILOT_PROVIDER_BASE_URL": f"{url}/v1",
        "COPILOT_PROVIDER_API_KEY": _KEY,
        "COPILOT_MODEL": MODEL["copilot"],
        "COPILOT_AUTO_UPDATE": "false",
        "COPILOT_HOME": str(home / ".copilot"),
    }


def _gemini(home: Path, url: str) -> dict[str, str]:
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "telemetry": {"enabled": False},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
    }
    _write_json(home / ".gemini" / "settings.json", settings)
    return {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": _KEY, "GEMINI_CLI_TRUST_WORKSPACE": "true"}


def _opencode(home: Path, url: str) -> dict[str, str]:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "stub",
        "options": {"baseURL": f"{url}/v1", "apiKey": _KEY},
        "models": {"test-model": {"name": "test", "limit": {"context": 2_000_000, "output": 8000}}},
    }
    config = {"provider": {"stub": provider}, "share": "disabled", "autoupdate": False}
    return {
        "OPENCODE_CONFIG_CONTENT": json.dumps(config),
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    }


def _pi(home: Path, url: str) -> dict[str, str]:
    model = {"id": MODEL["pi"], "cost": {"input": 1, "output": 2, "cacheRead": 0, "cacheWrite": 0}}
    provider = {"baseUrl": f"{url}/v1", "api": "openai-completions", "apiKey": _KEY, "models": [model]}
    _write_json(home / ".pi" / "agent" / "models.json", {"providers": {"stub": provider}})
    return {"PI_OFFLINE": "1"}


def _qwen(home: Path, url: str) -> dict[str, str]:
    settings = {
        "security": {"auth": {"selectedType": "openai"}},
        "telemetry": {"enabled": False},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False, "disableAutoUpdate": True},
    }
    _write_json(home / ".qwen" / "settings.json", settings)
    return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": _KEY, "OPENAI_MODEL": MODEL["qwen"]}


_PREPARE: dict[str, Callable[[Path, str], dict[str, str]]] = {
    "claude": _claude,
    "codex": _codex,
    "continue": _continue,
    "copilot": _copilot,
    "gemini": _gemini,
    "opencode": _opencode,
    "pi": _pi,
    "qwen": _qwen,
}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_json(path: Path, value: Any) -> None:
    _write(path, json.dumps(value, indent=2))
