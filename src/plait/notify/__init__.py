"""Notices to people and programs when a run stops: a webhook, a command, or the desktop."""

from plait.notify.notices import Notices

__all__ = ["Notices"]
