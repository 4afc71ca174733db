"""What a folder of files may be: sources by folder and type, and which fields hold what; all guesses."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import PurePosixPath
from typing import Any

import sources
from layers.listing import list_inputs
from layers.storage import InputFile
from sources.base import SourceSpec
from sources.reading.compression import is_compressed
from sources.reading.formats import describe_mistake, detect_type
from sources.reading.language_tags import UNDETERMINED, canonical_tag
from sources.reading.sample import choose_files, read_sample

SUFFIXES: Mapping[str, str] = {
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    **dict.fromkeys((".arrow", ".feather"), "arrow"),
    **dict.fromkeys((".warc", ".wet", ".arc", ".paths"), "warc"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".json": "json",
    ".parquet": "parquet",
    ".txt": "text",
    **dict.fromkeys((".xlf", ".xliff"), "xliff"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    ".tmx": "tmx",
    ".cdxj": "cdxj",
    ".epub": "epub",
    ".pdf": "pdf",
}
"""End of a name, compression apart → source type, where there is one of that name."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "text",
        "content",
        "body",
        "raw_content",
        "article",
        "document",
        "paragraph",
        "sentence",
        "words",
    ),
    "id": ("id", "doc_id", "docid", "uid", "uuid", "guid", "key", "no", "_id"),
    "url": ("url", "uri", "link", "source_url", "u"),
    "title": ("title", "headline", "name"),
    "author": ("author", "by", "creator", "byline", "sender"),
    "date": ("date", "published", "pubdate", "timestamp", "created", "created_at", "time", "year"),
    "lang": ("lang", "language", "lang_code", "language_code", "locale"),
    "license": ("license", "licence", "rights"),
}
"""Role → names by which fields usually are called, the likeliest first."""


UNKNOWN_TYPE = "its name says no type that is known"
INDEX = "an index of a web archive, which has no text: `rhizotron captures` makes a list of captures of it"
DESCRIPTION = "it describes the dataset beside it; its card may quote it"
_DESCRIPTIONS = ("dataset_dict.json", "dataset_info.json", "dataset_infos.json", "state.json")
"""Files of the library `datasets` beside its tables."""
_TABLES = ("arrow", "csv", "json", "jsonl", "parquet")
_DUMP_INDEX = "-multistream-index"
_INDEX_COLUMNS = {"url_surtkey", "warc_filename"}
"""Of Common Crawl's index in Parquet."""
_CAPTURE_INDEX = re.compile(r"\.cdxj?(\.gz)?$", re.IGNORECASE)
_ARCHIVE = re.compile(r"(\.warc|\.arc)?(\.wet|\.wat)?(\.gz|\.zst|\.lz4)?$", re.IGNORECASE)
_STRINGS = ("a string", "string", "large_string", "string_view")
"""Types of fields that may hold text, as the types of sources name them."""


@dataclass
class Guess:
    """A source that files may be."""

    uid: str
    type: str
    paths: list[str]
    files: int
    fields: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """Role → why this field, or why none."""
    others: dict[str, str] = field(default_factory=dict)
    """Fields that are mapped to nothing → type."""
    options: dict[str, object] = field(default_factory=dict)
    """Of the type, other than by default."""


def guess_sources(folder: str) -> tuple[list[Guess], dict[str, str]]:
    """The sources of a folder, and the files that are none with the reason."""
    listing = list_inputs(["**/*"], root=folder, outputs=[f"{folder}/out", f"{folder}/cards"])
    groups: dict[tuple[str, str, str], list[InputFile]] = {}
    unknown: dict[str, str] = {}
    archives = {_stem(file.uri) for file in listing.files if guess_type(file.uri) == "warc"}
    described = _list_described(listing.files)
    mixed: Counter[tuple[str, str]] = Counter()
    for file in listing.files:
        path = PurePosixPath(file.uri)
        is_index = _DUMP_INDEX in path.name  # of a dump of Wikimedia, without any text
        type = None if is_index else detect_type(f"{folder}/{file.uri}") or guess_type(file.uri)
        top = path.parts[0] if len(path.parts) > 1 else ""
        end = "".join(path.suffixes[-2:]) if is_compressed(file.uri) else path.suffix
        is_beside = type is None or _stem(file.uri) in archives
        if is_beside and _CAPTURE_INDEX.search(file.uri):
            unknown[file.uri] = INDEX
        elif _is_description(path) and str(path.parent) in described:
            unknown[file.uri] = DESCRIPTION
        elif type is not None and file.uri != "corpus.yaml":
            groups.setdefault((top, type, end), []).append(file)
            continue
        else:
            unknown[file.uri] = UNKNOWN_TYPE
        mixed[top, end] += 1
    mixed.update((top, end) for top, _, end in groups)
    taken: set[str] = set()
    guesses = []
    for (top, type, end), files in sorted(groups.items()):
        paths = [escape(file.uri) for file in files]  # of an ending that several types have
        if mixed[top, end] == 1:
            paths = [_make_pattern(top, end, files=files)]
        uid = make_uid(top or PurePosixPath(folder).name, type=type, taken=taken)
        guess = Guess(uid, type, paths, len(files))
        guess_fields(guess, files=files, root=folder)
        if {*guess.fields.values(), *guess.others} >= _INDEX_COLUMNS:
            unknown.update({file.uri: INDEX for file in files})
        else:
            guesses.append(guess)
    return guesses, unknown


def _is_description(path: PurePosixPath) -> bool:
    return path.name in _DESCRIPTIONS or path.name.lower() == "readme.md"


def _list_described(files: Sequence[InputFile]) -> set[str]:
    """The folders with tables in them or below."""
    tables = (PurePosixPath(file.uri) for file in files if guess_type(file.uri) in _TABLES)
    return {str(folder) for path in tables if not _is_description(path) for folder in path.parents}


def _stem(uri: str) -> str:
    """The path of an archive or of an index without what says that it is one."""
    return _ARCHIVE.sub("", _CAPTURE_INDEX.sub("", uri))


def _make_pattern(top: str, end: str, *, files: Sequence[InputFile]) -> str:
    """The files of an ending in a folder, and below it where there are such."""
    nested = any("/" in file.uri[len(top) + 1 if top else 0 :] for file in files)
    return "/".join(part for part in (escape(top), "**" if nested else "", f"*{end}") if part)


def guess_type(uri: str) -> str | None:
    """The source type that the name of a file says."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(uri).suffixes]
    suffix = suffixes[-2] if len(suffixes) > 1 and is_compressed(uri) else "".join(suffixes[-1:])
    type = SUFFIXES.get(suffix)
    return type if type in sources.names() else None


def guess_fields(guess: Guess, *, files: Sequence[InputFile], root: str) -> None:
    """Say in guess which fields hold what, by the first records of a few files; raises OSError."""
    spec = SourceSpec(guess.uid, guess.type, root, "NOASSERTION", fields={"text": "text"})
    module = sources.load(guess.type)
    if not hasattr(module, "list_fields"):
        return
    seen: dict[str, str] = {}
    for file in choose_files(files):
        seen |= module.list_fields(f"{root}/{file.uri}", spec=spec)
    if seen and guess.type == "csv":
        guess.options = _guess_quotes(files, column=next(iter(seen)), spec=spec)
    if seen:
        _guess_fields(guess, seen=seen, file=files[0], spec=replace(spec, options=guess.options))
    if "text" not in guess.fields:
        mistake = describe_mistake(read_sample(files[0], spec=spec), spec=spec)
        why = f"{files[0].uri} {mistake}" if mistake else "no field holds text"
        guess.reasons["text"] = f"unknown: {why}"


def _guess_quotes(files: Sequence[InputFile], *, column: str, spec: SourceSpec) -> dict[str, object]:
    """The option that quotation marks are text, where fewer rows cannot be read with it."""
    counts = []
    for quotes in (True, False):
        read = replace(spec, fields={"text": column}, options={"quotes": quotes})
        samples = [read_sample(file, spec=read) for file in choose_files(files)]
        rejected = sum(len(sample.rejected) for sample in samples)
        counts.append((rejected, sum(len(sample.documents) for sample in samples)))
    (bad, good), (bad_without, good_without) = counts
    return {"quotes": False} if bad_without < bad and good_without >= good else {}


def make_uid(name: str, *, type: str, taken: set[str]) -> str:
    """A uid for a source after its name, which no other has."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    stem = stem if re.match(r"[a-z]", stem) else f"source_{stem}".rstrip("_")
    for uid in (stem[:50], f"{stem[:50]}_{type}", *(f"{stem[:50]}_{type}_{n}" for n in range(2, 1000))):
        if uid not in taken and len(uid) > 2:
            break
    taken.add(uid)
    return uid


def _guess_fields(guess: Guess, *, seen: Mapping[str, str], file: InputFile, spec: SourceSpec) -> None:
    strings = [name for name, kind in seen.items() if kind in _STRINGS]
    by_name = {name.lower().rpartition(".")[2]: name for name in reversed([*seen])}
    text = next((by_name[name] for name in NAMES["text"] if by_name.get(name) in strings), None)
    values = {name: _values(name, file=file, spec=spec) for name in strings}
    if text is None and strings:
        text = max(strings, key=lambda name: sum(map(len, values[name])))
        guess.reasons["text"] = "the field with most text"
    if text is None:
        return
    guess.fields["text"] = text
    guess.reasons.setdefault("text", "by its name")
    for role, names in NAMES.items():
        found = next((by_name[name] for name in names if name in by_name and by_name[name] != text), None)
        if role == "text" or found is None:
            continue
        given = values.get(found)
        if role == "id":
            rows = read_sample(file, spec=replace(spec, fields={"text": text, "id": found})).documents
            given = [row["record_id"] for row in rows]
        problem = _find_problem(role, given)
        if problem:
            guess.reasons[role] = f"unknown: {found} {problem}"
        else:
            guess.fields[role], guess.reasons[role] = found, "by its name"
    guess.others = {name: kind for name, kind in seen.items() if name not in guess.fields.values()}


def _values(name: str, *, file: InputFile, spec: SourceSpec) -> list[str]:
    """A field's texts in the first records of a file."""
    sample = read_sample(file, spec=replace(spec, fields={"text": name}))
    return [row["text"] for row in sample.documents]


def _find_problem(role: str, values: Sequence[Any] | None) -> str | None:
    """Why values cannot be what the field's name says."""
    if values is None:
        return "is no text" if role in ("url", "title", "author", "lang", "license") else None
    if role == "id" and len({*values}) < len(values):
        return "is the same in several records"
    if role == "lang" and any(canonical_tag(value) == UNDETERMINED for value in values if value):
        return "holds names that are no language tags"
    return None
