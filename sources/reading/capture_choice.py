"""Which captures of a web archive a corpus takes: chosen in its index, before anything is fetched."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow.parquet as pq

from layers import storage
from sources.reading.cdx import IndexedCapture, parse_line, parse_row, read_header
from sources.reading.compression import DamagedStream, read_chunks

TEXT_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
_COLUMNS = (
    "url_surtkey",
    "url",
    "fetch_time",
    "fetch_status",
    "content_mime_type",
    "content_mime_detected",
    "content_languages",
    "content_digest",
    "content_truncated",
    "warc_filename",
    "warc_record_offset",
    "warc_record_length",
)
_BATCH_ROWS = 10_000
MAX_NAMED_PLACES = 5


@dataclass(frozen=True)
class Wanted:
    """What captures must have."""

    prefixes: Sequence[str]
    """Of keys: `org,example)` is a host, `org,example,` its subdomains, `org,example)/news` a path."""
    mimes: Sequence[str] = TEXT_TYPES
    languages: Sequence[str] = ()
    """ISO 639-3 codes of which the index must name one; none given: any, and none."""

    def find_objection(self, capture: IndexedCapture) -> str | None:
        """Why a capture is not taken; None: it is."""
        if not capture.key.startswith(tuple(self.prefixes)):
            return "other_site"
        if capture.status not in (None, "200"):
            return "http_status"
        if capture.mime is not None and capture.mime not in self.mimes:
            return "mime_type"
        if self.languages and not {*self.languages} & {*(capture.languages or "").split(",")}:
            return "language"
        return None


@dataclass
class Choice:
    """The chosen captures: of each canonical URL the latest. Memory is for these alone."""

    captures: dict[str, IndexedCapture] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    """Lines and rows of the index by what became of them."""
    broken: list[str] = field(default_factory=list)
    """The first of those that cannot be read: file, number of line or row, why."""

    def ordered(self) -> list[IndexedCapture]:
        """By their place in the archive."""
        return sorted(self.captures.values(), key=lambda each: (each.filename, each.offset))


def make_prefixes(name: str) -> list[str]:
    """The keys of a domain with its subdomains (`example.org`), or of a URL prefix; raises ValueError."""
    scheme, has_scheme, address = name.strip().lower().rpartition("://")
    host, slash, path = address.partition("/")
    if scheme not in ("", "http", "https") or not host.strip(".") or " " in name.strip():
        raise ValueError(f"{name!r} is neither a domain nor the beginning of a URL")
    host = host.partition(":")[0].strip(".")
    host = (host.removeprefix("www.") or host).encode("idna").decode()
    key = ",".join(reversed(host.split(".")))
    if has_scheme or slash:
        return [f"{key}){slash}{path}"]
    return [f"{key})", f"{key},"]


def choose(indexes: Iterable[str], *, wanted: Wanted) -> Choice:
    """The latest capture of each canonical URL in files of CDX, CDXJ or Parquet.

    Of two at one time the first place is taken, so the order of the files does not matter. Raises OSError.
    """
    choice = Choice()
    for url in indexes:
        read = _read_rows if url.endswith(".parquet") else _read_lines
        for capture in read(url, wanted=wanted):
            if isinstance(capture, _Broken):
                choice.counts["broken"] += 1
                if len(choice.broken) < MAX_NAMED_PLACES:
                    choice.broken.append(f"{url}, {capture.place}: {capture.why}")
                continue
            reason = wanted.find_objection(capture)
            if reason is not None:
                choice.counts[reason] += 1
                continue
            other = choice.captures.get(capture.key)
            if other is not None:
                choice.counts["other_capture"] += 1
            if other is None or _rank(capture) < _rank(other):
                choice.captures[capture.key] = capture
    choice.counts["chosen"] = len(choice.captures)
    return choice


def _rank(capture: IndexedCapture) -> tuple[int, str, int]:
    return -int(capture.timestamp), capture.filename, capture.offset


@dataclass(frozen=True)
class _Broken:
    """A line or row that cannot be read, counted from 1 as editors do."""

    place: str
    why: str


def _read_lines(url: str, *, wanted: Wanted) -> Iterator[IndexedCapture | _Broken]:
    columns: Sequence[str] = ()
    for number, line in enumerate(_lines(url), 1):
        header = read_header(line)
        if header is not None:
            columns = header
        elif line.strip():
            try:
                yield _parse(line, columns=columns)
            except (ValueError, TypeError) as error:
                yield _Broken(f"line {number}", str(error))


def _lines(url: str) -> Iterator[bytes]:
    rest = b""
    for chunk in _chunks(url):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest


def _chunks(url: str) -> Iterator[bytes]:
    try:
        yield from read_chunks(url)
    except DamagedStream as damage:
        raise OSError(f"{url}: {damage.detail}") from damage


def _parse(line: bytes, *, columns: Sequence[str]) -> IndexedCapture:
    """Raises ValueError or TypeError."""
    capture = parse_line(line, columns=columns)
    if len(capture.timestamp) != 14 or not capture.timestamp.isdigit():
        raise ValueError(f"{capture.timestamp[:30]!r} is no timestamp of 14 digits")
    return capture


def _read_rows(url: str, *, wanted: Wanted) -> Iterator[IndexedCapture | _Broken]:
    """Rows of the row groups whose keys may be wanted ones: the index is sorted by them."""
    with storage.open_input(url) as stream:
        file = pq.ParquetFile(stream)
        columns = [name for name in _COLUMNS if name in file.schema_arrow.names]
        place = file.schema_arrow.names.index("url_surtkey")
        first = 1
        for number in range(file.num_row_groups):
            rows = range(first, first + file.metadata.row_group(number).num_rows)
            first = rows.stop
            statistics = file.metadata.row_group(number).column(place).statistics
            if statistics is not None and statistics.has_min_max:
                low, high = statistics.min, statistics.max
                if not any(prefix <= high and prefix + "\U0010ffff" >= low for prefix in wanted.prefixes):
                    continue
            places = iter(rows)
            for batch in file.iter_batches(_BATCH_ROWS, row_groups=[number], columns=columns):
                for row in batch.to_pylist():
                    row_number = next(places)
                    try:
                        yield parse_row(row)
                    except ValueError as error:
                        yield _Broken(f"row {row_number}", str(error))
