"""Plait for clients of the Model Context Protocol: the same payloads as `--json`, confined to one project.

Only `server` and the modules of tools import the SDK, which is an extra; `plait.cli.mcp` says so where it is missing.
"""
