"""What messages of the Agent Client Protocol hold, in the shapes that agents are seen to give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from plait.agents.reply import Usage
from plait.agents.streams.documents import at, count_at, mapping_at, mappings_at, text_at
from plait.agents.streams.draft import describe, first_line

if TYPE_CHECKING:
    from collections.abc import Mapping

Message: TypeAlias = "Mapping[str, object]"

AUTH_REQUIRED = -32000
LARGEST_ID = 2**63
LONGEST_ID = 1000

STOPPED = {  # by the reason that the answer to a prompt gives
    "max_tokens": "the answer reached the model's limit of tokens",
    "max_turn_requests": "the agent reached its limit of turns",
    "refusal": "the model refused to answer",
    "cancelled": "the agent was told to stop",
}


def id_of(message: Message) -> object:
    """Return the id of a request; None for one that nobody would choose."""
    name = message.get("id")
    if isinstance(name, int):
        return name if abs(name) < LARGEST_ID else None
    return name if isinstance(name, str) and len(name) <= LONGEST_ID else None


def error_text(error: Message) -> str:
    """Return what an error says, and whether it is for want of a login."""
    code = error.get("code")
    details = at(error, "data", "details") or at(error, "data", "message") or at(error, "data")
    parts = [text_at(error, "message"), details if isinstance(details, str) else ""]
    message = ": ".join(part for part in dict.fromkeys(parts) if part)
    return f"authentication required: {message}" if code == AUTH_REQUIRED else message


def call_text(call: Message) -> str:
    """Return a tool call as one line: what the agent calls it, or kind and place."""
    title = first_line(text_at(call, "title"))
    places = [text_at(place, "path") for place in mappings_at(call, "locations")]
    kind = text_at(call, "kind")
    if kind in {"read", "edit", "delete", "move"} and places:
        return first_line(f"{kind} {places[0]}")
    if kind == "execute" and (command := text_at(call, "rawInput", "command")):
        return describe("shell", {"command": command})
    return title or kind or "a tool"


def outcome_text(update: Message) -> str:
    """Return what a tool call came to, as far as the agent tells."""
    texts = [text_at(block, "content", "text") for block in mappings_at(update, "content")]
    return "\n".join(texts) or text_at(update, "rawOutput", "error") or text_at(update, "rawOutput", "message")


def final_usage(result: Message) -> Usage:
    """Return the tokens that an answer to the prompt tells, in the protocol's own place or gemini's."""
    if usage := mapping_at(result, "usage"):
        return tokens(usage)
    counts = mapping_at(result, "_meta", "quota", "token_count")
    return Usage(count_at(counts, "input_tokens"), 0, count_at(counts, "output_tokens"))


def tokens(usage: Message) -> Usage:
    """Return the counts of tokens in the protocol's own form."""
    written = count_at(usage, "outputTokens") + count_at(usage, "thoughtTokens")
    # Some agents count what came from the cache within the input, some apart; the total tells.
    taken = max(count_at(usage, "inputTokens"), count_at(usage, "totalTokens") - written)
    return Usage(taken, count_at(usage, "cachedReadTokens"), written)
