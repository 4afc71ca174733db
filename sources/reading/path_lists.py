"""Lists of the paths of an archive's files, as Common Crawl has them: `warc.paths.gz`, `wet.paths.gz`."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from layers.inputs import DigestingReader
from layers.listing import PathList
from layers.storage import InputFile, join
from sources.reading.compression import DamagedStream, codec_of, read_chunks

SUFFIX = ".paths"
"""Of names without that of a compression."""
_MAX_LINE_BYTES = 4096


class BadList(OSError):
    """A file that is no list of paths, or names what is no file of the archive."""


def is_list(uri: str) -> bool:
    """Whether a file name is one of a list: `.paths`, also compressed."""
    codec, name = codec_of(uri), uri.lower()
    return (name if codec is None else name.removesuffix(codec.suffix)).endswith(SUFFIX)


def read_list(file: InputFile, *, root: str, archive: str) -> PathList:
    """The paths of a list below archive, a folder or URL; `.` is root. Raises BadList, OSError."""
    url = join(root, file.uri)
    opened: list[DigestingReader] = []

    def open_input(url: str) -> BinaryIO:
        opened.append(DigestingReader(url))
        return cast(BinaryIO, opened[-1])

    places: list[str] = []
    for number, line in enumerate(_read_lines(url, open_input=open_input), 1):
        try:
            path = line.decode("utf-8").strip()
            if path:
                places.append(_place(path, root=root, archive=archive))
        except ValueError as error:
            raise BadList(f"{file.uri}, line {number}: {error}") from error
    if not places:
        raise BadList(f"{file.uri} names no file")
    counts = Counter(places)
    digest, size = opened[0].finish()
    repeated = tuple(path for path, count in counts.items() if count > 1)
    return PathList(file.uri, size, digest, tuple(counts), repeated)


def _read_lines(url: str, *, open_input: Callable[[str], BinaryIO]) -> Iterator[bytes]:
    rest = b""
    try:
        for chunk in read_chunks(url, open_input=open_input):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > _MAX_LINE_BYTES:
                break
    except DamagedStream as damage:
        raise BadList(f"{damage.detail}: a part of a list is not read") from damage
    yield rest


def _place(path: str, *, root: str, archive: str) -> str:
    """The path as a source has its files; raises ValueError for one that lies outside of the archive."""
    base = archive.rstrip("/") + "/"
    inner = path.removeprefix(base)
    if len(inner) > _MAX_LINE_BYTES or not inner.isprintable():
        raise ValueError(f"{inner[:100]!r} is no path")
    if inner.startswith("/") or "://" in inner or ".." in inner.split("/"):
        raise ValueError(f"{path[:200]} lies outside of {archive} (the option `archive`)")
    if is_list(inner):
        raise ValueError(f"{path[:200]} is a list itself; name it in `paths`")
    place = inner if archive == "." else join(archive, inner)
    return place.removeprefix(root.rstrip("/") + "/")
