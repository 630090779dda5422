"""Step packages as a person would write them for Spec Kit."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IMPORTS = """\
from specify_cli.workflows.base import RunStatus, StepBase, StepContext, StepResult, StepStatus
from specify_cli.workflows.expressions import evaluate_condition, evaluate_expression
"""
SHOUT = """
class ShoutStep(StepBase):
    type_key = "shout"

    def execute(self, config, context):
        text = evaluate_expression(config.get("text", ""), context)
        if not text:
            return StepResult(status=StepStatus.FAILED, error="nothing to shout")
        return StepResult(output={"text": text.upper()})
"""


def manifest(key: str = "shout", version: str = "1.0.0") -> str:
    return (
        f'schema_version: "1.0"\nstep:\n  type_key: "{key}"\n  name: Shout\n  version: {version}\n'
        "  description: Says it louder\n  author: Ada\n"
    )


def write_package(folder: Path, code: str = SHOUT, *, key: str = "shout", imports: str = IMPORTS, **files: str) -> Path:
    """Write a package into a folder; `files` are more of its modules, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "step.yml").write_text(manifest(key))
    (folder / "__init__.py").write_text(imports + textwrap.dedent(code))
    for name, text in files.items():
        path = folder / f"{name.replace('__in__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


def add_package(project: Path, code: str = SHOUT, *, key: str = "shout", folder: str = "", **files: str) -> Path:
    """Write a package into a project, as a clone of a repository has it."""
    return write_package(project / ".specify/workflows/steps" / (folder or key), code, key=key, **files)
