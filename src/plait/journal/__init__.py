"""A run on disk: its folder, its journal, the state folded from it, its owner and its mailbox."""

from plait.journal.folder import RunFolder, new_run_id, runs_root
from plait.journal.record import StepRecord
from plait.journal.state import RunState

__all__ = ["RunFolder", "RunState", "StepRecord", "new_run_id", "runs_root"]
