import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.views.text import clean, clip, duration, last_lines, moment, one_line, plural


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bbox", "box"),
        ("a\x9b31mb", "ab"),
        ("over\rwrite", "overwrite"),
        ("bell\x07 null\x00 del\x7f", "bell null del"),
        ("\u202egnp.exe", "gnp.exe"),
        ("tab\tand\nnewline", "tab\tand\nnewline"),
        ("line\r\nend", "line\nend"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("grün 日本 🎉", "grün 日本 🎉"),
        ("cut off \x1b[", "cut off "),
        ("[bold]no markup[/bold]", "[bold]no markup[/bold]"),
    ],
)
def test_clean_removes_what_a_terminal_would_obey(raw, shown):
    assert clean(raw) == shown


@given(st.text())
def test_clean_text_holds_no_control_characters(text):
    cleaned = clean(text)
    assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 for c in cleaned)
    cleaned.encode()
    assert clean(cleaned) == cleaned


def test_one_line_shortens_white_space():
    assert one_line(" a\n\n  b\tc ") == "a b c"


def test_clip_marks_the_cut():
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"


def test_last_lines_leave_out_blank_ones():
    assert last_lines("a\n\nb  \n\x1b[1mc\x1b[0m\n\n", 2) == ["b", "c"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0s"), (-3, "0.0s"), (0.31, "0.3s"), (9.94, "9.9s"), (9.96, "10s"), (59.4, "59s"), (59.6, "1m 00s"),
     (125, "2m 05s"), (3599.6, "1h 00m"), (3725, "1h 02m")],
)  # fmt: skip
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_moment_leaves_what_is_no_time():
    assert moment("\x1b[1mnever") == "never"


def test_plural():
    assert plural(1, "run") == "1 run"
    assert plural(1200, "run") == "1,200 runs"
