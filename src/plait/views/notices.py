"""What became of notices that were tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.views.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plait.notify.sending import Delivery
    from plait.views.palette import Palette

_WORDS = {"sent": "completed", "failed": "failed", "skipped": "skipped"}


def notices_lines(deliveries: Sequence[Delivery], palette: Palette) -> Iterator[str]:
    """Yield a line for each notice."""
    if not deliveries:
        yield "no notices are asked for: see `notify` in a workflow, or a notify.yml in the settings"
    for each in deliveries:
        notification, file = each.wanted
        place = "the workflow" if file is None else one_line(str(file))
        problem = f": {one_line(each.problem)}" if each.problem else ""
        told = f"{each.status} {one_line(notification.receiver)}{problem}"
        yield f"{palette.sign(_WORDS[each.status])} {told} {palette.paint(f'({place})', 'dim')}"


def notices_payload(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """Return what became of each as an object."""
    return {
        "notices": [
            {
                "receiver": each.wanted.notification.receiver,
                "on": list(each.wanted.notification.on),
                "file": None if each.wanted.file is None else str(each.wanted.file),
                "status": each.status,
                "problem": each.problem or None,
            }
            for each in deliveries
        ]
    }
