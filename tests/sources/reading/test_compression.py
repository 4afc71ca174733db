"""Compressed streams: members are joined, and damage comes after everything that decodes."""

import bz2
import gzip
import lzma
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from zlib_ng import zlib_ng

from sources.reading.compression import DamagedStream, expand, is_compressed, read_chunks
from sources.reading.decoders import CHUNK_BYTES, GZIP_ERROR, Bzip2

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}
DATA = bytes(random.Random(7).choices(b"abcdefgh \n", k=300_000))
each_codec = pytest.mark.parametrize("suffix", PACK)


def read(path: Path, content: bytes) -> tuple[bytes, str | None]:
    """The bytes delivered and the reason of the damage, None for a sound file."""
    path.write_bytes(content)
    delivered = []
    try:
        for chunk in read_chunks(str(path)):
            assert chunk
            delivered.append(chunk)
    except DamagedStream as damage:
        return b"".join(delivered), damage.reason
    return b"".join(delivered), None


@each_codec
def test_members_and_empty_members_are_joined(suffix: str, tmp_path: Path) -> None:
    pack = PACK[suffix]
    content = pack(DATA) + pack(b"") + pack(b"tail")
    assert read(tmp_path / f"a{suffix}", content) == (DATA + b"tail", None)


@each_codec
def test_what_follows_a_long_member_in_the_same_step_is_read_once(suffix: str, tmp_path: Path) -> None:
    pack = PACK[suffix]
    content = pack(b"x" * 3 * CHUNK_BYTES) + pack(b"tail")
    assert read(tmp_path / f"a{suffix}", content) == (b"x" * 3 * CHUNK_BYTES + b"tail", None)


@each_codec
def test_a_small_file_that_becomes_much_comes_in_chunks(suffix: str, tmp_path: Path) -> None:
    """zstandard decodes a step of its input at once, and learns from the first how much that becomes."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(PACK[suffix](b"x\n" * 8_000_000))
    sizes = [len(chunk) for chunk in read_chunks(str(path))]
    assert sum(sizes) == 16_000_000
    assert max(sizes) <= (9 if suffix == ".zst" else 1) * CHUNK_BYTES


@each_codec
def test_a_truncated_file_delivers_what_the_decoder_can_know(suffix: str, tmp_path: Path) -> None:
    pack = PACK[suffix]
    delivered, reason = read(tmp_path / f"a{suffix}", pack(b"first") + pack(DATA)[:-5])
    assert reason == "truncated"
    assert (b"first" + DATA).startswith(delivered)
    assert delivered.startswith(b"first")
    assert read(tmp_path / f"b{suffix}", b"") == (b"", "truncated")


@each_codec
def test_trailing_garbage_is_damage_behind_all_data(suffix: str, tmp_path: Path) -> None:
    delivered = read(tmp_path / f"a{suffix}", PACK[suffix](DATA) + b"this is not a member at all")
    assert delivered == (DATA, "unreadable")


@each_codec
def test_a_file_of_another_format_is_unreadable(suffix: str, tmp_path: Path) -> None:
    assert read(tmp_path / f"a{suffix}", b"plain text, wrongly named") == (b"", "unreadable")


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_zero_padding_between_members_is_allowed(suffix: str, tmp_path: Path) -> None:
    pack = PACK[suffix]
    content = pack(b"one") + b"\0" * 1024 + pack(b"two") + b"\0" * 512
    assert read(tmp_path / f"a{suffix}", content) == (b"onetwo", None)


def test_corrupt_gzip_delivers_every_byte_that_decodes_one_byte_at_a_time(tmp_path: Path) -> None:
    import zlib

    content = bytearray(PACK[".gz"](DATA))
    for place in range(len(content) // 2, len(content) // 2 + 60):
        content[place] ^= 0xFF
    decoder, expected = zlib.decompressobj(31), b""
    with pytest.raises(zlib.error):
        for value in content:
            expected += decoder.decompress(bytes([value]))
    assert read(tmp_path / "a.gz", bytes(content)) == (expected, "unreadable")
    assert len(expected) > len(DATA) // 4


@given(
    st.binary(max_size=40).map(lambda data: gzip.compress(data * 9, mtime=0)),
    st.integers(0, 90),
    st.integers(0, 255),
    st.sampled_from([1, 7, 1 << 16]),
)
def test_damage_is_where_and_what_zlib_says(member: bytes, place: int, value: int, step: int) -> None:
    """Another inflater would lose other bytes of a damaged member, and say so otherwise."""
    import zlib

    wrong = bytearray(member)
    wrong[place % len(wrong)] = value
    outcomes = []
    for module in (zlib, zlib_ng):
        decoder, pieces, said = module.decompressobj(31), list[bytes](), ""
        try:
            for start in range(0, len(wrong), step):
                pieces.append(decoder.decompress(wrong[start : start + step]))
        except (zlib.error, GZIP_ERROR) as error:
            said = str(error)
        outcomes.append((pieces, said, decoder.eof, decoder.unused_data))
    assert outcomes[0] == outcomes[1]


def test_a_wrong_checksum_is_damage_behind_all_data(tmp_path: Path) -> None:
    content = bytearray(PACK[".gz"](DATA))
    content[-8] ^= 1
    assert read(tmp_path / "a.gz", bytes(content)) == (DATA, "unreadable")


def test_the_suffix_decides() -> None:
    assert [is_compressed(name) for name in ("a.jsonl.GZ", "a.zst", "a.gz.jsonl", "a")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_compressed_file_has_no_ranges(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(PACK[".gz"](b"x"))
    with pytest.raises(ValueError, match="only be read from its start, not from byte 5"):
        list(read_chunks(str(tmp_path / "a.gz"), start=5))


def test_of_a_bzip2_block_nothing_is_given_before_its_checksum(tmp_path: Path) -> None:
    """A level of 1 has blocks of 100,000 bytes; a decoder gives a damaged one as text that is no text."""
    packed = bz2.compress(DATA, 1)
    ends = [0, *(decoded for _, decoded in _bzip2_blocks(packed))]
    assert len(ends) > 3
    for place in range(100, len(packed) - 20, 9_973):
        damaged = bytearray(packed)
        damaged[place] ^= 0x10
        delivered, reason = read(tmp_path / "a.bz2", bytes(damaged))
        assert reason == "unreadable"
        assert DATA.startswith(delivered)
        assert len(delivered) in ends


def test_a_bzip2_file_that_ends_where_a_block_does_gives_all_of_the_block(tmp_path: Path) -> None:
    """A decoder that has read all its input asks for more, while it has output left."""
    packed = bz2.compress(DATA, 1)
    before = 0
    for size, decoded in _bzip2_blocks(packed)[:-1]:
        assert read(tmp_path / "a.bz2", packed[:size]) == (DATA[:decoded], "truncated")
        assert read(tmp_path / "a.bz2", packed[: size - 1]) == (DATA[:before], "truncated")
        before = decoded


def test_of_a_long_bzip2_block_is_held_no_more_than_one() -> None:
    """A run of 46 MB is one block: what lies behind it is given while it is decoded."""
    decoder, decoded = Bzip2(), 0
    packed = bz2.compress(bytes(120 << 20))
    tracemalloc.start()
    for piece in expand(decoder, packed):
        assert len(piece) <= CHUNK_BYTES
        decoded += len(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert decoder.eof
    assert decoded == 120 << 20
    assert peak < 50 << 20


def _bzip2_blocks(packed: bytes) -> list[tuple[int, int]]:
    """(bytes read, bytes decoded) at the end of each block, which a decoder gives when it has read that."""
    decoder, decoded, ends = bz2.BZ2Decompressor(), 0, []
    for place, byte in enumerate(packed, 1):
        pieces = [decoder.decompress(bytes([byte]))]
        while pieces[-1] and not decoder.eof:
            pieces.append(decoder.decompress(b""))
        if any(pieces):
            decoded += sum(map(len, pieces))
            ends.append((place, decoded))
    return ends
