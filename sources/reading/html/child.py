"""The child process of `sources.reading.html`: pages on standard input, their text on standard output."""

import logging
import sys

import orjson

from sources.reading.children import serve
from sources.reading.html.extraction import PRECISE, extract_page, extract_slim
from sources.reading.html.slim import unpack


def main() -> None:
    """Arguments: CPU seconds of a page, extractor, structure."""
    seconds, extractor, structure = sys.argv[1:]
    logging.disable(logging.CRITICAL)  # trafilatura tells of pages that have no text
    if extractor == PRECISE:
        import trafilatura  # noqa: F401  (before the first page's time is counted)

    def handle(request: bytes) -> bytes:
        if extractor == PRECISE:
            return orjson.dumps(extract_page(request, structure=structure))
        return orjson.dumps(extract_slim(unpack(request), structure=structure))

    serve(handle, max_cpu_seconds=float(seconds))


if __name__ == "__main__":
    main()
