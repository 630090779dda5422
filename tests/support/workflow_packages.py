"""Workflow packages as a person would write them."""

from __future__ import annotations

import tarfile
import zipfile
from typing import TYPE_CHECKING

from support.step_packages import SHOUT, write_package

if TYPE_CHECKING:
    from pathlib import Path


def workflow_text(version: str = "1.0.0", *, workflow_id: str = "hello", steps: str = "", more: str = "") -> str:
    """Return a workflow that echoes its version, with further steps and top-level keys."""
    return (
        'schema_version: "1.0"\n'
        f'workflow: {{id: {workflow_id}, name: Hello, version: "{version}", description: Greets}}\n'
        f'{more}steps:\n  - {{id: greet, type: shell, run: "echo hello {version}"}}\n{steps}'
    )


def workflow_package(folder: Path, version: str = "1.0.0", *, custom_step: bool = False) -> Path:
    """Write a package with a companion script and, if asked for, a step type of its own."""
    folder.mkdir(parents=True)
    steps = "  - {id: loud, type: shout, text: hey}\n" if custom_step else ""
    (folder / "workflow.yml").write_text(workflow_text(version, steps=steps))
    (folder / "scripts").mkdir()
    script = folder / "scripts/say.sh"
    script.write_text(f"#!/bin/sh\n# see https://example.org/{version}\necho {version}\n")
    script.chmod(0o755)
    (folder / "overlays").mkdir()
    (folder / "overlays/x.yml").write_text("not installed\n")
    if custom_step:
        write_package(folder / "steps/shout", f"{SHOUT}\nVERSION = {version!r}\n")
    return folder


def packed(folder: Path, archive: Path) -> Path:
    """Pack a folder into an archive, inside one top-level folder."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as made:
            for path in sorted(folder.rglob("*")):
                made.write(path, f"top/{path.relative_to(folder)}")
    else:
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(folder, "top")
    return archive
