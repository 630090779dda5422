"""The file behind a journal."""

import shutil

import pytest

from plait.errors import StorageError
from plait.journal import RunState
from plait.journal.writer import Journal


def test_a_run_whose_record_is_removed_does_not_pass_for_recorded(folder):
    journal = Journal(RunState(folder))
    journal.append("run_started", workflow_id="w")
    journal.sync()
    shutil.rmtree(folder.path)
    journal.append("workflow_finished", status="completed")
    with pytest.raises(StorageError, match="was removed while it went on"):
        journal.sync()
    journal.close()
