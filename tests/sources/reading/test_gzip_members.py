"""Short gzip members read many at a time are those that zlib reads one by one, damaged files included."""

import gzip
import io
import zlib

from hypothesis import given
from hypothesis import strategies as st

from sources.reading.gzip_members import read_whole_members
from sources.reading.members import Lost, Member, read_members

CONTENTS = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.builds(lambda text, times: text * times, st.binary(min_size=1, max_size=9), st.integers(1, 9000)),
        st.binary(max_size=20).map(gzip.compress),  # a member in a member: what begins there is none
    ),
    max_size=8,
)
LEVELS = st.integers(0, 9)


def read(data: bytes) -> list[tuple[int, bytes] | Lost]:
    """(start, content) of each member, and what is lost."""
    items: list[tuple[int, bytes] | Lost] = []
    for event in read_members("x.warc.gz", open_input=lambda _: io.BytesIO(data), is_beginning=bool):
        if isinstance(event, Member):
            items.append((event.start, b""))
        elif isinstance(event, Lost):
            items.append(event)
        else:
            last = items[-1]
            assert not isinstance(last, Lost)
            items[-1] = (last[0], last[1] + event)
    return items


def places(members: list[bytes]) -> list[int]:
    return [sum(map(len, members[:number])) for number in range(len(members))]


@given(CONTENTS, LEVELS)
def test_members_come_with_their_place(contents: list[bytes], level: int) -> None:
    members = [gzip.compress(content, level, mtime=0) for content in contents]
    assert read(b"".join(members)) == list(zip(places(members), contents, strict=True))


@given(CONTENTS.filter(len), LEVELS, st.data())
def test_no_member_with_a_wrong_byte_is_taken_for_whole(
    contents: list[bytes], level: int, data: st.DataObject
) -> None:
    members = [gzip.compress(content, level, mtime=0) for content in contents]
    wrong = bytearray(b"".join(members))
    place = data.draw(st.integers(0, len(wrong) - 1))
    wrong[place] ^= 1 << data.draw(st.integers(0, 7))
    begins = places(members)
    for begin, end, content in read_whole_members(bytes(wrong), max_content_bytes=1 << 20):
        assert zlib.decompress(wrong[begin:end], 31) == content
        assert begin in begins


def test_what_zlib_refuses_or_is_too_long_is_left_to_it() -> None:
    member = bytearray(gzip.compress(b"a" * 1000, mtime=0))
    following = gzip.compress(b"b")
    for flags, size, count in ((0, 1000, 1), (0, 999, 0), (0x20, 1000, 0), (0x80, 1000, 0)):
        member[3] = flags
        members = list(read_whole_members(bytes(member + following), max_content_bytes=size))
        assert len(members) == count


def test_many_beginnings_in_one_member_are_passed_over() -> None:
    content = b"\x1f\x8b\x08" * 20_000
    data = gzip.compress(content, 0, mtime=0) + gzip.compress(b"b", mtime=0)
    assert [each for _, _, each in read_whole_members(data, max_content_bytes=1 << 20)] == [content]
