"""The body of an answer: counted while it arrives, and what a compressed one holds counted too (SEC-04)."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

from plait.packages.addresses import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx2

    from plait.packages.addresses import Address
    from plait.packages.watch import Watch

MIB = 1 << 20
PIECE = 1 << 16
_QUIET_SECONDS = 1.0
_BETWEEN_REPORTS = 0.1
_GZIP = 31
_PACKED = (".gz", ".tgz")


def pieces_of(
    address: Address,
    response: httpx2.Response,
    limit: int,
    watch: Watch,
    progress: Callable[[int, int | None], None] | None,
) -> Iterator[bytes]:
    """Yield the body in pieces, at most `limit` bytes in all.

    `progress` is told the bytes so far and the bytes expected, None where nobody knows, once a second has passed.

    Raises:
        DownloadError: There are more bytes, or they cannot be decoded, or it takes too long.
    """
    declared = response.headers.get("content-length", "")
    expected = int(declared) if declared.isascii() and declared.isdigit() else None
    if expected is not None and expected > limit:
        raise _too_big(address, limit)
    received = 0
    begun = told = time.monotonic()
    for piece in _decoded(address, response, limit):
        received += len(piece)
        if received > limit:
            raise _too_big(address, limit)
        if watch.expired:
            raise DownloadError(address.url, f"it was not complete after {watch.seconds:g} s")
        now = time.monotonic()
        if progress is not None and now - begun >= _QUIET_SECONDS and now - told >= _BETWEEN_REPORTS:
            told = now
            progress(received, expected)
        yield piece


def _too_big(address: Address, limit: int) -> DownloadError:
    size = f"{limit // MIB} MiB" if limit >= MIB and limit % MIB == 0 else f"{limit} bytes"
    return DownloadError(address.url, f"it is bigger than the {size} allowed")


def _decoded(address: Address, response: httpx2.Response, limit: int) -> Iterator[bytes]:
    """Yield the body as it is meant to be stored.

    Some stores send what they keep compressed whatever they are asked for. Where the name itself ends in .gz, the
    compression belongs to the file.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    raw = response.iter_raw(PIECE)
    if encoding in {"", "identity"} or (encoding in {"gzip", "x-gzip"} and address.path.lower().endswith(_PACKED)):
        yield from raw
    elif encoding in {"gzip", "x-gzip"}:
        yield from _inflated(address, raw, limit)
    else:
        raise DownloadError(address.url, "it is compressed in a way that was not asked for")


def _inflated(address: Address, raw: Iterator[bytes], limit: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_GZIP)
    compressed = 0
    try:
        for piece in raw:
            compressed += len(piece)
            if compressed > limit:
                raise _too_big(address, limit)
            rest = piece
            while rest and not inflater.eof:
                yield inflater.decompress(rest, PIECE)
                rest = inflater.unconsumed_tail
            if rest or inflater.unused_data:
                raise DownloadError(address.url, "its compressed body goes on after its end")
    except zlib.error as error:
        raise DownloadError(address.url, "its compressed body is damaged") from error
    if not inflater.eof:
        raise DownloadError(address.url, "its compressed body is incomplete")
