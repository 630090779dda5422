"""Catalogs on a server of this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from plait.packages.catalogs import CatalogStack
from plait.packages.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from support.web_server import WebServer


def project_in(folder: Path) -> Project:
    (folder / "home").mkdir(exist_ok=True)
    (folder / "project/.specify").mkdir(parents=True, exist_ok=True)
    return Project(folder / "project")


def stack_of(folder: Path, kind="workflow", environ=None, **settings) -> CatalogStack:
    """The catalogs of the project in a folder, whose user has the home beside it."""
    return CatalogStack.of(project_in(folder), kind, environ or {}, folder / "home", **settings)


def catalog(server: WebServer, path: str, packages: object, kind: str = "workflow") -> str:
    """Put a catalog on a server; return its address."""
    return server.page(path, json.dumps({"schema_version": "1.0", f"{kind}s": packages}))


def entry(server: WebServer, name: str, version: str = "1.0.0", **more: object) -> dict[str, object]:
    return {
        "id": name,
        "name": name.title(),
        "version": version,
        "description": f"Does {name}",
        "author": "Ada",
        "tags": ["build"],
        "url": f"{server.url}/{name}.yml",
        **more,
    }


def write_list(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
