"""The notices of one run: read before it begins, sent after it has stopped."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.journal.reader import read_state
from plait.notify.settings import Wanted, wanted_by_settings
from plait.notify.stops import signature_of, stop_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plait.journal.folder import RunFolder
    from plait.journal.state import RunState
    from plait.model.workflow import Workflow


class Notices:
    """Tells whoever wants to know that a run has stopped; what goes wrong with that is one warning each.

    Without `warn`, nobody is told anything.
    """

    def __init__(self, project_root: Path, warn: Callable[[str], object] | None = None) -> None:
        self._project_root = project_root
        self._warn = warn
        self._wanted: list[Wanted] = []
        self._workflow: Workflow | None = None
        self._before: tuple[object, ...] | None = None

    @classmethod
    def of(cls, project_root: Path, environ: Mapping[str, str], warn: Callable[[str], object]) -> Notices:
        """Return the notices that the settings ask for, to which a workflow may add its own.

        Raises `InvalidSettingsError` for settings that are wrong.
        """
        notices = cls(project_root, warn)
        notices._wanted = wanted_by_settings(project_root, environ)
        return notices

    def expect(self, workflow: Workflow, before: RunState | None = None) -> None:
        """Get ready to tell of a run of a workflow; `before` is how it stands, if it is one that goes on."""
        self._workflow = workflow
        self._before = None if before is None else signature_of(before)
        known = [each.notification for each in self._wanted]
        self._wanted += [Wanted(each) for each in workflow.notify if each not in known]

    def around(self, folder: RunFolder, advance: Callable[[], RunState]) -> RunState:
        """Let `advance` walk a run, and tell how it stopped once that is on the disk."""
        begun = time.monotonic()
        try:
            state = advance()
        except PlaitError:
            raise
        except Exception:
            with suppress(PlaitError):
                self._tell(read_state(folder), time.monotonic() - begun)
            raise
        self._tell(state, time.monotonic() - begun)
        return state

    def _tell(self, state: RunState, seconds: float) -> None:
        if self._workflow is None or self._warn is None or not self._wanted:
            return
        stop = stop_of(state)
        if stop is None:
            return
        wanted = [each for each in self._wanted if stop in each.notification.on]
        if not wanted or (self._before is not None and self._before == signature_of(state)):
            return
        from plait.notify.notice import Notice  # noqa: PLC0415 - few runs tell anybody
        from plait.notify.sending import send  # noqa: PLC0415 - few runs tell anybody

        notice = Notice.of(state, self._workflow, self._project_root, seconds)
        for each in send(notice, wanted, self._project_root):
            if each.status == "failed":
                self._warn(f"warning: {each.wanted.notification.receiver} was not told: {each.problem}")
            elif each.status == "skipped":
                self._warn(f"note: no desktop notice: {each.problem}")
