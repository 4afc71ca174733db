"""A folder of plugins for tests: a source, an edit, signals with options, and a helper that they share."""

from pathlib import Path

FILES = {
    "words.py": """
LAUGH = "haha"
""",
    "sources/tabs.py": '''
"""Lines of key, tab, text."""

from pydantic import BaseModel, ConfigDict

from layers import storage
from sources.base import DocumentBatcher, SourceFields, sha256

CONTENT_VERSION = 1


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    prefix: str = ""


def split(file, *, spec):
    return [(0, None)]


def read(unit, *, spec, log):
    batcher, offset = DocumentBatcher(spec, unit), 0
    for line in storage.read_bytes(storage.join(spec.root, unit.uri)).splitlines(keepends=True):
        key, tab, text = line.rstrip(b"\\n").partition(b"\\t")
        if tab:
            record_id = spec.options.get("prefix", "") + key.decode()
            fields = SourceFields(text.decode(), record_id)
            batcher.add(fields, offset=offset, length=len(line), raw_sha256=sha256(line))
        else:
            log.reject("missing_tab", detail="no tab", offset=offset, length=len(line))
        log.container_bytes += len(line)
        offset += len(line)
    yield batcher.take()
''',
    "edits/shout.py": """
import pyarrow.compute as pc

CONTENT_VERSION = 1


def edit(texts, *, langs):
    return pc.replace_substring(texts, pattern="quietly", replacement="LOUDLY")
""",
    "signals/laughs.py": """
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from layers.document import make_field

from ..words import LAUGH

CONTENT_VERSION = 1
SCHEMA = pa.schema(
    [
        make_field("laughs", pa.int64(), "How often the text laughs."),
        make_field("keyed", pa.bool_(), "Whether the record has a key of one letter and digits."),
    ]
)


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    word: str = LAUGH


def measure(batch, *, langs, options):
    laughs = pc.count_substring(batch.column("text"), options.word).cast(pa.int64())
    keyed = pc.match_substring_regex(batch.column("record_id"), "^[a-z][0-9]+$")
    return pa.RecordBatch.from_arrays([laughs, keyed], schema=SCHEMA)
""",
}


def write_plugins(folder: Path, **changes: str | None) -> Path:
    """Write FILES below folder; changes are `signals_laughs="…"`, None leaves a file out."""
    for name, text in FILES.items():
        text_or_none = changes.get(name.removesuffix(".py").replace("/", "_"), text)
        if text_or_none is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text_or_none, encoding="utf-8")
    return folder
