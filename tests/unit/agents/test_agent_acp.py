"""A conversation in the Agent Client Protocol, the agent's side played by the test."""

import json
from pathlib import Path

import pytest

from plait.agents.acp import MOST_REQUESTS, AcpConversation
from plait.agents.reply import Activity, Usage
from plait.agents.request import Request

CWD = Path("/project")
OPTIONS = [
    {"optionId": "always", "kind": "allow_always", "name": "Always"},
    {"optionId": "yes", "kind": "allow_once", "name": "Yes"},
    {"optionId": "no", "kind": "reject_once", "name": "No"},
    {"optionId": "never", "kind": "reject_always", "name": "Never"},
]


class Agent:
    """Talks to a conversation and reads what it answers."""

    def __init__(self, **request):
        self.conversation = AcpConversation(Request(request.pop("prompt", "Do it."), **request), CWD)
        self.asked = self._read(self.conversation.begin())

    def _read(self, data):
        return None if data is None else [json.loads(line) for line in data.splitlines()]

    def say(self, *messages):
        lines = "".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages)
        self.asked = self._read(self.conversation.feed(lines.encode()))
        return self.asked

    def answer(self, result):
        return self.say({"id": self.asked[-1]["id"], "result": result})

    def refuse(self, **error):
        return self.say({"id": self.asked[-1]["id"], "error": error})

    def update(self, **update):
        return self.say({"method": "session/update", "params": {"sessionId": "s-1", "update": update}})

    def prompted(self, session=None, **capabilities):
        self.answer({"protocolVersion": 1, "agentCapabilities": capabilities})
        self.answer({"sessionId": "s-1", **(session or {})})
        return self

    def ask_permission(self, options=OPTIONS, **call):
        params = {"sessionId": "s-1", "toolCall": call, "options": options}
        (answer,) = self.say({"id": 77, "method": "session/request_permission", "params": params})
        assert answer["id"] == 77
        return answer["result"]["outcome"]


def test_from_the_first_word_to_the_last():
    agent = Agent(prompt="Write \u2028 a.txt\n\x00")
    (initialize,) = agent.asked
    assert initialize["method"] == "initialize"
    assert initialize["params"]["protocolVersion"] == 1
    assert initialize["params"]["clientCapabilities"] == {
        "fs": {"readTextFile": False, "writeTextFile": False},
        "terminal": False,
    }
    (new,) = agent.answer({"protocolVersion": 1})
    assert (new["method"], new["params"]) == ("session/new", {"cwd": "/project", "mcpServers": []})
    (prompt,) = agent.answer({"sessionId": "s-1"})
    assert prompt["method"] == "session/prompt"
    assert prompt["params"] == {"sessionId": "s-1", "prompt": [{"type": "text", "text": "Write \u2028 a.txt\n\x00"}]}
    assert agent.update(sessionUpdate="agent_thought_chunk", content={"type": "text", "text": "hm"}) == []
    agent.update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": "I wr"})
    agent.update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": "ite."})
    place = [{"path": "/project/a.txt"}]
    agent.update(sessionUpdate="tool_call", toolCallId="1", title="Writing", kind="edit", locations=place)
    agent.update(sessionUpdate="tool_call_update", toolCallId="1", status="completed")
    agent.update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": "Done.\n"})
    agent.update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": "Bye."})
    asked = agent.asked
    assert not agent.conversation.over
    agent.asked = [prompt]
    usage = {"inputTokens": 60, "cachedReadTokens": 40, "outputTokens": 20, "totalTokens": 120}
    assert agent.answer({"stopReason": "end_turn", "usage": usage}) is None
    assert agent.conversation.over
    assert asked == []
    assert agent.conversation.activities() == [
        Activity("text", "I write."),
        Activity("tool", "edit /project/a.txt"),
        Activity("text", "Done."),
        Activity("usage", "100 tokens in, 20 out"),
    ]
    reply = agent.conversation.finish()
    assert (reply.text, reply.session, reply.error, reply.complete) == ("Done.\nBye.", "s-1", None, True)
    assert reply.usage == Usage(100, 40, 20)


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ("read", {"read", "search", "think"}),
        ("edit", {"read", "search", "think", "edit", "delete", "move", "fetch", "switch_mode"}),
        ("full", {"read", "search", "think", "edit", "delete", "move", "fetch", "switch_mode", "execute", "other", ""}),
    ],
)
def test_permission_by_policy(permission, allowed):
    kinds = ["read", "search", "think", "edit", "delete", "move", "fetch", "switch_mode", "execute", "other", ""]
    agent = Agent(permission=permission).prompted()
    for number, kind in enumerate(kinds):
        outcome = agent.ask_permission(toolCallId=str(number), kind=kind, rawInput={"n": number})
        assert outcome == {"outcome": "selected", "optionId": "yes" if kind in allowed else "no"}
    denied = agent.conversation.finish().denied
    refused = [number for number, kind in enumerate(kinds) if kind not in allowed]
    assert [entry["input"] for entry in denied] == [{"n": number} for number in refused]


def test_the_options_that_are_there_are_used():
    agent = Agent(permission="edit").prompted()
    assert agent.ask_permission(OPTIONS[:1], kind="edit") == {"outcome": "selected", "optionId": "always"}
    assert agent.ask_permission(OPTIONS[3:], kind="execute") == {"outcome": "selected", "optionId": "never"}
    assert agent.ask_permission(OPTIONS[:2], kind="execute") == {"outcome": "cancelled"}
    assert agent.ask_permission([], kind="edit") == {"outcome": "cancelled"}
    assert agent.ask_permission("x", kind="edit") == {"outcome": "cancelled"}


def test_a_call_named_by_its_id_alone_is_the_one_told_before():
    agent = Agent(permission="edit").prompted()
    agent.update(
        sessionUpdate="tool_call", toolCallId="1", title="touch x", kind="execute", rawInput={"command": "touch x"}
    )
    assert agent.ask_permission(toolCallId="1")["optionId"] == "no"
    agent.update(sessionUpdate="tool_call", toolCallId="2", title="Writing", kind="edit")
    assert agent.ask_permission(toolCallId="2")["optionId"] == "yes"
    assert agent.conversation.finish().denied == [{"tool": "execute", "input": {"command": "touch x"}}]


def test_a_call_without_an_id_is_never_taken_for_another_one():
    agent = Agent(permission="edit").prompted()
    agent.update(sessionUpdate="tool_call", toolCallId="", title="Writing", kind="edit")
    assert agent.ask_permission(toolCallId="")["optionId"] == "no"
    assert agent.ask_permission()["optionId"] == "no"


def test_a_call_first_heard_of_with_its_permission_is_shown():
    agent = Agent(permission="full").prompted()
    agent.ask_permission(toolCallId="1", kind="execute", title="x", rawInput={"command": "make"})
    agent.update(sessionUpdate="tool_call_update", toolCallId="1", status="failed", rawOutput={"error": "no rule"})
    assert agent.conversation.activities() == [Activity("tool", "run make"), Activity("tool_result", "failed: no rule")]


def test_a_session_is_loaded_and_what_was_said_in_it_is_not_the_answer():
    agent = Agent(session="s-0")
    (load,) = agent.answer({"protocolVersion": 1, "agentCapabilities": {"loadSession": True}})
    assert load["method"] == "session/load"
    assert load["params"] == {"sessionId": "s-0", "cwd": "/project", "mcpServers": []}
    agent.update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": "Long ago."})
    agent.asked = [load]
    (prompt,) = agent.answer({})
    assert prompt["params"]["sessionId"] == "s-0"
    agent.answer({"stopReason": "end_turn"})
    reply = agent.conversation.finish()
    assert (reply.text, reply.session, reply.complete) == ("", "s-0", True)


def test_an_agent_that_cannot_load_a_session():
    agent = Agent(session="s-0")
    assert agent.answer({"protocolVersion": 1}) is None
    assert agent.conversation.finish().error == "the session cannot be gone on with: the agent keeps none"


def test_an_agent_that_has_lost_the_session():
    agent = Agent(session="s-0")
    agent.answer({"protocolVersion": 1, "agentCapabilities": {"loadSession": True}})
    assert agent.refuse(code=-32603, message="Internal error") is None
    reply = agent.conversation.finish()
    assert (reply.session, reply.error) == (None, "the session cannot be gone on with: Internal error")


MODELS = {"models": {"availableModels": [{"modelId": "m(1)", "name": "m"}, {"modelId": "n"}]}}
MODES = {"modes": {"availableModes": [{"id": "plan", "name": "Plan"}]}}
CONFIGURED = {"configOptions": [{"id": "llm", "category": "model"}, {"id": "mode"}, {"id": {}, "category": []}]}


@pytest.mark.parametrize(
    ("session", "methods"),
    [
        ({}, []),
        (MODELS, [("session/set_model", {"modelId": "m(1)"})]),
        (MODELS | MODES, [("session/set_model", {"modelId": "m(1)"}), ("session/set_mode", {"modeId": "plan"})]),
        (
            CONFIGURED,
            [
                ("session/set_config_option", {"configId": "llm", "value": "m"}),
                ("session/set_config_option", {"configId": "mode", "value": "plan"}),
            ],
        ),
    ],
)
def test_model_and_mode_are_set_before_the_prompt(session, methods):
    agent = Agent(model="m", options={"mode": "plan"}).prompted(session)
    for method, params in methods:
        (request,) = agent.asked
        assert (request["method"], request["params"]) == (method, {"sessionId": "s-1", **params})
        agent.answer({})
    assert agent.asked[0]["method"] == "session/prompt"


def test_a_model_that_is_refused():
    agent = Agent(model="unknown").prompted(MODELS)
    assert agent.asked[0]["params"]["modelId"] == "unknown"
    assert agent.refuse(code=-32602, message="Invalid params", data={"details": "no such model"}) is None
    assert agent.conversation.finish().error == "session/set_model was refused: Invalid params: no such model"


def test_an_agent_that_wants_a_login():
    agent = Agent()
    agent.answer({"protocolVersion": 1})
    assert agent.refuse(code=-32000, message="Authentication required") is None
    reply = agent.conversation.finish()
    assert (reply.error, reply.complete) == ("authentication required: Authentication required", False)


def test_another_version_of_the_protocol():
    agent = Agent()
    assert agent.answer({"protocolVersion": 2}) is None
    assert agent.conversation.finish().error == "the agent speaks version 2 of the protocol, not 1"


def test_a_session_without_a_usable_id():
    agent = Agent()
    agent.answer({"protocolVersion": 1})
    assert agent.answer({"sessionId": "--rm -rf"}) is None
    assert agent.conversation.finish().error == "the agent opened a session without a usable id"


@pytest.mark.parametrize(
    ("reason", "complete", "error"),
    [
        ("max_tokens", True, "the answer reached the model's limit of tokens"),
        ("max_turn_requests", True, "the agent reached its limit of turns"),
        ("refusal", True, "the model refused to answer"),
        ("cancelled", False, "the agent was told to stop"),
        ("boredom", False, "the agent stopped: boredom"),
    ],
)
def test_other_ends(reason, complete, error):
    agent = Agent().prompted()
    assert agent.answer({"stopReason": reason}) is None
    reply = agent.conversation.finish()
    assert (reply.complete, reply.error) == (complete, error)


def test_an_error_in_place_of_the_answer():
    agent = Agent().prompted()
    assert agent.refuse(code=-32603, message="Internal error", data={"details": "429 Too Many Requests"}) is None
    assert agent.conversation.finish().error == "Internal error: 429 Too Many Requests"


def test_tokens_in_other_places():
    agent = Agent().prompted()
    prompt = agent.asked
    for _ in range(2):
        meta = {"usage": {"inputTokens": 100, "outputTokens": 20, "cachedReadTokens": 40, "totalTokens": 120}}
        agent.update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": ""}, _meta=meta)
    assert agent.conversation.finish().usage == Usage(200, 80, 40)
    agent.update(sessionUpdate="usage_update", used=5, size=9, cost={"amount": 0.5, "currency": "USD"})
    agent.asked = prompt
    agent.answer(
        {"stopReason": "end_turn", "_meta": {"quota": {"token_count": {"input_tokens": 7, "output_tokens": 3}}}}
    )
    assert agent.conversation.finish().usage == Usage(7, 0, 3, 0.5)


def test_what_the_client_does_not_offer():
    agent = Agent().prompted()
    (answer,) = agent.say({"id": "x", "method": "fs/read_text_file", "params": {"path": "/etc/passwd"}})
    assert (answer["id"], answer["error"]["code"]) == ("x", -32601)
    assert agent.say({"method": "some/notification"}) == []


def test_answers_that_nobody_waits_for_are_passed_over():
    agent = Agent()
    assert agent.say({"id": 99, "result": {}}, {"id": None}, {"id": [], "error": 5}, {"result": {}}) == []
    assert agent.asked == []
    (new,) = agent.say({"id": 1, "result": {"protocolVersion": 1}})
    assert new["method"] == "session/new"


def test_an_agent_that_never_stops_asking():
    agent = Agent().prompted()
    requests = [{"id": number, "method": "x/y"} for number in range(MOST_REQUESTS)]
    assert len(agent.say(*requests)) == MOST_REQUESTS
    assert agent.say({"id": 0, "method": "x/y"}) is None
    assert agent.conversation.finish().error == f"the agent made more than {MOST_REQUESTS} requests"


def test_being_told_to_stop():
    agent = Agent()
    assert agent.conversation.cancel() == b""
    agent.prompted()
    cancel = json.loads(agent.conversation.cancel())
    assert (cancel["method"], cancel["params"]) == ("session/cancel", {"sessionId": "s-1"})
    assert "id" not in cancel


def test_nothing_is_heard_after_the_end():
    agent = Agent().prompted()
    agent.answer({"stopReason": "end_turn"})
    assert agent.update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": "PS"}) is None
    assert agent.conversation.finish().text == ""
