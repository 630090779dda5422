"""Why a step came to be as it is, for people and for programs."""

from __future__ import annotations

import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from plait.journal.record import timestamp
from plait.views.clock import Clock
from plait.views.sentences import sentence_of
from plait.views.text import one_line, plural
from plait.views.values import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.history.facts import Explanation, Fact
    from plait.views.palette import Palette

_MOST_TESTS = 8
_NARROWEST = 24


def explanation_lines(found: Explanation, palette: Palette, *, width: int) -> Iterator[str]:
    """Yield the name and status of a step, then its facts as sentences, each with its time; `width` in cells."""
    title = [palette.sign(_sign(found.status)), palette.paint(one_line(found.step_id), "bold")]
    title += [f"“{one_line(found.name)}”"] if found.name else []
    title += [palette.paint(one_line(found.type), "dim")] if found.type else []
    yield " ".join([*title, palette.status(_sign(found.status), found.status)])
    facts = told_facts(found.facts)
    clock = Clock(next((fact.at for fact in found.facts if fact.at), 0.0))
    times = [clock.time(fact.at) if fact.at else "" for fact in facts]
    margin = max(map(len, times), default=0)
    latest = ""
    for fact, time in zip(facts, times, strict=True):
        shown = "" if time == latest else time
        latest = time or latest
        lines = textwrap.wrap(sentence_of(fact, clock), max(width - margin - 4, _NARROWEST), break_on_hyphens=False)
        for number, line in enumerate(lines):
            lead = (shown if number == 0 else "").ljust(margin)
            yield f"  {palette.paint(lead, 'dim')}  {line}".rstrip()
    if found.others:
        others = f"This is one of {plural(len(found.others) + 1, 'occurrence')}; the others: {listed(found.others)}."
        yield from textwrap.wrap(others, max(width, _NARROWEST), initial_indent="  ", subsequent_indent="  ")


def _sign(status: str) -> str:
    return {"forgotten": "pending", "not begun": "pending"}.get(status, status)


def told_facts(facts: Sequence[Fact]) -> list[Fact]:
    """Leave out what tells a person little: the tests in the middle of many, and a beginning that goes without saying.

    A first try that begins at once, when it has been said why, does.
    """
    tests = [fact for fact in facts if fact.kind == "test"]
    hidden = {id(fact) for fact in tests[_MOST_TESTS // 2 : -_MOST_TESTS // 2]} if len(tests) > _MOST_TESTS else set()
    hidden |= {
        id(fact)
        for before, fact in pairwise(facts)
        if fact.kind == "began" and fact.values["attempt"] == 1 and (fact.at or 0) - (before.at or 0) < 1
    }
    return [fact for fact in facts if id(fact) not in hidden]


def explanation_payload(run_id: str, found: Explanation) -> dict[str, Any]:
    """Return the same as an object: `facts` have `kind`, `time` (ISO 8601), `values` and the sentence, `text`."""
    clock = Clock(next((fact.at for fact in found.facts if fact.at), 0.0))
    return {
        "run_id": run_id,
        "step_id": found.step_id,
        "type": found.type,
        "name": found.name,
        "status": found.status,
        "others": list(found.others),
        "facts": [
            {
                "kind": fact.kind,
                "time": None if fact.at is None else timestamp(fact.at),
                "values": dict(fact.values),
                "text": sentence_of(fact, clock),
            }
            for fact in found.facts
        ],
    }
