"""The diff of what an agent changed, as much of it as is of use in a page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.journal import RunFolder, StepRecord

_LONGEST_DIFF = 96 * 1024


def diff_text(folder: RunFolder, record: StepRecord) -> str:
    """Return the diff that a step's latest try has left: a long one's beginning, and where all of it is.

    It is empty where there is none.
    """
    path = folder.attempt_diff(record.id, record.attempt)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(_LONGEST_DIFF)
    except OSError:
        return ""
    if size <= len(data):
        return data.decode("utf-8", "replace")
    shown = data[: data.rfind(b"\n") + 1] or data
    where = path.relative_to(folder.path)
    return f"{shown.decode('utf-8', 'replace')}[… {size - len(shown):,} bytes left out; all of it is in {where} …]\n"
