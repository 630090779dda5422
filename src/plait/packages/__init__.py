"""Workflows and step types that a project installs, shares and adapts."""
