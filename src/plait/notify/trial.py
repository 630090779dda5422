"""Trying notices without a run."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, cast

from plait.journal.record import timestamp
from plait.notify.notice import Notice, Waiting
from plait.notify.sending import Delivery, send

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plait.model.notification import Stop
    from plait.notify.settings import Wanted

_MESSAGE = "This is a test: no run waits"


def try_out(wanted: Sequence[Wanted], project_root: Path, status: str | None) -> list[Delivery]:
    """Send each a notice that says it is a test, of `status` or of the first stop it asks for.

    Notices that do not ask for `status` are left out. Returns what became of the others, in their order.
    """
    chosen = [each for each in wanted if status is None or status in each.notification.on]
    deliveries: dict[int, Delivery] = {}
    for stop in dict.fromkeys(status or each.notification.on[0] for each in chosen):
        places = [at for at, each in enumerate(chosen) if (status or each.notification.on[0]) == stop]
        notice = _sample(cast("Stop", stop), project_root)
        deliveries |= zip(places, send(notice, [chosen[at] for at in places], project_root), strict=True)
    return [deliveries[at] for at in sorted(deliveries)]


def _sample(status: Stop, project_root: Path) -> Notice:
    now = timestamp(time.time())
    waiting = (Waiting("gate", _MESSAGE, ("approve", "reject"), ""),) if status == "paused" else ()
    return Notice(
        "test",
        "test",
        "A test of Plait's notices",
        status,
        str(project_root),
        os.uname().nodename,
        now,
        now,
        0.0,
        step_id="gate" if waiting else "step" if status in ("failed", "aborted") else None,
        error="this is a test: nothing failed" if status == "failed" else None,
        waiting=waiting,
        waiting_count=len(waiting),
        outputs={},
        is_test=True,
    )
