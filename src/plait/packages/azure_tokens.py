"""Tokens of Azure DevOps that are asked for when they are needed."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"
"""Azure DevOps, as Azure names it."""
LOGIN = "https://login.microsoftonline.com"
_PATIENCE = 30.0
_LIMIT = 1 << 20
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_OK = 200


def azure_cli_token(environ: Mapping[str, str]) -> str | None:
    """Return the token of whoever has logged in with `az login`; None where nobody has."""
    command = ["az", "account", "get-access-token", "--resource", RESOURCE, "--query", "accessToken", "-o", "tsv"]
    try:
        asked = subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.decode("utf-8", "replace").strip() if asked.returncode == 0 else None


def azure_ad_token(tenant: str, client: str, secret: str) -> str | None:
    """Return the token of a service principal; None where it is refused or the service does not answer."""
    import httpx2  # noqa: PLC0415 - only those who download need it

    if not _TENANT.fullmatch(tenant):
        return None
    asked = {
        "grant_type": "client_credentials",
        "client_id": client,
        "client_secret": secret,
        "scope": f"{RESOURCE}/.default",
    }
    try:
        with httpx2.Client(timeout=_PATIENCE, headers={"Accept-Encoding": "identity"}) as client_of_azure:
            url = f"{LOGIN}/{tenant}/oauth2/v2.0/token"
            with client_of_azure.stream("POST", url, data=asked) as response:
                if response.status_code != _OK:
                    return None
                data = bytearray()
                for piece in response.iter_raw():
                    data += piece
                    if len(data) > _LIMIT:
                        return None
        token = json.loads(data).get("access_token")
    except (httpx2.HTTPError, ValueError, AttributeError, ImportError):
        return None
    return token if isinstance(token, str) else None
