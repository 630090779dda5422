"""Sending a notice to everybody who wants it, at once and for a bounded time."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from plait.errors import PlaitError
from plait.notify import command, desktop, webhook
from plait.notify.undelivered import NoDesktopError
from plait.secrets import Redactor, Secret, SecretStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from plait.model.notification import Notification
    from plait.notify.notice import Notice
    from plait.notify.settings import Wanted

_PATIENCE = command.TIMEOUT + 5.0
"""Seconds after which nothing is waited for any more."""


@dataclass(slots=True)
class Delivery:
    """What became of one notice; `problem` says why it was not sent, and is safe to show."""

    wanted: Wanted
    status: Literal["sent", "failed", "skipped"] = "failed"
    problem: str = "no answer"


def send(notice: Notice, wanted: Sequence[Wanted], project_root: Path) -> list[Delivery]:
    """Send a notice to all; never raises, and returns what became of each in their order."""
    deliveries = [Delivery(each) for each in wanted]
    threads = [threading.Thread(target=_deliver, args=(notice, each, project_root), daemon=True) for each in deliveries]
    until = time.monotonic() + _PATIENCE
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
    except KeyboardInterrupt:
        for delivery in deliveries:
            if delivery.problem == "no answer":
                delivery.problem = "not waited for"
    return deliveries


def _deliver(notice: Notice, delivery: Delivery, project_root: Path) -> None:
    notification = delivery.wanted.notification
    redactor = Redactor()
    try:
        _send(notice, notification, SecretStore(project_root, redactor), project_root)
    except NoDesktopError as error:
        delivery.status, delivery.problem = "skipped", str(error)
    except PlaitError as error:
        delivery.problem = redactor.redact_text(str(error))
    except Exception as error:  # noqa: BLE001 - a notice must not change what became of the run
        delivery.problem = type(error).__name__
    else:
        delivery.status, delivery.problem = "sent", ""


def _send(notice: Notice, wanted: Notification, secrets: SecretStore, project_root: Path) -> None:
    if wanted.desktop:
        desktop.show(notice.title, notice.text)
        return
    body = notice.body(outputs=wanted.outputs)
    if wanted.command is not None:
        command.tell(wanted.command, {**notice.variables(), **_values(wanted.env, secrets)}, body, project_root)
    elif wanted.webhook is not None:
        webhook.post(_value(wanted.webhook, secrets), _values(wanted.headers, secrets), body)


def _values(values: Mapping[str, str | Secret], secrets: SecretStore) -> dict[str, str]:
    return {name: _value(value, secrets) for name, value in values.items()}


def _value(value: str | Secret, secrets: SecretStore) -> str:
    return secrets.value(value) if isinstance(value, Secret) else value
