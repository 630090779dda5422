"""Coding-agent CLIs: a table of facts, command lines, readers of what they print, and what their failures mean."""

STEP_TYPES = ("command", "prompt")
"""The types of the steps that agents do."""
