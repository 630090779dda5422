"""The fields of a workflow file that are read by hand: their names, and what editors may know of each.

Each is a JSON Schema with a description. The readers (`header.py`, `declarations.py`) take the names from here, so that
no field is read that is not described, and none described that is not read.
"""

from __future__ import annotations

from typing import Any

ID = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
VERSION = r"[0-9]+\.[0-9]+\.[0-9]+"
SCHEMA_VERSION = "1.0"
Fields = dict[str, dict[str, Any]]

TOP_FIELDS: Fields = {
    "schema_version": {
        "description": 'The version of the format; there is only "1.0".',
        "enum": [SCHEMA_VERSION, 1.0],
        "default": SCHEMA_VERSION,
    },
    "workflow": {"description": "What the workflow is called, and the defaults of its agents."},
    "requires": {"description": "What the author says that the workflow needs; it is shown and never enforced."},
    "inputs": {"description": "The values that are given when a run starts, by name."},
    "steps": {"description": "The steps, run one after the other; at least one."},
    "finally": {
        "description": "Steps that run at the end, however the run ends, but not while it is paused. They see "
        "`run.status` and `run.error`."
    },
}
"""At the top of a file, besides those of `TopFields`."""

WORKFLOW_FIELDS: Fields = {
    "id": {
        "description": "What the workflow is called by: lower-case letters, digits and inner hyphens.",
        "type": "string",
        "pattern": f"^{ID}$",
        "errorMessage": "must be lower-case letters, digits and inner hyphens",
        "examples": ["review-all"],
    },
    "name": {"description": "What people read.", "type": "string", "minLength": 1},
    "version": {
        "description": "The version of the workflow itself, three numbers.",
        "type": "string",
        "pattern": f"^{VERSION}$",
        "errorMessage": 'must be text such as "1.2.0"',
        "default": "0.0.0",
        "examples": ["1.0.0"],
    },
    "author": {"description": "Who wrote it."},
    "description": {"description": "What it is for."},
    "integration": {
        "description": "The coding agent of steps that name none; `auto` is the project's default one.",
        "type": ["string", "null"],
        "examples": ["claude", "codex", "auto"],
    },
    "model": {"description": "The model of steps that name none, as the agent names it.", "type": ["string", "null"]},
    "options": {"description": "Settings of the agent for steps that run commands.", "type": ["object", "null"]},
}
"""Under `workflow`."""
WORKFLOW_REQUIRED = ("id", "name")

REQUIRES_FIELDS: Fields = {
    "speckit_version": {
        "description": "Which versions of Spec Kit the workflow is written for.",
        "examples": [">=0.8"],
    },
    "integrations": {"description": "Which coding agents it is written for."},
}
"""Under `requires`."""

INPUT_FIELDS: Fields = {
    "type": {
        "description": "What kind of value it is; text from the command line is read as this.",
        "enum": ["string", "number", "integer", "boolean"],
        "default": "string",
    },
    "required": {
        "description": "Whether a run without a value is refused; on a terminal it is asked for.",
        "type": "boolean",
        "default": False,
    },
    "default": {"description": "The value if none is given; it must be of the type. Without it the input is null."},
    "enum": {"description": "The values that are allowed.", "type": ["array", "null"]},
    "prompt": {"description": "What is asked when a value is needed."},
    "description": {"description": "What the input is for."},
}
"""Of one input."""

STEP_FIELDS: Fields = {
    "id": {
        "description": "What other steps, logs and answers name the step by; unique in the file, without colons.",
        "type": "string",
        "pattern": "^[^:]+$",
        "errorMessage": "must be text without colons",
    },
    "type": {"description": "What kind of step it is; without it a `command`."},
    "description": {"description": "A remark for people; it is not read."},
}
"""Of every step, besides those of `SettingsFields`."""
