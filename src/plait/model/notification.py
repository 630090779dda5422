"""A notice that somebody wants when a run stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plait.secrets import Secret

Stop = Literal["paused", "failed", "completed", "aborted", "interrupted"]
STOPS: tuple[Stop, ...] = get_args(Stop)
USUAL_STOPS: tuple[Stop, ...] = ("paused", "failed", "completed", "aborted")
"""When a notice is sent that does not say: whoever interrupts a run knows."""


class Notification(NamedTuple):
    """One notice: exactly one of `webhook`, `command` and `desktop` says how it is sent.

    `webhook` is an address, `command` the words of a command or, as text, a line for the shell. `env` adds to the
    environment of the command. `outputs` adds the run's outputs to what is told.
    """

    on: tuple[Stop, ...] = USUAL_STOPS
    webhook: str | Secret | None = None
    headers: Mapping[str, str | Secret] = {}
    command: tuple[str, ...] | str | None = None
    env: Mapping[str, str | Secret] = {}
    desktop: bool = False
    outputs: bool = False

    @property
    def receiver(self) -> str:
        """Where it goes, without anything that may be a key: what is said when it fails."""
        from plait.addresses import check_url  # noqa: PLC0415 - few files name an address

        if isinstance(self.webhook, str):
            return f"the webhook at {check_url(self.webhook).authority}"
        if self.webhook is not None:
            return f"the webhook in the secret `{self.webhook.name}`"
        return f"the command `{self.command_text}`" if self.command is not None else "the desktop"

    @property
    def command_text(self) -> str:
        """The command on one line."""
        import shlex  # noqa: PLC0415 - few files name a command

        words = self.command or ()
        return " ".join((words if isinstance(words, str) else shlex.join(words)).split())

    @property
    def summary(self) -> str:
        """What it does, for a person who decides whether to trust the file that it is in."""
        from plait.addresses import shown  # noqa: PLC0415 - few files name an address

        when = ", ".join(self.on)
        if isinstance(self.webhook, str):
            return f"{when}: sends a notice to {shown(self.webhook)}"
        if self.webhook is not None:
            return f"{when}: sends a notice to the address in the secret {self.webhook.name}"
        return f"{when}: runs {self.command_text}" if self.command is not None else f"{when}: shows a desktop notice"
