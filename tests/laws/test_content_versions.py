"""Laws 4 and 7: bytes never change without a number: the content of each module is fixed per CONTENT_VERSION.

A module that is meant to make other content raises its CONTENT_VERSION, and the line that the
failure prints goes to tests/data/content.json. A changed word list of a language needs the line only:
fingerprints hold the digest of the language files. Sources have their expected rows in tests/data/sources.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus

from filters import base, language_id
from filters.hashes import exact as exact_hash
from filters.hashes import lines as line_hashes
from filters.hashes import minhash
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import make_plan
from pipeline.stages import ingest
from pipeline.stages.decide import write
from pipeline.stages.measure import part
from pipeline.stages.publish import shard

FIXED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "content.json").read_text(encoding="utf-8")
)
LANGS = pa.array([lang for lang, texts in small_corpus.PARAGRAPHS.items() for _ in texts], pa.string())
TEXTS = pa.array([text for texts in small_corpus.PARAGRAPHS.values() for text in texts], pa.large_string())
URLS = ["https://www.example.org/b?utm_source=x&b=2&a=1#c", "http://exämple.org:80", "no URL", None]
TITLES = ["User:Ann", "Modèle:Foo", "Help: ten recipes", "User interface", None]
DATES = ["20240102030405", "2024-01-02T03:04:05+01:00", "2024", "yesterday", None]


def _in_turn(values: Sequence[str | None]) -> pa.Array:
    return pa.array([values[row % len(values)] for row in range(len(TEXTS))], pa.string())


BATCH = pa.RecordBatch.from_arrays(
    [TEXTS, _in_turn(TITLES), _in_turn(URLS), _in_turn(DATES)], names=["text", "title", "url", "date"]
)
LAYERS = {"raw": ingest, "measured": part, "decisions": write, "release": shard}


def digest(rows: Any) -> str:
    """SHA-256 of values, not of files: another version of Arrow or zstd is no other content."""
    return hashlib.sha256(json.dumps(rows, default=repr, ensure_ascii=False).encode()).hexdigest()


def check(name: str, *, version: object, content: str) -> None:
    found = {"version": version, "content": content}
    assert FIXED.get(name) == found, f'raise CONTENT_VERSION if this is meant, and write: "{name}": ' + (
        json.dumps(found)
    )


@pytest.mark.parametrize("name", base.names("edits"))
def test_edits(name: str) -> None:
    module = base.load_edit(name)
    soiled = pa.array(
        [f" \t{text}\u00a0\u0007\r\n\n\n\n\ufeffe\u0301 " for text in TEXTS.to_pylist()], pa.large_string()
    )
    edited = module.edit(soiled, langs=LANGS)
    check(f"edits.{name}", version=module.CONTENT_VERSION, content=digest(edited.to_pylist()))


@pytest.mark.parametrize("name", [*base.default_signals(), *base.decide_signals()])
def test_signals(name: str) -> None:
    module = base.load_signals(name)
    measured = module.measure(BATCH, langs=LANGS, options=base.make_options(name, values=None))
    check(f"signals.{name}", version=module.CONTENT_VERSION, content=digest(measured.to_pydict()))


def _identify() -> Any:
    model = language_id.load_model("lid.176")
    options = language_id.IdentifyOptions()
    return language_id.identify(TEXTS, declared=LANGS, model=model, options=options).to_pydict()


def _bands() -> Any:
    return minhash.band_hashes(TEXTS, langs=LANGS, options=minhash.MinHashOptions()).to_pydict()


@pytest.mark.parametrize(
    ("module", "make"),
    [
        (language_id, _identify),
        (minhash, _bands),
        (exact_hash, lambda: exact_hash.exact_hashes(TEXTS).to_pylist()),
        (line_hashes, lambda: line_hashes.hash_lines(TEXTS, min_chars=15).keys.tolist()),
    ],
)
def test_language_and_hashes(module: Any, make: Callable[[], Any]) -> None:
    check(module.__name__, version=module.CONTENT_VERSION, content=digest(make()))


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    changes = {"local": {"workers": 1}, "decide": {"quality": False}}  # rules are data
    runners.run(make_plan(small_corpus.write_corpus(folder, changes=changes)))
    return folder / "out"


@pytest.mark.parametrize("layer", LAYERS)
def test_stages(output: Path, layer: str) -> None:
    files = sorted((output / layer).rglob("*.arrow"))
    assert files
    rows = [[path.relative_to(output).as_posix(), read_table(str(path)).to_pydict()] for path in files]
    check(f"stages.{layer}", version=LAYERS[layer].CONTENT_VERSION, content=digest(rows))
