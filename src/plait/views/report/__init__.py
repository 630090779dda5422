"""A run as one HTML page that needs nothing else: no network, no server, no other file."""

from plait.views.report.report import LeftOut, Report, report_of

__all__ = ["LeftOut", "Report", "report_of"]
