"""A model behind the APIs of four vendors, for tests that run real coding-agent CLIs without a network.

with ModelServer([act(WriteFile("a.txt", "hello\\n")), say("Done.")]) as server:
    environment = clis.prepare("gemini", home, server.url)
    ...
assert server.calls[0].prompt == "Write a.txt"
"""

from support.model_server.calls import Call
from support.model_server.server import ModelServer
from support.model_server.turns import (
    Action,
    Fail,
    Garbage,
    Hang,
    ReadFile,
    Reply,
    RunShell,
    Script,
    Truncated,
    Turn,
    Usage,
    UseTool,
    WriteFile,
    act,
    conversation,
    say,
)

__all__ = [
    "Action",
    "Call",
    "Fail",
    "Garbage",
    "Hang",
    "ModelServer",
    "ReadFile",
    "Reply",
    "RunShell",
    "Script",
    "Truncated",
    "Turn",
    "Usage",
    "UseTool",
    "WriteFile",
    "act",
    "conversation",
    "say",
]
