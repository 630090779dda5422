"""Which addresses may be downloaded from, and where a redirect may lead (SEC-01..03, CAT-07)."""

from __future__ import annotations

from plait import addresses
from plait.addresses import LONGEST_URL, Address, Nearness, shown
from plait.errors import PlaitError

__all__ = ["LONGEST_URL", "Address", "DownloadError", "Nearness", "check_redirect", "check_url", "shown"]


class DownloadError(PlaitError):
    """Something could not be downloaded; `url` is safe to show and `reason` says why not."""

    def __init__(self, url: str, reason: str, *, hint: str = "") -> None:
        self.url = shown(url)
        self.reason = reason
        super().__init__(f"cannot download {self.url}: {reason}", hint=hint)


def check_url(url: str) -> Address:
    """Return the address in `url`, if it may be downloaded from.

    Raises:
        DownloadError: It is not HTTPS, nor HTTP to this machine, or its host or port has an unusual spelling.
    """
    try:
        return addresses.check_url(url)
    except addresses.CredentialsInAddressError as error:
        hint = "Put credentials into ~/.specify/auth.json instead."
        raise DownloadError(url, error.reason, hint=hint) from error
    except addresses.AddressError as error:
        raise DownloadError(url, error.reason, hint=error.hint) from error


def check_redirect(source: Address, location: str) -> Address:
    """Return where a redirect from `source` leads, if it may be followed.

    Raises:
        DownloadError: The new address may not be asked, or lies further inside than the old one.
    """
    target = check_url(location)
    if target.nearness > source.nearness:
        raise DownloadError(
            source.url, f"it redirects to {shown(target.url)}, which is not for other machines to point at"
        )
    return target
