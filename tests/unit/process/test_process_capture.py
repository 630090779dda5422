"""What is kept of a stream, in memory and in files."""

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import StorageError
from plait.process.capture import EXCERPT, LIMIT, OutputFile, StreamCapture


def capture(folder, chunks):
    stream = StreamCapture(folder / "attempt-1.log", ".stdout")
    for chunk in chunks:
        stream.feed(chunk)
    stream.close()
    return stream.finish()


def test_nothing_is_kept_of_a_silent_stream(tmp_path):
    assert capture(tmp_path, []).text == ""
    assert list(tmp_path.iterdir()) == []


def test_a_stream_of_the_limit_is_whole(tmp_path):
    captured = capture(tmp_path, [b"x" * LIMIT])
    assert captured.text == "x" * LIMIT
    assert (captured.size, captured.spilled) == (LIMIT, None)


def test_one_byte_more_goes_to_a_file(tmp_path):
    captured = capture(tmp_path, [b"a" + b"x" * (LIMIT - 1), b"z"])
    assert (captured.text, captured.size) == ("", LIMIT + 1)
    assert captured.spilled == tmp_path / "attempt-1.stdout"
    assert captured.head == "a" + "x" * (EXCERPT - 1)
    assert captured.tail == "x" * (EXCERPT - 1) + "z"


@settings(deadline=None)  # it writes files
@given(st.lists(st.integers(1, LIMIT), min_size=1, max_size=6))
def test_the_whole_is_found_again_however_it_came(sizes):
    data = ("é" * (sum(sizes) // 2 + 1)).encode()[: sum(sizes)]
    chunks, start = [], 0
    for size in sizes:
        chunks.append(data[start : start + size])
        start += size
    with tempfile.TemporaryDirectory() as folder:
        captured = capture(Path(folder), chunks)
        whole = captured.text.encode() if captured.spilled is None else captured.spilled.read_bytes()
    assert captured.size == len(data)
    assert whole == data if captured.spilled else whole.startswith(data[:-1])
    assert set(captured.head) <= {"é"}


def test_files_are_readable_by_their_owner_alone(tmp_path):
    file = OutputFile(tmp_path / "steps" / "a.log", append=True)
    file.write(b"secret")
    file.close()
    assert stat.S_IMODE((tmp_path / "steps" / "a.log").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "steps").stat().st_mode) == 0o700


def test_a_log_is_continued_and_a_spilled_stream_replaced(tmp_path):
    for append, expected in ((True, b"onetwo"), (False, b"two")):
        for text in (b"one", b"two"):
            file = OutputFile(tmp_path / str(append), append=append)
            file.write(text)
            file.close()
        assert (tmp_path / str(append)).read_bytes() == expected


def test_a_full_disk_is_a_storage_error():
    file = OutputFile(Path("/dev/full"), append=True)
    with pytest.raises(StorageError, match="Cannot write a command's output to /dev/full: No space left on device"):
        file.write(b"x")
    file.close()
