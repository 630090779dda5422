"""Child processes: started, followed, timed out, and ended together with everything they started."""

from plait.process.adoption import adopted_orphans, become_subreaper, has_children, reap_adopted
from plait.process.capture import LIMIT, Captured
from plait.process.dialogue import Dialogue
from plait.process.ending import end_processes
from plait.process.run import ProcessResult, Watcher, run_process
from plait.process.start import ProcessStartError
from plait.process.table import MARK, is_running, start_time_of

__all__ = [
    "LIMIT",
    "MARK",
    "Captured",
    "Dialogue",
    "ProcessResult",
    "ProcessStartError",
    "Watcher",
    "adopted_orphans",
    "become_subreaper",
    "end_processes",
    "has_children",
    "is_running",
    "reap_adopted",
    "run_process",
    "start_time_of",
]
