"""Which addresses may be asked: HTTPS anywhere, plain HTTP on this machine alone (SEC-01..03, CAT-07).

Nothing is resolved: an address is judged by what is written in it, so every spelling that a resolver might read in a
way of its own is refused.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import SplitResult, urlsplit, urlunsplit

from plait.errors import PlaitError

LONGEST_URL = 8192
"""Characters of the longest address that is taken."""
_LONGEST_HOST = 253
_LAST_PORT = 65535
_AUTHORITY = re.compile(r"(?:\[([^\[\]]*)\]|([^\[\]:]*))(?::([0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OTHER_DOTS = "\u3002\uff0e\uff61"
_DEFAULT_PORTS = {"https": 443, "http": 80}


class AddressError(PlaitError):
    """An address may not be asked; `url` is safe to show and `reason` says why not."""

    def __init__(self, url: str, reason: str, *, hint: str = "") -> None:
        self.url = shown(url)
        self.reason = reason
        super().__init__(f"{self.url} may not be used: {reason}", hint=hint)


class CredentialsInAddressError(AddressError):
    """An address holds a user name or password, which would be shown wherever it is."""


class Nearness(IntEnum):
    """How far inside an address points; a redirect may lead outwards or stay, never further in."""

    REMOTE = 0
    PRIVATE = 1
    LOOPBACK = 2


@dataclass(frozen=True, slots=True)
class Address:
    """An address that may be asked: `host` is lower-case ASCII, without the brackets of IPv6."""

    scheme: str
    host: str
    port: int
    path: str
    query: str
    nearness: Nearness

    @property
    def url(self) -> str:
        """The address as it is sent, without a fragment."""
        return urlunsplit((self.scheme, self.authority, self.path, self.query, ""))

    @property
    def authority(self) -> str:
        """The host, and the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def same_origin(self, other: Address) -> bool:
        """Whether both have the same scheme, host and port."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)


def shown(url: str) -> str:
    """Return an address that may be printed: no control characters, no password, no query, which may hold a key."""
    text = "".join(character for character in url if character.isprintable())[:LONGEST_URL]
    text = re.sub(r"(?<=//)[^/?#]*@", "", text.partition("#")[0])
    before, mark, query = text.partition("?")
    return f"{before}?…" if mark and query else before


def check_url(url: str) -> Address:
    """Return the address in `url`, if it may be asked.

    Raises:
        AddressError: It is not HTTPS, nor HTTP to this machine, or its host or port has an unusual spelling.
    """
    parts = _parts_of(url)
    host, port = _authority_of(url, parts)
    nearness = _nearness_of(host)
    if parts.scheme == "http" and not (nearness is Nearness.LOOPBACK and _is_literal_loopback(host)):
        raise AddressError(url, "plain HTTP is for this machine alone", hint="Use an https:// address.")
    return Address(parts.scheme, host, port, parts.path or "/", parts.query, nearness)


def _parts_of(url: str) -> SplitResult:
    if not url or len(url) > LONGEST_URL:
        raise AddressError(url, "the address is empty" if not url else "the address is too long")
    if "\\" in url or any(_is_odd(character) for character in url):
        raise AddressError(url, "it holds white space, a backslash or a character that cannot be seen")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise AddressError(url, f"it is not an address ({error})") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise AddressError(url, "it is not an https:// address")
    if not url.lower().startswith(f"{parts.scheme}://") or not parts.netloc:
        raise AddressError(url, "it names no host")
    return parts


def _is_odd(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _authority_of(url: str, parts: SplitResult) -> tuple[str, int]:
    if "@" in parts.netloc:
        raise CredentialsInAddressError(url, "it holds a user name or password")
    if "%" in parts.netloc:
        raise AddressError(url, "its host is percent-encoded")
    match = _AUTHORITY.fullmatch(parts.netloc.lower())
    if match is None:
        raise AddressError(url, "its host or port is malformed")
    six, name, digits = match.groups()
    port = _DEFAULT_PORTS[parts.scheme] if digits is None else int(digits)
    if not 0 < port <= _LAST_PORT:
        raise AddressError(url, f"its port is not a number from 1 to {_LAST_PORT}")
    return _host_of(url, six, name), port


def _host_of(url: str, six: str | None, name: str | None) -> str:
    if six is not None:
        try:
            return str(ipaddress.IPv6Address(six))
        except ValueError as error:
            raise AddressError(url, "its host is not an IPv6 address") from error
    if not name:
        raise AddressError(url, "it names no host")
    host = _ascii_name(url, name)
    labels = host.split(".")
    if len(host) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError(url, "its host is not a name")
    if _NUMBER.fullmatch(labels[-1]):
        # Resolvers read 127.1, 0x7f.0.0.1 and 2130706433 as addresses; only one spelling is plain.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as error:
            raise AddressError(url, "its host is not an IPv4 address in the usual form") from error
    return host


def _ascii_name(url: str, host: str) -> str:
    """Return an internationalised name as it is asked for; its `xn--` labels must be what their names encode to."""
    if host.isascii() and "xn--" not in host:
        return host
    if any(dot in host for dot in _OTHER_DOTS):
        raise AddressError(url, "its host has dots of another script")
    import idna  # noqa: PLC0415 - few names need its tables

    try:
        name = idna.encode(host).decode("ascii")
        idna.decode(name)
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressError(url, "its host is not an internationalised name") from error
    return name


def _ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _is_literal_loopback(host: str) -> bool:
    found = _ip_of(host)
    return host == "localhost" if found is None else found.is_loopback


def _nearness_of(host: str) -> Nearness:
    found = _ip_of(host)
    if found is None:
        return Nearness.LOOPBACK if host == "localhost" or host.endswith(".localhost") else Nearness.REMOTE
    if found.is_loopback or found.is_unspecified:
        return Nearness.LOOPBACK
    return Nearness.REMOTE if found.is_global else Nearness.PRIVATE
