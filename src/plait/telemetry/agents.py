"""Calls to agents in the words of OpenTelemetry's conventions for generative AI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.telemetry import measures
from plait.telemetry.finished import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.journal.facts import Event
    from plait.telemetry.finished import Attributes

OPERATION = "gen_ai.operation.name"
_PROVIDERS = {
    "claude": "anthropic",
    "codex": "openai",
    "gemini": "gcp.gemini",
    "grok": "x_ai",
    "kimi": "moonshot_ai",
    "vibe": "mistral_ai",
}
"""Whose models an agent's CLI talks to by default; of the others, the agent itself is named."""


@dataclass(slots=True)
class Calls:
    """The calls to agents in one try of a step: the sum of what they used."""

    agent: str = ""
    model: str = ""
    session: str = ""
    input: int = 0
    output: int = 0
    cached: int = 0
    usd: float = 0.0
    count: int = 0

    def add(self, event: Event) -> None:
        """Count one call, which an event `spent` tells of."""
        self.agent = event.get("agent") or self.agent
        self.model = event.get("model") or self.model
        self.input += event.get("tokens_in", 0)
        self.output += event.get("tokens_out", 0)
        self.cached += event.get("tokens_cached", 0)
        self.usd += event["usd"]
        self.count += 1

    def attributes(self) -> Attributes:
        """Return the attributes of the span of the try."""
        found: Attributes = {**_identity(self.agent, self.model), "plait.agent.calls": self.count}
        if self.session:
            found["gen_ai.conversation.id"] = self.session
        if self.input or self.output:
            found["gen_ai.usage.input_tokens"] = self.input
            found["gen_ai.usage.output_tokens"] = self.output
        if self.cached:
            found["gen_ai.usage.cache_read.input_tokens"] = self.cached
        if self.usd:
            found["plait.agent.cost_usd"] = self.usd
        return found


def measurements_of(event: Event) -> Iterator[Measurement]:
    """Yield what is measured of one call."""
    identity = _identity(event.get("agent") or "", event.get("model") or "")
    yield Measurement(measures.OPERATION_DURATION, event["minutes"] * 60, identity)
    for kind, field in (("input", "tokens_in"), ("output", "tokens_out")):
        if count := event.get(field):
            yield Measurement(measures.TOKEN_USAGE, count, {**identity, "gen_ai.token.type": kind})
    if event["usd"]:
        yield Measurement(measures.COST, event["usd"], identity)


def _identity(agent: str, model: str) -> Attributes:
    found: Attributes = {OPERATION: "invoke_agent", "gen_ai.provider.name": _PROVIDERS.get(agent, agent) or "_OTHER"}
    if agent:
        found["gen_ai.agent.name"] = agent
    if model:
        found["gen_ai.request.model"] = model
    return found
