import pytest

from plait.journal.folder import RunFolder
from support.bench import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def folder(tmp_path):
    made = RunFolder.of("run", tmp_path)
    made.create()
    return made
