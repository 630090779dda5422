"""The `plait` command: one file a group of commands."""
