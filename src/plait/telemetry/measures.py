"""The instruments: what is measured, and in which unit."""

from __future__ import annotations

from typing import Literal, NamedTuple

RUN_DURATION = "plait.run.duration"
STEP_DURATION = "plait.step.duration"
ATTEMPT_DURATION = "plait.attempt.duration"
RETRIES = "plait.step.retries"
ITEMS = "plait.items"
COST = "plait.agent.cost"
TOKEN_USAGE = "gen_ai.client.token.usage"  # noqa: S105 - tokens of a model
OPERATION_DURATION = "gen_ai.client.operation.duration"

_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)
_OPERATION_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4.0**power for power in range(14))


class Instrument(NamedTuple):
    """An instrument; `bounds` are those of a histogram's buckets."""

    kind: Literal["histogram", "counter"]
    unit: str
    description: str
    bounds: tuple[float, ...] = ()


INSTRUMENTS: dict[str, Instrument] = {
    RUN_DURATION: Instrument("histogram", "s", "How long a process walked a run, until it ended or stopped.", _SECONDS),
    STEP_DURATION: Instrument("histogram", "s", "How long an occurrence of a step took, with all in it.", _SECONDS),
    ATTEMPT_DURATION: Instrument("histogram", "s", "How long one try of a step took.", _SECONDS),
    RETRIES: Instrument("counter", "{retry}", "Tries that failed and were followed by another."),
    ITEMS: Instrument("counter", "{item}", "Items of fan-outs that came to an end, by their status."),
    COST: Instrument("counter", "{USD}", "What calls to agents have cost, as far as they tell."),
    TOKEN_USAGE: Instrument("histogram", "{token}", "Number of input and output tokens used.", _TOKENS),
    OPERATION_DURATION: Instrument("histogram", "s", "GenAI operation duration.", _OPERATION_SECONDS),
}
