"""Agents that do what a test has written down: small shell scripts, known to the project by its `agents.toml`."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = """\
#!/bin/sh
here={folder}
number=$(($(cat "$here/count" 2>/dev/null || echo 0) + 1))
echo $number > "$here/count"
printf '%s\\n' "$@" > "$here/arguments-$number"
cat > "$here/prompt-$number"
call="$here/call-$number"
[ -f "$call" ] || call="$here/call"
. "$call"
"""
_TABLE = """
[{key}]
name = "{key}"
executable = {executable}
install = "npm install -g {key}"
run = ["{{output}}", "{{permission}}", "{{model}}", "{{session}}", "{{schema}}", "{{options}}", "{{extra}}"]
prompt_by = "stdin"
output = ["--json"]
format = "{format}"
model = ["--model", "{{value}}"]
session = {session}
schema = {schema}
options = {{ effort = ["--effort", "{{value}}"] }}
permissions = {{ read = ["--read"], edit = ["--edit"], full = ["--full"] }}
"""


class ScriptedAgent:
    """One such agent. Its calls are numbered from 1; what was not written for a number is done as `always` says."""

    def __init__(
        self, project: Path, key: str, *, form: str = "claude", continues: bool = True, native_schema: bool = False
    ) -> None:
        self.key = key
        self.folder = project / ".agents" / key
        self.folder.mkdir(parents=True)
        executable = self.folder / key
        executable.write_text(_SCRIPT.format(folder=shlex.quote(str(self.folder))))
        executable.chmod(0o755)
        table = project / ".specify" / "agents.toml"
        table.parent.mkdir(exist_ok=True)
        row = _TABLE.format(
            key=key,
            executable=json.dumps(str(executable)),
            format=form,
            session=json.dumps(["--session", "{value}"] if continues else []),
            schema=json.dumps(["--schema", "{value}"] if native_schema else []),
        )
        with table.open("a", encoding="utf-8") as file:
            file.write(row)
        self.always(self.says("done"))

    def always(self, script: str) -> None:
        """Write what every call does that has no script of its own."""
        (self.folder / "call").write_text(script)

    def on(self, number: int, script: str) -> None:
        """Write what one call does."""
        (self.folder / f"call-{number}").write_text(script)

    def says(
        self,
        text: str,
        *,
        session: str = "s-1",
        error: bool = False,
        cost: float = 0.0,
        tokens: tuple[int, int, int] = (10, 0, 5),
        denied: tuple[str, ...] = (),
        data: object = None,
    ) -> str:
        """Return a script that answers as claude does."""
        result = {
            "type": "result",
            "subtype": "success",
            "is_error": error,
            "result": text,
            "session_id": session,
            "total_cost_usd": cost,
            "usage": {"input_tokens": tokens[0], "cache_read_input_tokens": tokens[1], "output_tokens": tokens[2]},
            "permission_denials": [{"tool_name": name, "tool_input": {"a": 1}} for name in denied],
        }
        if data is not None:
            result["structured_output"] = data
        return self.begins(session) + self.prints(json.dumps(result) + "\n")

    def begins(self, session: str = "s-1") -> str:
        """Return a script that names its session and says nothing more."""
        return self.prints(json.dumps({"type": "system", "subtype": "init", "session_id": session}) + "\n")

    def prints(self, text: str | bytes) -> str:
        """Return a script that prints exactly this."""
        data = text.encode() if isinstance(text, str) else text
        file = self.folder / f"text-{len(list(self.folder.iterdir()))}"
        file.write_bytes(data)
        return f"cat {shlex.quote(str(file))}\n"

    @property
    def calls(self) -> int:
        """How often it was called."""
        count = self.folder / "count"
        return int(count.read_text()) if count.exists() else 0

    def prompt(self, number: int) -> str:
        """What it was told in one call."""
        return (self.folder / f"prompt-{number}").read_bytes().decode("utf-8", "surrogateescape")

    def arguments(self, number: int) -> list[str]:
        """The arguments of one call."""
        return (self.folder / f"arguments-{number}").read_text().splitlines()


def repository(folder: Path) -> None:
    """Make a git repository with one commit, in which the agents' own folders are ignored."""
    (folder / ".gitignore").write_text(".agents\n.specify\n")
    (folder / "kept.txt").write_text("one\ntwo\n")
    for words in ("init -q", "add .", "commit -q -m first"):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *identity, *words.split()], cwd=folder, check=True, capture_output=True)
