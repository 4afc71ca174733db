"""EPUB: a zip archive whose package lists its texts in their order (the spine)."""

import posixpath
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sources.reading.blocks import local_name
from sources.reading.html import limits
from sources.reading.mapping import BadRecord

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_ENTRIES = 20_000
MAX_UNPACKED_BYTES = 256 << 20
"""Of the texts of a book together: a bomb unpacks to more than any book has."""
_TEXT_TYPES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_METADATA = ("title", "creator", "language", "date", "rights", "identifier")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Chapter:
    """A text of the spine."""

    name: str
    offset: int
    """Byte of the archive where it begins."""
    length: int
    """Bytes that it takes there, compressed."""


class Book:
    """What an EPUB says of itself. Raises BadRecord for archives that cannot be read or are refused."""

    def __init__(self, raw: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise BadRecord("unreadable", detail=f"no zip archive that can be read: {error}") from error
        infos = self._archive.infolist()
        if len(infos) > MAX_ENTRIES:
            raise BadRecord("archive_refused", detail=f"{len(infos)} files; the limit is {MAX_ENTRIES}")
        for info in infos:
            _check_name(info.filename)
        self._infos = {info.filename: info for info in infos}
        self._left = MAX_UNPACKED_BYTES
        self._package = self._find_package()
        root = parse_xml(self._read(self._package), name=self._package)
        self.metadata = _read_metadata(root)
        self.spine = self._read_spine(root)
        self._refuse_encrypted()

    def chapters(self) -> list[Chapter]:
        """The texts in their order."""
        infos = [self._infos[name] for name in self.spine]
        return [Chapter(info.filename, info.header_offset, info.compress_size) for info in infos]

    def read(self, chapter: Chapter) -> bytes:
        """What a text unpacks to; raises BadRecord."""
        return self._read(chapter.name)

    def _find_package(self) -> str:
        if _CONTAINER in self._infos:
            root = parse_xml(self._read(_CONTAINER), name=_CONTAINER)
            for element in root.iter():
                path = element.get("full-path")
                if local_name(element) == "rootfile" and path in self._infos:
                    return str(path)
        packages = sorted(name for name in self._infos if name.endswith(".opf"))
        if len(packages) != 1:
            raise BadRecord("broken_epub", detail=f"{_CONTAINER} names no package that the archive has")
        return packages[0]

    def _read_spine(self, root: "_Element") -> list[str]:
        """Names of the texts; without what only navigates."""
        folder = posixpath.dirname(self._package)
        items: dict[str | None, tuple[str, str]] = {}
        for element in root.iter():
            if local_name(element) == "item" and element.get("media-type") in _TEXT_TYPES:
                href = unquote((element.get("href") or "").partition("#")[0])
                name = posixpath.normpath(posixpath.join(folder, href))
                _check_name(name)
                items[element.get("id")] = name, element.get("properties") or ""
        references = [element.get("idref") for element in root.iter() if local_name(element) == "itemref"]
        if not references:
            raise BadRecord("broken_epub", detail="the package has no spine, which says what the texts are")
        listed = [items[reference] for reference in references if reference in items]
        names = [name for name, properties in listed if "nav" not in properties.split()]
        missing = [name for name in names if name not in self._infos]
        if missing or not names:
            detail = (
                f"the spine names {missing[0]}, which the archive does not have" if missing else "no texts"
            )
            raise BadRecord("broken_epub", detail=detail)
        return list(dict.fromkeys(names))

    def _refuse_encrypted(self) -> None:
        if any(self._infos[name].flag_bits & 1 for name in self.spine):
            raise BadRecord("encrypted", detail="the archive has a password")
        if _ENCRYPTION not in self._infos:
            return
        root = parse_xml(self._read(_ENCRYPTION), name=_ENCRYPTION)
        for element in root.iter():
            if local_name(element) != "encrypteddata":
                continue
            methods = [
                each.get("Algorithm") for each in element.iter() if local_name(each) == "encryptionmethod"
            ]
            names = [
                unquote(each.get("URI") or "")
                for each in element.iter()
                if local_name(each) == "cipherreference"
            ]
            if not set(methods) <= set(_FONT_OBFUSCATION) and set(names) & set(self.spine):
                raise BadRecord("encrypted", detail=f"{names[0]} is encrypted")

    def _read(self, name: str) -> bytes:
        pieces = []
        try:
            with self._archive.open(self._infos[name]) as file:
                while piece := file.read(_CHUNK_BYTES):
                    self._left -= len(piece)
                    if self._left < 0:
                        detail = f"it unpacks to more than {MAX_UNPACKED_BYTES} bytes"
                        raise BadRecord("archive_refused", detail=detail)
                    pieces.append(piece)
        except BadRecord:
            raise
        except Exception as error:  # zlib.error, lzma.LZMAError: whatever a codec calls damage
            raise BadRecord("unreadable", detail=f"{name}: {type(error).__name__}: {error}") from error
        return b"".join(pieces)


def parse_xml(content: bytes, *, name: str) -> "_Element":
    """The root; entities of other files are not read. Raises BadRecord for what has none."""
    from lxml import etree

    limits.count_tags(content)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadRecord("broken_epub", detail=f"{name} is no XML: {error}") from error
    if root is None:
        raise BadRecord("broken_epub", detail=f"{name} is no XML")
    return root


def _check_name(name: str) -> None:
    """Raise BadRecord for a name that leads out of the archive."""
    plain = name.replace("\\", "/")
    if plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/"):
        raise BadRecord("archive_refused", detail=f"{name!r} leads out of the archive")


def _read_metadata(root: "_Element") -> dict[str, list[str]]:
    """Values of Dublin Core, in their order, white space made single."""
    values: dict[str, list[str]] = {}
    for element in root.iter():
        name = local_name(element)
        if name in _METADATA and "purl.org/dc/" in str(element.tag):
            text = " ".join("".join(map(str, element.itertext())).split())
            if text:
                values.setdefault(name, []).append(text)
    return values
