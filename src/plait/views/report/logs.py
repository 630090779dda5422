"""The logs of all tries of a run's steps, as much of them as a page can hold."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plait.journal.folder import path_component
from plait.views.report.excerpts import Excerpt, of_file
from plait.views.report.shares import Want, shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plait.journal import RunFolder
    from plait.views.report.rows import Row

_LOG = re.compile(r"attempt-(\d{1,9})\.log")
_LONGEST_LOG = 512 * 1024
_LEAST = 64
"""So few bytes of a log are not worth showing."""


class LogFile(NamedTuple):
    """The log of one try of the step in row `row`; `path` is relative to the folder of the run."""

    row: int
    attempt: int
    path: str
    size: int


class ShownLogs(NamedTuple):
    """What is shown of the logs, by row, as the page's script reads it; and how much is not shown."""

    by_row: Mapping[int, list[list[object]]]
    shortened: int
    bytes_left_out: int


def log_files(folder: RunFolder, rows: Sequence[Row]) -> list[LogFile]:
    """Return the logs that are not empty, those of one step in the order of its tries."""
    try:
        names = {entry.name for entry in os.scandir(folder.path / "steps")}
    except OSError:
        return []
    found = []
    for number, row in enumerate(rows):
        name = path_component(row.span.step_id)
        if name in names:
            found += sorted(_of_step(number, f"{folder.path}/steps/{name}", f"steps/{name}"))
    return found


def _of_step(row: int, folder: str, shown: str) -> list[LogFile]:
    found = []
    with suppress(OSError):
        for entry in os.scandir(folder):
            match = _LOG.fullmatch(entry.name)
            if match is None or not entry.is_file(follow_symlinks=False):
                continue
            if size := entry.stat(follow_symlinks=False).st_size:
                found.append(LogFile(row, int(match[1]), f"{shown}/{entry.name}", size))
    return found


def shown_logs(folder: RunFolder, rows: Sequence[Row], files: Sequence[LogFile], total: int) -> ShownLogs:
    """Read as much of the logs as fits into `total` bytes of the page: of what failed before what did not."""
    wants = _wants(rows, files, most=2)
    if sum(want.size for want in wants) > total:
        wants = _wants(rows, files, most=9 / 8)
    by_row: dict[int, list[list[object]]] = {}
    shortened = left_out = 0
    for file, share in zip(files, shares(wants, total), strict=True):
        excerpt = _read(Path(folder.path, file.path), file.size, share)
        if excerpt.left_out:
            shortened += 1
            left_out += excerpt.left_out
        by_row.setdefault(file.row, []).append([file.attempt, excerpt.as_data(), file.path])
    return ShownLogs(by_row, shortened, left_out)


def _wants(rows: Sequence[Row], files: Sequence[LogFile], most: float) -> list[Want]:
    """Return what each log would take, if a byte of it takes `most` in the page: quotes and ends of lines take two."""
    return [Want(_rank(rows[file.row], file), min(int(file.size * most), _LONGEST_LOG)) for file in files]


def _rank(row: Row, file: LogFile) -> int:
    """Return 0 for a try that failed, 1 for one that has not ended well, 2 for all others."""
    if row.is_failed or (row.record is not None and file.attempt < row.record.attempt):
        return 0
    return 2 if row.status in ("completed", "skipped", "forgotten") else 1


def _read(path: Path, size: int, share: int) -> Excerpt:
    if share < min(size, _LEAST):
        return Excerpt("", size)
    try:
        return of_file(path, share)
    except OSError:
        return Excerpt("", size)
