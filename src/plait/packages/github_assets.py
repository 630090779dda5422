"""Files of GitHub releases by their address in the REST API, which takes tokens where web pages do not (ADD-18)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from plait.packages.addresses import DownloadError, check_url

if TYPE_CHECKING:
    from collections.abc import Collection

    from plait.packages.addresses import Address

OCTETS = "application/octet-stream"
"""What the API is asked for where it is to give the file, not its description."""
_WEB = "github.com"
_API = "api.github.com"
_ASSET_PARTS = 6


def is_asset(address: Address, servers: Collection[str]) -> bool:
    """Whether an address is a file of a release in the REST API already."""
    base = "/api/v3/" if address.host in servers else "/" if address.host == _API else None
    if base is None or not address.path.startswith(base):
        return False
    parts = address.path.removeprefix(base).split("/")
    return len(parts) == _ASSET_PARTS and parts[0] == "repos" and parts[3:5] == ["releases", "assets"]


def release_of(address: Address, servers: Collection[str]) -> tuple[str, str] | None:
    """Return where the API describes the release that a file belongs to, and the file's name; None for other addresses.

    `servers` are the hosts of GitHub Enterprise Servers.
    """
    if address.host == _WEB:
        api = f"https://{_API}"
    elif address.host in servers and address.host != _API:
        api = f"{address.scheme}://{address.authority}/api/v3"
    else:
        return None
    match [unquote(part) for part in address.path.split("/")]:
        case ["", owner, repository, "releases", "download", *tag, name] if tag and name:
            release = f"tags/{quote('/'.join(tag), safe='')}"
        case ["", owner, repository, "releases", "latest", "download", name] if name:
            release = "latest"
        case _:
            return None
    if any(part in {"", ".", ".."} for part in (owner, repository)):
        return None
    return f"{api}/repos/{quote(owner, safe='')}/{quote(repository, safe='')}/releases/{release}", name


def asset_in(release: bytes, name: str, servers: Collection[str], api: Address) -> str | None:
    """Return the address of the file `name` in what the API says of its release; None where it says nothing usable."""
    try:
        assets = json.loads(release)["assets"]
        found = next(asset["url"] for asset in assets if asset["name"] == name)
        address = check_url(found)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError, DownloadError):
        return None
    # The description is data from outside: it may not point at another host.
    return address.url if address.same_origin(api) and is_asset(address, servers) else None
