"""Bytes as text, wherever they are cut."""

from hypothesis import given
from hypothesis import strategies as st

from plait.process.text import LONGEST_LINE, LastLine, decode_head, decode_tail


@given(st.text(max_size=40), st.integers(0, 160))
def test_a_cut_character_is_left_out_not_replaced(text, cut):
    data = text.encode()
    head, tail = data[:cut], data[cut:]
    assert text.startswith(decode_head(head))
    assert text.endswith(decode_tail(tail))
    assert len(text) - len(decode_head(head)) - len(decode_tail(tail)) <= 1


def test_invalid_bytes_become_replacement_characters():
    assert decode_head(b"a\xffb") == "a\ufffdb"
    assert decode_tail(b"a\xffb") == "a\ufffdb"


def fed(chunks, *, at=0.0):
    told = []
    last = LastLine(told.append)
    for stream, chunk in chunks:
        last.feed(stream, chunk)
        last.tell(at)
    return last, told


def test_first_line_is_told_at_once_and_later_ones_when_due():
    last, told = fed([(1, b"one\n"), (1, b"two\nthree\n"), (2, b"four\n")], at=5.0)
    assert told == ["one"]
    assert last.due == 5.1
    last.tell(5.05)
    assert told == ["one"]
    last.tell(5.1)
    assert told == ["one", "four"]
    assert last.due is None


def test_lines_are_put_together_for_each_stream():
    _, told = fed([(1, b"hel"), (2, b"err"), (1, b"lo\n")])
    assert told == ["hello"]


def test_carriage_return_ends_a_line_and_blank_lines_are_passed_over():
    _, told = fed([(1, b"10%\r20%\r\n \n\n")])
    assert told == ["20%"]


def test_unfinished_line_is_told_at_the_end():
    last, told = fed([(1, b"one\ntw"), (1, b"o")])
    last.finish()
    assert told == ["one", "two"]


def test_control_characters_are_not_touched():
    _, told = fed([(1, b"\x1b[31mred\x1b[0m\n")])
    assert told == ["\x1b[31mred\x1b[0m"]


def test_of_an_endless_line_the_end_is_kept():
    last, told = fed([(1, b"x" * 100_000) for _ in range(3)] + [(1, b"end\n")])
    assert told[0].endswith("xend")
    assert len(told[0]) <= LONGEST_LINE + 3
    assert last.due is None


@given(st.text(alphabet="ab\n\r ", max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_the_last_line_does_not_depend_on_the_chunks(text, cuts):
    data, told = text.encode(), []
    last = LastLine(told.append)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
        if data[start:end]:
            last.feed(1, data[start:end])
    last.finish()
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
    assert told == lines[-1:]
