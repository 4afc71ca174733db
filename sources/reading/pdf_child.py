"""The child process of the source type `pdf`: files on standard input, text of pages on standard output."""

import ctypes
import sys
from typing import Any

import orjson
import pypdfium2
import pypdfium2.raw

from sources.reading.children import serve
from sources.reading.mapping import BadRecord

MAX_PAGES = 20_000
_METADATA = ("Title", "Author", "CreationDate")
_MAX_METADATA_CHARS = 1000
_MAX_LANGUAGE_BYTES = 200


def read_pdf(raw: bytes) -> bytes:
    """JSON of pages, metadata and language; raises BadRecord."""
    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise BadRecord("encrypted", detail="the PDF opens with a password only") from error
        raise BadRecord("unreadable", detail=f"no PDF that can be read: {error}") from error
    if len(document) > MAX_PAGES:
        raise BadRecord("too_complex", detail=f"{len(document)} pages; the limit is {MAX_PAGES}")
    pages = [_read_page(document, number) for number in range(len(document))]
    if not any(page.strip() for page in pages):
        raise BadRecord("no_text", detail=f"{len(pages)} pages without a text layer")
    metadata = {name: document.get_metadata_value(name).strip() for name in _METADATA}
    answer: dict[str, Any] = {
        "pages": pages,
        "metadata": {
            name: value for name, value in metadata.items() if 0 < len(value) <= _MAX_METADATA_CHARS
        },
        "lang": _read_language(document),
    }
    document.close()
    return orjson.dumps(answer)


def _read_page(document: pypdfium2.PdfDocument, number: int) -> str:
    """Empty for a page that cannot be loaded."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return ""
    text_page = page.get_textpage()
    text: str = text_page.get_text_range(errors="replace")
    text_page.close()
    page.close()
    return text


def _read_language(document: pypdfium2.PdfDocument) -> str:
    """What the catalogue says; empty where it says nothing."""
    length = pypdfium2.raw.FPDFCatalog_GetLanguage(document, None, 0)
    if not 2 < length <= _MAX_LANGUAGE_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pypdfium2.raw.FPDFCatalog_GetLanguage(
        document, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length
    )
    return buffer.raw[: length - 2].decode("utf-16-le", "replace").strip()


def main() -> None:
    """Argument: CPU seconds of a file."""
    serve(read_pdf, max_cpu_seconds=float(sys.argv[1]))


if __name__ == "__main__":
    main()
