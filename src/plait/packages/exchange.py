"""Requests and their redirects, each address looked at before it is asked (SEC-01..03, SEC-10)."""

from __future__ import annotations

import ssl
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

from plait._version import __version__
from plait.packages.addresses import DownloadError, Nearness, check_redirect, check_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from plait.packages.addresses import Address
    from plait.packages.credentials import Entry
    from plait.packages.watch import Watch

PHASE_TIMEOUT = 30.0
"""Seconds for connecting, for sending, and for each wait for more of the answer."""
MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PROXY_HINT = "The proxy comes from HTTPS_PROXY, HTTP_PROXY or ALL_PROXY in the environment."


class Exchange:
    """The requests of one download; used as a context manager, which closes their connections."""

    def __init__(self, watch: Watch, accept: str | None) -> None:
        self._watch = watch
        self._headers = {
            "User-Agent": f"plait/{__version__}",
            "Accept": accept or "*/*",
            "Accept-Encoding": "identity",
        }
        self._clients: dict[bool, httpx2.Client] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def answer(
        self, address: Address, authorization: str | None, entry: Entry | None
    ) -> Iterator[tuple[Address, httpx2.Response]]:
        """Ask an address and follow its redirects; yield where that led and the answer, its body still to be read.

        `authorization` is the header that `entry` makes; it is dropped, for good, by a redirect that leaves the
        entry's hosts, or the scheme or the port. What goes wrong while inside is raised as a `DownloadError`.
        """
        at = address
        with _explained(self._watch, address):
            for _ in range(MOST_REDIRECTS + 1):
                response = self._send(at, authorization)
                try:
                    if response.status_code not in _REDIRECTS:
                        yield at, response
                        return
                    location = response.headers.get("location", "")
                finally:
                    response.close()
                target = _target(at, location)
                if not _keeps(entry, at, target):
                    authorization = None
                at = target
        raise DownloadError(address.url, f"it redirects more than {MOST_REDIRECTS} times")

    def _send(self, address: Address, authorization: str | None) -> httpx2.Response:
        client = self._client_for(address)
        headers = dict(self._headers)
        if authorization is not None:
            headers["Authorization"] = authorization
        request = client.build_request("GET", address.url, headers=headers, extensions={"trace": self._watch.trace})
        # Two readers of one address must not differ about where it points.
        if not check_url(str(request.url)).same_origin(address):
            raise DownloadError(address.url, "its host can be read in two ways")
        return client.send(request, stream=True, follow_redirects=False, auth=None)

    def _client_for(self, address: Address) -> httpx2.Client:
        """Return the client for addresses of this machine, which never go through a proxy, or for all others."""
        import httpx2  # noqa: PLC0415 - only those who download need it

        local = address.nearness is Nearness.LOOPBACK
        if local not in self._clients:
            transport = httpx2.HTTPTransport() if local else None
            try:
                client = httpx2.Client(timeout=PHASE_TIMEOUT, transport=transport)
            except (ImportError, ValueError, httpx2.InvalidURL) as error:
                # A proxy of a kind that is not installed, or one that is not an address.
                raise DownloadError(
                    address.url, f"the proxy is unusable ({_brief(error)})", hint=_PROXY_HINT
                ) from error
            self._clients[local] = self._stack.enter_context(client)
        return self._clients[local]


def _target(source: Address, location: str) -> Address:
    if not location:
        raise DownloadError(source.url, "it redirects without saying where to")
    if not location.isprintable() or " " in location:
        raise DownloadError(source.url, "it redirects to an address with white space or control characters")
    try:
        joined = urljoin(source.url, location)
    except ValueError as error:
        raise DownloadError(source.url, "it redirects to something that is no address") from error
    return check_redirect(source, joined)


def _keeps(entry: Entry | None, source: Address, target: Address) -> bool:
    same_door = (source.scheme, source.port) == (target.scheme, target.port)
    return entry is not None and same_door and entry.covers(target.host)


@contextmanager
def _explained(watch: Watch, address: Address) -> Iterator[None]:
    """Turn whatever the HTTP client raises into a `DownloadError`."""
    import httpx2  # noqa: PLC0415 - only those who download need it

    try:
        yield
    except httpx2.TimeoutException as error:
        raise _late(watch, address, f"no answer within {PHASE_TIMEOUT:.0f} s") from error
    except httpx2.ProxyError as error:
        raise DownloadError(address.url, f"the proxy refused ({_brief(error)})", hint=_PROXY_HINT) from error
    except httpx2.ConnectError as error:
        raise _late(watch, address, _connecting(error)) from error
    except (httpx2.RemoteProtocolError, httpx2.ReadError) as error:
        raise _late(watch, address, f"the answer broke off ({_brief(error)})") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ssl.SSLError) as error:
        raise _late(watch, address, _brief(error)) from error


def _late(watch: Watch, address: Address, reason: str) -> DownloadError:
    if watch.expired:
        reason = f"it was not complete after {watch.seconds:g} s"
    return DownloadError(address.url, reason)


def _connecting(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message})"
        cause = cause.__cause__ or cause.__context__
    return f"cannot connect ({_brief(error)})"


def _brief(error: Exception) -> str:
    words = "".join(character if character.isprintable() else " " for character in str(error)).split()
    return " ".join(words)[:200] or type(error).__name__
