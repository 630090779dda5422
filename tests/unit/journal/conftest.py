import pytest
from support.bench import Bench

from plait.journal.folder import RunFolder


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def folder(tmp_path):
    made = RunFolder.of("run", tmp_path)
    made.create()
    return made
