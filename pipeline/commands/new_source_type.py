"""The files of a new source type: module, fixture, test and card, in this project or in a plugin folder."""

from collections.abc import Mapping
from pathlib import Path

from governance.cards.draft import draft_card

_MODULE = '''\
"""{title} files: a file is paragraphs, each of which is a document. Say here what a record of yours is."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile
from sources.base import (
    MAX_RECORD_BYTES,
    RecordLog,
    SourceFields,
    SourceSpec,
    Span,
    natural_key,
    sha256,
)
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.whole_files import Part, read_documents

CONTENT_VERSION = 1
"""Raise it when the same files give other documents: what was read before is then read again."""


class Options(BaseModel):
    """Options of the source type `{type}`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer file is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError for an option or field that the type does not have; `plan` shows it."""
    refuse_fields(spec, why="{title} has none to map")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Byte ranges that tasks may read apart; here a file is one."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The documents of a file as DOCUMENT batches; what is none is a row of the ledger, never an error."""
    options = Options.model_validate(spec.options)

    def convert(raw: bytes) -> Iterator[Part]:
        offset = 0
        for record in raw.split(b"\\n\\n"):
            if record.strip():
                # The key makes the id of the document: take an id, a URL or a heading where records have
                # one. Without, it is the digest of the record; never its position, which moves.
                key = natural_key(None, url=None, date=None, raw_sha256=sha256(record))
                yield Part(_parse(record), key, offset, len(record), record)
            offset += len(record) + 2

    yield from read_documents(unit, spec=spec, log=log, max_bytes=options.max_record_bytes, convert=convert)


def _parse(record: bytes) -> SourceFields | BadRecord:
    """What a record says, or why it cannot be read: the reasons are in docs/reference/reasons.md."""
    try:
        text = record.decode().strip()
    except UnicodeDecodeError as error:
        return BadRecord("invalid_utf8", detail=f"byte {{error.start}} of the record: {{error.reason}}")
    return SourceFields(text)
'''
_FIXTURE = b"""The first paragraph.
It has two lines.

A paragraph that is no UTF-8: \xff.

The last one.
"""
_CASE = '{"files": ["*.txt"]}\n'
_PLUGIN_TEST = '''\
"""The source type {type} on its fixtures: `python -m pytest {test}`."""

from pathlib import Path

import pytest

from sources.reading.contract import activate_plugin, check_case

FOLDER = Path(__file__).parents[1]
CASES = sorted((FOLDER / "tests" / "data" / "{type}").glob("*.case.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_the_documents_are_those_expected(case: Path) -> None:
    activate_plugin(FOLDER / "plugin")
    check_case(case)
'''


def is_checkout(folder: Path) -> bool:
    """Whether a folder is the project itself, where a type stands beside the others."""
    return (folder / "sources" / "base.py").is_file() and (folder / "tests" / "contracts").is_dir()


def make_files(type: str, *, folder: Path) -> dict[Path, bytes]:
    """Path → content of everything that a new type needs, below a folder."""
    module = _MODULE.format(type=type, title=type.capitalize()).encode()
    uid = f"my_{type}"
    card = draft_card(uid).encode()
    if is_checkout(folder):
        data = folder / "tests" / "data" / "sources" / type
        files: Mapping[Path, bytes] = {folder / "sources" / f"{type}.py": module}
    else:
        data = folder / "tests" / "data" / type
        test = folder / "tests" / f"test_{type}.py"
        files = {
            folder / "plugin" / "sources" / f"{type}.py": module,
            test: _PLUGIN_TEST.format(type=type, test=test.relative_to(folder)).encode(),
            folder / "cards" / f"{uid}.md": card,
        }
    return {
        **files,
        data / "paragraphs.txt": _FIXTURE,
        data / "paragraphs.case.json": _CASE.encode(),
    }


def next_steps(type: str, *, folder: Path) -> list[str]:
    """What to do now, one line each."""
    if is_checkout(folder):
        case = f"tests/data/sources/{type}/paragraphs.case.json"
        return [
            f"python -m sources.reading.contract {case}   # writes what is expected: read it",
            "python -m pytest tests/contracts/test_sources.py   # finds the type by its file",
            f"rhizotron card new my_{type} --to data_cards/sources   # of the corpus that you read with it",
            "python -m tests.docs.record   # docs/reference/sources.md gains its options",
        ]
    case = f"tests/data/{type}/paragraphs.case.json"
    return [
        f"python -m sources.reading.contract --plugin plugin {case}   # writes what is expected: read it",
        f"python -m pytest tests/test_{type}.py",
        "in the corpus file: `plugins: [{folder: plugin}]`, and a source with "
        f"`card: my_{type}`, `type: {type}`",
    ]
