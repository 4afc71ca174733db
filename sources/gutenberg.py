"""Books of Project Gutenberg as plain text: without header and licence, of all three generations of files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import MAX_RECORD_BYTES, DocumentBatcher, RecordLog, SourceFields, SourceSpec, Span, sha256
from sources.reading.canonical import encode_extra
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.encodings import check_encoding
from sources.reading.mapping import BadRecord, refuse_fields

CONTENT_VERSION = 2

_START = re.compile(
    r"^[ \t]*\*\*\*[ \t]*START OF (?:THIS|THE) PROJECT GUTENBERG E-?(?:BOOK|TEXT)"
    r"[^\n]*(?:\n[^\n*]+){0,4}?\*\*\*[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_SMALL_PRINT_END = re.compile(r"^\*END ?\*? ?THE SMALL PRINT![^\n]*$", re.MULTILINE)
_END = re.compile(
    r"^[ \t]*\*\*\*[ \t]*END OF (?:THIS|THE) PROJECT GUTENBERG E-?(?:BOOK|TEXT)", re.MULTILINE | re.IGNORECASE
)
_END_LINE = re.compile(
    r"^[ \t*]*End of (?:(?:this|the) )?Project Gutenberg(?:'s|’s)?\b[^\n]*$", re.MULTILINE | re.IGNORECASE
)
_CREDITS = re.compile(
    r"\A(?:Produced|E-?text prepared|Prepared|Transcribed) by [^\n]*(?:\n[^\n]+)*", re.IGNORECASE
)
_FIELD = re.compile(r"^([A-Z][A-Za-z ]{2,30}):[ \t]*(\S[^\n]*(?:\n[ \t]+[^\n]+)*)$", re.MULTILINE)
_NUMBER = re.compile(r"\[E-?(?:book|text) ?#(\d+)\]", re.IGNORECASE)
_TITLE_LINE = re.compile(
    r"\A\W*(?:The )?Project Gutenberg(?:'s)?(?: E-?(?:text|book))?(?: of)? ([^\n]+?),? by ([^\n]+)",
    re.IGNORECASE,
)
_LANGUAGES = {
    "arabic": "ar", "basque": "eu", "bengali": "bn", "catalan": "ca", "chinese": "zh", "english": "en",
    "french": "fr", "gujarati": "gu", "hindi": "hi", "igbo": "ig", "indonesian": "id", "malayalam": "ml",
    "marathi": "mr", "nepali": "ne", "portuguese": "pt", "spanish": "es", "swahili": "sw", "tamil": "ta",
    "telugu": "te", "urdu": "ur", "vietnamese": "vi", "xhosa": "xh", "yoruba": "yo", "zulu": "zu",
    "dutch": "nl", "german": "de", "italian": "it", "latin": "la", "finnish": "fi", "swedish": "sv",
    "danish": "da", "norwegian": "no", "polish": "pl", "russian": "ru", "greek": "el", "hungarian": "hu",
    "esperanto": "eo", "tagalog": "tl", "japanese": "ja", "czech": "cs", "welsh": "cy", "afrikaans": "af",
}  # fmt: skip


def _check_encoding(name: str | None) -> str | None:
    return None if name is None else check_encoding(name)


class Options(BaseModel):
    """Options of the source type `gutenberg`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    encoding: Annotated[str | None, AfterValidator(_check_encoding)] = None
    """Of files without a byte order mark; without it what the header says, else UTF-8, else windows-1252."""
    credits: bool = False
    """Whether the lines `Produced by …` at the beginning are text."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer file is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which the header has, or for an option."""
    refuse_fields(spec, why="the header has them")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """One span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """A file as a document; its key is the path. `raw_sha256` and length are of the whole file."""
    options = Options.model_validate(spec.options)
    held, size = [], 0
    try:
        for chunk in read_chunks(join(spec.root, unit.uri), open_input=log.open, on_read=log.reach):
            size += len(chunk)
            held.append(chunk)
            if size > options.max_record_bytes:
                held.clear()
        log.container_bytes += size
        if size > options.max_record_bytes:
            detail = f"{size} bytes; max_record_bytes is {options.max_record_bytes}"
            raise BadRecord("record_too_long", detail=detail)
        raw = b"".join(held)
        fields = read_book(raw, key=unit.uri, options=options)
    except DamagedStream as damage:
        log.container_bytes += size
        log.reject(damage.reason, detail=damage.detail, offset=0, length=size, record_id=unit.uri)
        return
    except BadRecord as bad:
        log.reject(bad.reason, detail=bad.detail, offset=0, length=size, record_id=unit.uri)
        return
    batcher = DocumentBatcher(spec, unit)
    batcher.add(fields, offset=0, length=size, raw_sha256=sha256(raw))
    yield batcher.take()


def read_book(raw: bytes, *, key: str, options: Options) -> SourceFields:
    """The book in a file and what its header says; raises BadRecord where no mark ends header or book."""
    whole = _decode(raw, encoding=options.encoding).replace("\r\n", "\n").replace("\r", "\n")
    start = _START.search(whole)
    small_print = _SMALL_PRINT_END.search(whole)
    first = start or small_print
    if first is None:
        raise BadRecord("broken_header", detail="no mark says where the book begins")
    body_start = max(
        match.end() for match in (start, small_print) if match and match.end() < first.end() + 20_000
    )
    end = _END.search(whole, body_start)
    if end is None and start is not None:
        raise BadRecord("truncated", detail="no *** END OF … PROJECT GUTENBERG EBOOK: the file is cut")
    body = whole[body_start : end.start() if end else len(whole)]
    last_lines = [*_END_LINE.finditer(body)][-1:]
    if last_lines and len(body) - last_lines[0].end() < 2_000:
        body = body[: last_lines[0].start()]
    text = body.strip("\n \t")
    credits = _CREDITS.match(text)
    if credits and not options.credits:
        text = text[credits.end() :].strip("\n \t")
    if not text:
        raise BadRecord("broken_header", detail="nothing stands between header and licence")
    header = whole[: first.start()]
    said = {match[1].lower(): " ".join(match[2].split()) for match in _FIELD.finditer(header)}
    title_line = _TITLE_LINE.match(header)
    number = _NUMBER.search(header)
    return SourceFields(
        text,
        key,
        title=said.get("title") or (title_line[1].strip() if title_line else None),
        author=said.get("author") or (title_line[2].strip() if title_line else None),
        url=f"https://www.gutenberg.org/ebooks/{number[1]}" if number else None,
        date=_release_date(said),
        lang=_LANGUAGES.get(said.get("language", "").lower()),
        extra=encode_extra(
            {
                "gutenberg_id": int(number[1]) if number else None,
                "gutenberg_language": said.get("language"),
                "gutenberg_credits": " ".join(credits[0].split()) if credits else None,
            }
        ),
    )


def _release_date(said: Mapping[str, str]) -> str | None:
    text = said.get("release date") or said.get("posting date")
    return None if text is None else text.partition("[")[0].strip() or None


def _decode(raw: bytes, *, encoding: str | None) -> str:
    """Text by byte order mark, option, header, UTF-8 or windows-1252; raises BadRecord."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            encoding = name
            break
    else:
        said = re.search(rb"^Character set encoding:[ \t]*([A-Za-z0-9._-]+)", raw[:20_000], re.MULTILINE)
        names = [said[1].decode().lower()] if said else []
        names += ["utf-8", "windows-1252", "latin-1"]
        for name in names if encoding is None else ():
            try:
                # bytes 80 to 9F are letters of windows-1252 in files that call themselves ISO-8859-1
                return raw.decode({"iso-8859-1": "windows-1252", "iso8859-1": "windows-1252"}.get(name, name))
            except (LookupError, UnicodeDecodeError):
                continue
    try:
        return raw.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        raise BadRecord(
            "invalid_utf8", detail=f"not {encoding}: byte {error.start}: {error.reason}"
        ) from None
