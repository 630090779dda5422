"""Downloads: what is asked for, by whom, how much of it, and where it goes."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from plait.errors import StorageError
from plait.packages.addresses import Address, DownloadError, check_url, shown
from plait.packages.body import pieces_of
from plait.packages.credentials import Credentials, credentials_of
from plait.packages.exchange import Exchange
from plait.packages.github_assets import OCTETS, asset_in, is_asset, release_of
from plait.packages.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import httpx2

    from plait.packages.credentials import Entry

__all__ = [
    "CATALOG_LIMIT",
    "DOWNLOAD_LIMIT",
    "METADATA_LIMIT",
    "YAML_LIMIT",
    "Address",
    "DownloadError",
    "Fetched",
    "check_url",
    "fetch",
]

MIB = 1 << 20
YAML_LIMIT = 5 * MIB
"""Bytes of the biggest YAML file (SEC-04)."""
DOWNLOAD_LIMIT = 50 * MIB
"""Bytes of the biggest archive, and of any download."""
CATALOG_LIMIT = 8 * MIB
"""Bytes of the biggest catalog."""
METADATA_LIMIT = MIB
"""Bytes of the biggest description of a release."""
LONGEST = 600.0
"""Seconds after which a download is given up, however it goes."""
_GITHUBS_OWN = frozenset({"github.com", "api.github.com", "raw.githubusercontent.com", "codeload.github.com"})
_OK = 200
_REFUSED = frozenset({401, 403})
_REASONS = {401: "it asks for credentials", 403: "access is refused", 404: "there is no such file", 410: "it is gone"}
_PRIVATE_HINT = "If it is private, put a token into ~/.specify/auth.json."


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a download brought: the address it came from in the end, and its bytes, in `data` or in the file `path`."""

    url: str
    content_type: str
    sha256: str
    size: int
    data: bytes = b""
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class _Order:
    """What all requests of one download have in common."""

    limit: int
    credentials: Credentials
    environ: Mapping[str, str]
    progress: Callable[[int, int | None], None] | None
    watch: Watch


def fetch(
    url: str,
    *,
    limit: int,
    into: Path | None = None,
    accept: str | None = None,
    credentials: Credentials | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    warn: Callable[[str], None] | None = None,
    seconds: float = LONGEST,
) -> Fetched:
    """Download what an address holds, at most `limit` bytes.

    With `into` the bytes go to that file, which appears when it is whole; a download that fails or is interrupted
    leaves nothing. `credentials` are those of `~/.specify/auth.json` unless given, and take their tokens from
    `environ`. `progress` is told the bytes so far and the bytes expected, after a second; `warn` what is wrong with
    the file of credentials. `seconds` bounds the whole.

    Raises:
        DownloadError: The address may not be asked, or does not answer as it should.
        StorageError: The file cannot be written.
    """
    address = check_url(url)
    known = credentials_of() if credentials is None else credentials
    if known.warning and warn is not None and (known.covering(address.host) or not known.entries):
        warn(known.warning)
    with Watch(seconds) as watch:
        order = _Order(limit, known, os.environ if environ is None else environ, progress, watch)
        for asset in _asset_of(address, order):
            with suppress(DownloadError):
                return _download(asset, OCTETS, into, order)
        servers = known.github_hosts() - _GITHUBS_OWN
        return _download(address, OCTETS if is_asset(address, servers) else accept, into, order)


def _asset_of(address: Address, order: _Order) -> list[Address]:
    """Return where the REST API has a file of a GitHub release, if there are credentials that the API would take."""
    servers = order.credentials.github_hosts() - _GITHUBS_OWN
    release = release_of(address, servers)
    if release is None:
        return []
    api = check_url(release[0])
    if not order.credentials.covering(api.host):
        return []
    bounded = _Order(METADATA_LIMIT, order.credentials, order.environ, None, order.watch)
    try:
        answer = _download(api, "application/vnd.github+json", None, bounded)
    except DownloadError:
        return []
    asset = asset_in(answer.data, release[1], servers, api)
    return [check_url(asset)] if asset is not None else []


def _download(address: Address, accept: str | None, into: Path | None, order: _Order) -> Fetched:
    with Exchange(order.watch, accept) as exchange:
        for authorization, entry in _attempts(address, order):
            with exchange.answer(address, authorization, entry) as (at, response):
                if response.status_code in _REFUSED and entry is not None:
                    continue
                if response.status_code != _OK:
                    raise _refusal(address, at, response.status_code, order.credentials)
                return _keep(at, response, into, order)
    raise AssertionError("the attempt without credentials is the last")


def _attempts(address: Address, order: _Order) -> Iterator[tuple[str | None, Entry | None]]:
    for entry in order.credentials.covering(address.host):
        header = entry.header(order.environ)
        if header is not None:
            yield header, entry
    yield None, None


def _refusal(address: Address, at: Address, status: int, credentials: Credentials) -> DownloadError:
    reason = _REASONS.get(status, "the server did not send it")
    if at != address:
        reason = f"it redirects to {shown(at.url)}, where {reason}"
    damaged = credentials.warning if not credentials.entries else ""
    hint = (damaged or _PRIVATE_HINT) if status in {401, 403, 404} else ""
    return DownloadError(address.url, f"{reason} (HTTP status {status})", hint=hint)


def _keep(address: Address, response: httpx2.Response, into: Path | None, order: _Order) -> Fetched:
    digest = hashlib.sha256()
    size = 0
    data = bytearray()
    with _storing(into) as file:
        for piece in pieces_of(address, response, order.limit, order.watch, order.progress):
            digest.update(piece)
            size += len(piece)
            if file is None:
                data += piece
            else:
                _write(file, piece, into)
    kind = response.headers.get("content-type", "")
    return Fetched(address.url, kind, digest.hexdigest(), size, bytes(data), into)


@contextmanager
def _storing(into: Path | None) -> Iterator[IO[bytes] | None]:
    """Yield a file beside `into` which takes its place at the end, or goes away if that is not reached."""
    if into is None:
        yield None
        return
    part = into.with_name(f".{into.name}.{secrets.token_hex(8)}.part")
    try:
        with _created(part, into) as file:
            yield file
            _finish(file, part, into)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _created(part: Path, into: Path) -> IO[bytes]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.fdopen(os.open(part, flags, 0o600), "wb")
    except OSError as error:
        raise _unwritable(into, error) from error


def _write(file: IO[bytes], piece: bytes, into: Path | None) -> None:
    try:
        file.write(piece)
    except OSError as error:
        raise _unwritable(into, error) from error


def _finish(file: IO[bytes], part: Path, into: Path) -> None:
    try:
        file.flush()
        part.replace(into)
    except OSError as error:
        raise _unwritable(into, error) from error


def _unwritable(into: Path | None, error: OSError) -> StorageError:
    return StorageError(f"cannot write {into}: {error.strerror}")
