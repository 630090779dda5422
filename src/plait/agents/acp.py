"""The client's side of the Agent Client Protocol: JSON-RPC 2.0, one object a line, without doing any input or output.

The order is `initialize`, `session/new` (or `session/load`), the model and mode that were asked for, `session/prompt`;
meanwhile the agent tells what it does and asks for permission, which is answered by policy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from plait.agents.acp_messages import STOPPED, call_text, error_text, final_usage, id_of, outcome_text, tokens
from plait.agents.permission_policy import choose
from plait.agents.reply import Activity, Usage
from plait.agents.streams.documents import Documents, amount_at, at, mapping_at, mappings_at, text_at
from plait.agents.streams.draft import Draft, first_line, tool_failed
from plait.agents.streams.tool_calls import ToolCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plait.agents.reply import Reply
    from plait.agents.request import Request

Message: TypeAlias = "Mapping[str, object]"

PROTOCOL_VERSION = 1
METHOD_NOT_FOUND = -32601
MOST_ACTIVITIES = 1000
MOST_REQUESTS = 10_000
"""Requests of the agent that are answered in one conversation."""

_LOST = "the session cannot be gone on with"


class AcpConversation:
    """One prompt in one session: a `Dialogue` with the agent, and a reader of what it does.

    stdin is closed (`feed` returns None) when the prompt has been answered, or cannot be.
    """

    def __init__(self, request: Request, cwd: Path) -> None:
        self._request = request
        self._cwd = str(cwd)
        self._documents = Documents()
        self._draft = Draft()
        self._activities: list[Activity] = []
        self._tools = ToolCalls()
        self._answered_requests = 0
        self._out = bytearray()
        self._sent = 0
        self._waiting_for: tuple[int, Callable[[Message], None]] | None = None
        self._wishes: list[tuple[str, dict[str, object]]] = []
        self._summed = Usage()
        self._cost: float | None = None
        self._loading = False
        self._prompted = False
        self._over = False

    @property
    def session(self) -> str | None:
        """The id of the conversation, as soon as it is known."""
        return self._draft.reply.session

    def begin(self) -> bytes:
        """Return the first request."""
        nothing = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        client = {"name": "plait", "title": "Plait", "version": "1"}
        params = {"protocolVersion": PROTOCOL_VERSION, "clientCapabilities": nothing, "clientInfo": client}
        self._ask("initialize", params, self._open_session)
        return self._take_out()

    def feed(self, data: bytes) -> bytes | None:
        """Take in what the agent wrote; return the answers to it, or None when the conversation is over."""
        for message in self._documents.feed(data):
            self._take(message)
        del self._activities[:-MOST_ACTIVITIES]
        return None if self._over else self._take_out()

    @property
    def over(self) -> bool:
        """Whether there is nothing more to be said; an agent may go on running all the same, and has to be ended."""
        return self._over

    def cancel(self) -> bytes:
        """Return what tells the agent to stop; it then answers the prompt with what it has."""
        if self._prompted and not self._over:
            self._send({"method": "session/cancel", "params": {"sessionId": self._draft.reply.session}})
        return self._take_out()

    def activities(self) -> list[Activity]:
        """Return what has been done since this was called last, at most `MOST_ACTIVITIES` of it."""
        news, self._activities = self._activities, []
        return news

    def finish(self) -> Reply:
        """Return what it all came to."""
        self._activities += self._draft.end_message()
        reply = self._draft.finish()
        reply.left_out = self._documents.dropped
        return reply

    # What is said.

    def _ask(self, method: str, params: Mapping[str, object], on_result: Callable[[Message], None]) -> None:
        self._sent += 1
        self._waiting_for = self._sent, on_result
        self._send({"id": self._sent, "method": method, "params": params})

    def _send(self, message: Mapping[str, object]) -> None:
        text = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False)
        self._out += text.encode("utf-8", "replace") + b"\n"

    def _take_out(self) -> bytes:
        out = bytes(self._out)
        self._out.clear()
        return out

    # What is heard.

    def _take(self, message: Message) -> None:
        method = message.get("method")
        if self._over:
            return
        if not isinstance(method, str):
            self._take_answer(message)
        elif method == "session/update":
            self._take_update(mapping_at(message, "params", "update"))
        elif "id" in message:
            self._take_request(method, message)

    def _take_request(self, method: str, message: Message) -> None:
        self._answered_requests += 1
        if self._answered_requests > MOST_REQUESTS:
            self._end_with(f"the agent made more than {MOST_REQUESTS} requests")
        elif method == "session/request_permission":
            self._decide(message)
        else:
            error = {"code": METHOD_NOT_FOUND, "message": f"Method not found: {first_line(method)}"}
            self._send({"id": id_of(message), "error": error})

    def _take_answer(self, message: Message) -> None:
        if self._waiting_for is None or message.get("id") != self._waiting_for[0]:
            return
        _, on_result = self._waiting_for
        if "error" not in message:
            self._waiting_for, self._loading = None, False
            on_result(mapping_at(message, "result"))
        elif self._loading:
            why = error_text(mapping_at(message, "error"))
            self._draft.reply.session = None
            self._end_with(f"{_LOST}: {why}")
        elif self._prompted or not self._wishes:
            self._end_with(error_text(mapping_at(message, "error")))
        else:
            # A model or mode that the agent offered and now refuses.
            method, _ = self._wishes[0]
            self._end_with(f"{method} was refused: {error_text(mapping_at(message, 'error'))}")

    def _end_with(self, error: str) -> None:
        self._over = True
        self._activities += self._draft.fail(error)

    # The way to the prompt.

    def _open_session(self, result: Message) -> None:
        version = result.get("protocolVersion")
        if version != PROTOCOL_VERSION:
            self._end_with(f"the agent speaks version {str(version)[:20]} of the protocol, not {PROTOCOL_VERSION}")
            return
        params: dict[str, object] = {"cwd": self._cwd, "mcpServers": []}
        session = self._request.session
        if session is None:
            self._ask("session/new", params, self._set_up)
        elif at(result, "agentCapabilities", "loadSession") is True:
            self._draft.continue_session(session)
            self._loading = True
            self._ask("session/load", {"sessionId": session, **params}, self._set_up)
        else:
            self._end_with(f"{_LOST}: the agent keeps none")

    def _set_up(self, result: Message) -> None:
        self._draft.continue_session(result.get("sessionId"))
        if self._draft.reply.session is None:
            self._end_with("the agent opened a session without a usable id")
            return
        mode = self._request.options.get("mode")
        if self._request.model is not None:
            self._wish(result, "model", self._request.model)
        if isinstance(mode, str):
            self._wish(result, "mode", mode)
        self._go_on({})

    def _wish(self, session: Message, what: str, value: str) -> None:
        """Ask for a model or a mode in one of the two ways that a session can offer it."""
        offered = mapping_at(session, f"{what}s")
        name = "modelId" if what == "model" else "id"
        listed = "availableModels" if what == "model" else "availableModes"
        for choice in mappings_at(offered, listed):
            if value in (text_at(choice, name), text_at(choice, "name")):
                value = text_at(choice, name)
        if offered:
            self._wishes.append((f"session/set_{what}", {f"{what}Id": value}))
            return
        for option in mappings_at(session, "configOptions"):
            if what in (text_at(option, "category"), text_at(option, "id")):
                wanted = {"configId": option.get("id"), "value": value}
                self._wishes.append(("session/set_config_option", wanted))
                return

    def _go_on(self, result: Message) -> None:
        """Ask for what is still to be set, then send the prompt."""
        del result
        session = {"sessionId": self._draft.reply.session}
        if self._wishes:
            method, params = self._wishes[0]
            self._ask(method, {**session, **params}, self._granted)
            return
        prompt = [{"type": "text", "text": self._request.prompt}]
        self._prompted = True
        self._ask("session/prompt", {**session, "prompt": prompt}, self._answered)

    def _granted(self, result: Message) -> None:
        self._wishes.pop(0)
        self._go_on(result)

    def _answered(self, result: Message) -> None:
        self._over = True
        reply = self._draft.reply
        usage = final_usage(result)
        self._activities += self._draft.end_message() + (self._use(usage) if any(usage) else [])
        reason = text_at(result, "stopReason")
        reply.complete = reason in {"end_turn", "max_tokens", "max_turn_requests", "refusal"}
        if reason != "end_turn":
            self._activities += self._draft.fail(STOPPED.get(reason, f"the agent stopped: {first_line(reason)}"))

    # Meanwhile.

    def _take_update(self, update: Message) -> None:
        if not self._prompted:
            return  # A session that is loaded tells all that was ever said in it.
        match update.get("sessionUpdate"):
            case "agent_message_chunk":
                self._draft.say_more(text_at(update, "content", "text"))
                # qwen's way: the tokens of each call to the model.
                if call := mapping_at(update, "_meta", "usage"):
                    self._summed = self._summed.plus(tokens(call))
                    self._activities += self._use(self._summed)
            case "tool_call":
                self._activities += self._draft.end_message()
                self._note_tool(update)
                self._activities.append(Activity("tool", call_text(update)))
            case "tool_call_update":
                call = self._note_tool(update)
                if update.get("status") == "failed":
                    self._activities += tool_failed(outcome_text(update) or call_text(call))
            case "usage_update" if text_at(update, "cost", "currency") == "USD":
                self._cost = amount_at(update, "cost", "amount")
                self._activities += self._use(self._draft.reply.usage or Usage())

    def _use(self, usage: Usage) -> list[Activity]:
        return self._draft.use(usage._replace(cost_usd=self._cost))

    def _note_tool(self, update: Message) -> Message:
        """Remember a call: a request for permission may name it by its id alone."""
        place = next(mappings_at(update, "locations"), {})
        return self._tools.note(
            text_at(update, "toolCallId"),
            title=first_line(text_at(update, "title")),
            kind=text_at(update, "kind"),
            rawInput=mapping_at(update, "rawInput"),
            locations=[{"path": text_at(place, "path")}] if place else [],
        )

    def _decide(self, message: Message) -> None:
        asked = mapping_at(message, "params", "toolCall")
        new = text_at(asked, "toolCallId") not in self._tools
        self._activities += self._draft.end_message()
        call = self._note_tool(asked)
        options = list(mappings_at(message, "params", "options"))
        chosen, allowed = choose(self._request.permission, call, options)
        if not allowed:
            arguments = mapping_at(call, "rawInput") or {"title": first_line(text_at(call, "title"))}
            self._activities += self._draft.deny(text_at(call, "kind") or "other", arguments)
        elif new:
            self._activities.append(Activity("tool", call_text(call)))
        outcome = {"outcome": "cancelled"} if chosen is None else {"outcome": "selected", "optionId": chosen}
        self._send({"id": id_of(message), "result": {"outcome": outcome}})
