"""Sending a notice to a webhook: one POST, no redirect followed, nothing of the answer but its status looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait._version import __version__
from plait.addresses import AddressError, Nearness, check_url
from plait.notify.undelivered import UndeliveredError

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT = 10.0
"""Seconds for connecting, for sending, and for the wait for the answer."""
_FIRST_REDIRECT, _FIRST_ERROR = 300, 400


def post(url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Send a JSON body to an address.

    Raises:
        UndeliveredError: The address may not be asked, or the answer is no success. It tells nothing that may be a key.
    """
    import httpx2  # noqa: PLC0415 - only those who send need it

    try:
        address = check_url(url)
    except AddressError as error:
        raise UndeliveredError(error.reason) from None
    own = {"User-Agent": f"plait/{__version__}", "Content-Type": "application/json", "Accept": "*/*"}
    # What is on this machine never goes through a proxy.
    transport = httpx2.HTTPTransport() if address.nearness is Nearness.LOOPBACK else None
    try:
        with httpx2.Client(timeout=TIMEOUT, transport=transport, follow_redirects=False) as client:
            request = client.build_request("POST", address.url, headers={**own, **headers}, content=body)
            if not check_url(str(request.url)).same_origin(address):
                raise UndeliveredError("its host can be read in two ways")
            response = client.send(request, stream=True, auth=None)
            status = response.status_code
            response.close()
    except httpx2.TimeoutException:
        raise UndeliveredError(f"no answer within {TIMEOUT:g} s") from None
    except httpx2.ConnectError:
        raise UndeliveredError("cannot connect") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ImportError, ValueError, OSError) as error:
        raise UndeliveredError(f"the exchange broke off ({type(error).__name__})") from None
    if _FIRST_REDIRECT <= status < _FIRST_ERROR:
        raise UndeliveredError(f"it redirects elsewhere, which is not followed (HTTP status {status})")
    if status >= _FIRST_ERROR:
        raise UndeliveredError(f"it was refused (HTTP status {status})")
