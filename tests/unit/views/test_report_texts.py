"""How texts get into a report: shared out, cut in the middle, and escaped."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.views.report.excerpts import of_file, of_text, printed
from plait.views.report.script_data import bytes_in_script, script_bytes, script_json
from plait.views.report.shares import Want, shares

WANTS = st.lists(st.builds(Want, st.integers(0, 2), st.integers(0, 1000)), max_size=30)


@given(WANTS, st.integers(0, 5000))
def test_shares_never_exceed_the_total_nor_what_is_wanted(wants, total):
    given_out = shares(wants, total)

    assert sum(given_out) <= total
    assert all(share <= want.size for share, want in zip(given_out, wants, strict=True))
    if sum(want.size for want in wants) <= total:
        assert given_out == [want.size for want in wants]


@given(WANTS, st.integers(0, 5000))
def test_no_rank_gets_anything_while_a_lower_one_wants_more(wants, total):
    given_out = shares(wants, total)
    hungry = [want.rank for share, want in zip(given_out, wants, strict=True) if share < want.size - len(wants)]

    assert all(
        share <= len(wants) for share, want in zip(given_out, wants, strict=True) if want.rank > min(hungry, default=9)
    )


def test_small_texts_are_whole_and_large_ones_share_the_rest_evenly():
    assert shares([Want(0, 1000), Want(0, 10), Want(0, 500)], 210) == [100, 10, 100]


@given(st.text(max_size=2000) | st.text('<>&"\n\\é\U0001f600', max_size=3000), st.integers(300, 2000))
def test_an_excerpt_fits_and_says_how_much_it_leaves_out(text, most):
    found = of_text(text, most)

    assert found.size <= most
    if not found.left_out:
        assert found.tail == ""
    else:
        assert found.left_out <= len(text.encode("utf-8", "replace"))


def test_an_excerpt_has_whole_lines_of_both_ends():
    lines = [f"line {number}\n" for number in range(1000)]
    found = of_text("".join(lines), 1000)

    assert found.head.startswith("line 0\n")
    assert found.tail.endswith("line 999\n")
    assert found.head.endswith("\n")
    assert found.tail.startswith("line ")
    assert len(found.head) + found.left_out + len(found.tail) == len("".join(lines))


def test_of_a_large_file_only_the_ends_are_read(tmp_path):
    file = tmp_path / "log"
    with file.open("wb") as log:
        log.write(b"begun\n")
        log.truncate(1 << 32)
        log.seek(0, 2)
        log.write(b"\nended\n")

    found = of_file(file, 1000)

    assert found.head.startswith("begun\n")
    assert found.tail.endswith("\nended\n")
    assert found.left_out > 1 << 31


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"\x1b[31mred\x1b[0m\n", "red\n"),
        (b"10%\r50%\r100%\ndone\r\n", "100%\ndone\n"),
        (b"\x1b]0;title\x07a\0b\xff\n", "ab�\n"),
        ("a\u202eb\u2028".encode(), "ab"),
    ],
)
def test_what_was_printed_is_shown_as_a_terminal_would_in_the_end(data, shown):
    assert printed(data) == shown


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_script_data_is_the_value_and_holds_no_markup(value):
    data = script_bytes(script_json(value))

    assert json.loads(data) == value
    assert not any(char in data for char in b"<>&\0\x1b")
    assert b"\xe2\x80\xa8" not in data


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"])) | st.text('<"\n\\\té'))
def test_the_size_in_the_page_is_known_beforehand(text):
    assert bytes_in_script(text) == len(script_bytes(script_json(text))) - 2
