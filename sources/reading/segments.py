"""Records of web archives that were written in parts (WARC-Segment-Number): whole again, or one row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sources.reading.warc_records import BadSpan, Record

CONTINUATION = "continuation"
"""Type of every part but the first."""
_NUMBER, _ORIGIN, _TOTAL = "warc-segment-number", "warc-segment-origin-id", "warc-segment-total-length"


def join_segments(items: Iterable[Record | BadSpan], *, max_block_bytes: int) -> Iterator[Record | BadSpan]:
    """The items, where parts of a record that follow one another are the record.

    Parts of which others are missing, stand elsewhere or have another length than is said are one BadSpan. Of
    a record that is longer than the limit the block is None, and no more than that is held.
    """
    run: _Run | None = None
    for item in items:
        if run is not None and run.is_next(item):
            run.add(item)
        else:
            if run is not None:
                yield run.give_up()
            run = _Run(item, limit=max_block_bytes) if isinstance(item, Record) and _is_part(item) else None
            if run is None:
                yield item
        if run is not None and run.is_ended:
            yield run.finish()
            run = None
    if run is not None:
        yield run.give_up()


def _is_part(record: Record) -> bool:
    return _NUMBER in record.headers or record.headers.get("warc-type", "").lower() == CONTINUATION


@dataclass
class _Run:
    """Parts that follow one another."""

    first: Record
    limit: int
    held: bytearray | None = field(default_factory=bytearray)
    """The blocks; None: they are longer than the limit."""
    bytes: int = 0
    """Of the blocks."""
    length: int = 0
    count: int = 0
    last: Record | None = None

    def __post_init__(self) -> None:
        self.add(self.first)

    def is_next(self, item: Record | BadSpan) -> bool:
        headers = item.headers
        return (
            isinstance(item, Record)
            and headers.get("warc-type", "").lower() == CONTINUATION
            and headers.get(_ORIGIN, "").strip("<> ")
            == self.first.headers.get("warc-record-id", "").strip("<> ")
            and headers.get(_NUMBER) == str(self.count + 1)
        )

    def add(self, item: Record | BadSpan) -> None:
        assert isinstance(item, Record)
        size = item.length - len(item.head)
        self.last, self.count = item, self.count + 1
        self.bytes, self.length = self.bytes + size, self.length + item.length
        if item.block is None or self.bytes > self.limit:
            self.held = None
        elif self.held is not None:
            self.held += item.block

    @property
    def is_ended(self) -> bool:
        return self.last is not None and _TOTAL in self.last.headers

    def finish(self) -> Record | BadSpan:
        """The record, if its parts begin with the first and are as long as the last one says."""
        said = "" if self.last is None else self.last.headers[_TOTAL]
        if self.first.headers.get(_NUMBER) != "1":
            return self.give_up()
        if said != str(self.bytes):
            return self.give_up(f"its {self.count} parts have {self.bytes} bytes, not {said[:20]}")
        headers = {name: value for name, value in self.first.headers.items() if name != _NUMBER}
        block = None if self.held is None else bytes(self.held)
        return replace(self.first, headers=headers, block=block, length=self.length)

    def give_up(self, detail: str = "a part of a record, and not all parts follow one another") -> BadSpan:
        first = self.first
        return BadSpan(
            first.offset,
            first.member,
            self.length,
            "broken_record",
            detail,
            first.headers,
            self.count,
        )
