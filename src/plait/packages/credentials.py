"""Who may be told which credentials: `~/.specify/auth.json`, the only place they come from (FIL-18, SEC-10).

    {"providers": [{"hosts": ["github.com", "*.example.com"], "provider": "github", "auth": "bearer",
                    "token_env": "GH_TOKEN"}]}

A host pattern is a name, or `*.` and a name, which stands for everything below that name and not for the name itself.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plait.errors import PlaitError
from plait.packages.azure_tokens import azure_ad_token, azure_cli_token
from plait.user_folders import home_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PATTERN = re.compile(r"(?:\*\.)?[^*?\[\]/@\s]+")
_SCHEMES = {
    "github": ("bearer",),
    "azure-devops": ("basic-pat", "bearer", "azure-cli", "azure-ad"),
    "bitbucket": ("bearer", "basic"),
}
_WITH_TOKEN = ("bearer", "basic-pat", "basic")
_FOR_AZURE_AD = ("tenant_id", "client_id", "client_secret_env")
_PLAIN = re.compile(r"[\x21-\x7e]+")


class CredentialsError(PlaitError):
    """The file of credentials is damaged."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the file: for which hosts, and how the header is made."""

    hosts: tuple[str, ...]
    provider: str
    auth: str
    fields: Mapping[str, str]

    def covers(self, host: str) -> bool:
        """Whether the entry is for a host, given in lower case."""
        return any(
            host.endswith(pattern[1:]) and len(host) > len(pattern) - 1 if pattern.startswith("*.") else host == pattern
            for pattern in self.hosts
        )

    def header(self, environ: Mapping[str, str]) -> str | None:
        """Return the value of the `Authorization` header; None where its token is not to be had now."""
        if self.auth == "azure-cli":
            token = azure_cli_token(environ)
        elif self.auth == "azure-ad":
            secret = environ.get(self.fields["client_secret_env"], "").strip()
            token = azure_ad_token(self.fields["tenant_id"], self.fields["client_id"], secret) if secret else None
        else:
            token = self.fields.get("token") or environ.get(self.fields.get("token_env", ""), "")
        token = (token or "").strip()
        if not _PLAIN.fullmatch(token):
            return None
        if self.auth in {"basic-pat", "basic"}:
            user = self.fields.get("username", "") if self.auth == "basic" else ""
            return "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()
        return f"Bearer {token}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The entries of the file, in its order; `warning` says what is wrong with the file itself, if anything."""

    entries: tuple[Entry, ...] = ()
    warning: str = ""

    def covering(self, host: str) -> list[Entry]:
        """Return the entries for a host, in the order in which they are tried."""
        return [entry for entry in self.entries if entry.covers(host)]

    def github_hosts(self) -> frozenset[str]:
        """Return the hosts that the file says are GitHub's, or a GitHub Enterprise Server; no patterns."""
        named = (host for entry in self.entries if entry.provider == "github" for host in entry.hosts)
        return frozenset(host for host in named if not host.startswith("*."))


def credentials_of(home: Path | None = None) -> Credentials:
    """Return the credentials of the person whose home this is.

    There are none without the file, and none of a damaged one is used: its `warning` says why.
    """
    home = home_folder(os.environ) if home is None else home
    path = home / ".specify" / "auth.json"
    try:
        return _read(path)
    except CredentialsError as error:
        return Credentials(warning=f"{error.message}; downloads go without credentials")


def _read(path: Path) -> Credentials:
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return Credentials()
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise _damaged(path, str(reason)) from error
    warning = f"{path} can be read by others; run `chmod 600 {path}`" if mode & _OF_OTHERS else ""
    return Credentials(tuple(_entries(path, content)), warning)


def _damaged(path: Path, reason: str) -> CredentialsError:
    return CredentialsError(f"the credentials in {path} cannot be used: {reason}")


def _entries(path: Path, content: Any) -> list[Entry]:
    providers = content.get("providers") if isinstance(content, dict) else None
    if not isinstance(providers, list):
        raise _damaged(path, "it has no list `providers`")
    return [_entry(path, f"providers[{index}]", value) for index, value in enumerate(providers)]


def _entry(path: Path, place: str, value: Any) -> Entry:
    if not isinstance(value, dict):
        raise _damaged(path, f"{place} is not an object")
    hosts = value.get("hosts")
    if not isinstance(hosts, list) or not hosts or not all(isinstance(host, str) for host in hosts):
        raise _damaged(path, f"{place}.hosts is not a list of host names")
    patterns = tuple(host.strip().lower() for host in hosts)
    if not all(_PATTERN.fullmatch(pattern) for pattern in patterns):
        raise _damaged(path, f"{place}.hosts may hold names, and `*.` before a name, nothing else")
    provider, auth = value.get("provider"), value.get("auth")
    if not isinstance(provider, str) or provider not in _SCHEMES:
        raise _damaged(path, f"{place}.provider is none of {', '.join(_SCHEMES)}")
    if auth not in _SCHEMES[provider]:
        raise _damaged(path, f"{place}.auth is none of {', '.join(_SCHEMES[provider])}")
    fields = {key: field for key, field in value.items() if isinstance(field, str) and field.strip()}
    if missing := _missing(auth, fields):
        raise _damaged(path, f"{place} has no {missing}")
    return Entry(patterns, provider, auth, fields)


def _missing(auth: str, fields: Mapping[str, str]) -> str:
    if auth in _WITH_TOKEN and not (fields.get("token") or fields.get("token_env")):
        return "`token` or `token_env`"
    if auth == "basic" and ("username" not in fields or ":" in fields["username"]):
        return "`username` without a colon"
    return next((f"`{name}`" for name in _FOR_AZURE_AD if auth == "azure-ad" and name not in fields), "")
