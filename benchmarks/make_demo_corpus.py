"""Build the demo corpus in examples/demo/data from a folder of collected text.

    python -m benchmarks.make_demo_corpus INPUT [--out examples/demo]

INPUT holds `docs/<set>.jsonl.zst` (whole documents: id, url, title, text, license, lang) and
`lid/train.parquet` (sentences: lang, source, text). For each source below the builder takes what its
licence lets us pass on, adds dirt (`benchmarks.demo_dirt`), and writes it in a format of its own, with
field names and language tags of its own, as real sources have. It writes `dirt.json` and the tables of
`README.md`. The same input gives the same bytes (with the same versions of the compressors).
"""

import argparse
import bz2
import gzip
import io
import json
import lzma
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from benchmarks.demo_dirt import Record, add_dirt, raw_dirt, truncate

SEED = 46

TARGETS = (
    "ar eu bn as gu hi kn ml mr ne or pa ta te ur ca zh-Hans zh-Hant en fr id pt es vi "
    "tum ki bm ak ts st ny tw tn ln nso fon rn wo lg sn zu ig xh rw yo sw"
).split()

# FLORES-200's names of the languages, as data sets made from it use them.
FLORES_TAGS = dict(
    pair.split("=")
    for pair in (
        "ar=arb_Arab eu=eus_Latn bn=ben_Beng as=asm_Beng gu=guj_Gujr hi=hin_Deva kn=kan_Knda ml=mal_Mlym "
        "mr=mar_Deva ne=npi_Deva or=ory_Orya pa=pan_Guru ta=tam_Taml te=tel_Telu ur=urd_Arab ca=cat_Latn "
        "zh-Hans=zho_Hans zh-Hant=zho_Hant en=eng_Latn fr=fra_Latn id=ind_Latn pt=por_Latn es=spa_Latn "
        "vi=vie_Latn tum=tum_Latn ki=kik_Latn bm=bam_Latn ak=aka_Latn ts=tso_Latn st=sot_Latn ny=nya_Latn "
        "tw=twi_Latn tn=tsn_Latn ln=lin_Latn nso=nso_Latn fon=fon_Latn rn=run_Latn wo=wol_Latn lg=lug_Latn "
        "sn=sna_Latn zu=zul_Latn ig=ibo_Latn xh=xho_Latn rw=kin_Latn yo=yor_Latn sw=swh_Latn "
        "af=afr_Latn de=deu_Latn ha=hau_Latn ru=rus_Cyrl"
    ).split()
)
ISO_639_3 = {tag: flores[:3] for tag, flores in FLORES_TAGS.items()}
REGIONS = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "pt": "pt-BR"}


@dataclass(frozen=True)
class Source:
    """How one source of the demo is selected and written."""

    file: str
    """Relative to data/; the suffixes name the format."""
    names: Mapping[str, str]
    """Field of Record → name in the file. A field without a name is not written."""
    select: Callable[["Input"], list[Record]]
    tags: Mapping[str, str] = field(default_factory=dict)
    """BCP-47 → the tag that this source writes, where it differs."""

    @property
    def uid(self) -> str:
        return self.file.split("/")[0]


class Input:
    """The folder of collected text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sentences: pa.Table | None = None

    def documents(self, name: str) -> Iterator[dict[str, object]]:
        """The documents of one set, in the order of its file."""
        with open(self.folder / "docs" / f"{name}.jsonl.zst", "rb") as raw:
            reader = zstandard.ZstdDecompressor().stream_reader(raw)
            for line in io.TextIOWrapper(reader, encoding="utf-8", newline="\n"):
                yield json.loads(line)

    def sentences(self, source: str, *, lang: str) -> list[str]:
        """The sentences of one source and language, in the order of the file."""
        if self._sentences is None:
            self._sentences = pq.read_table(self.folder / "lid" / "train.parquet")
        table = self._sentences
        mask = pc.and_(pc.equal(table["source"], source), pc.equal(table["lang"], lang))
        return [str(text) for text in table.filter(mask)["text"].to_pylist()]


def take_documents(
    source: Input,
    name: str,
    *,
    per_language: int,
    others: Mapping[str, int],
    languages: Sequence[str] = TARGETS,
    max_chars: int = 20_000,
    min_chars: int = 1,
    min_translated: float = 0.0,
    licenses: Sequence[str] | None = None,
) -> list[Record]:
    """At most per_language documents of each target language, and a few of other languages.

    An untranslated page of a translated manual is English under another name: min_translated.
    """
    limits = dict.fromkeys(languages, per_language) | dict(others)
    taken: Counter[str] = Counter()
    records = []
    for document in source.documents(name):
        lang, text = str(document["lang"]), str(document["text"])
        if taken[lang] >= limits.get(lang, 0) or not min_chars <= len(text) <= max_chars:
            continue
        if float(str(document.get("translated_fraction", 1.0))) < min_translated:
            continue
        if licenses is not None and document["license"] not in licenses:
            continue
        taken[lang] += 1
        records.append(
            Record(
                id=str(document["id"]).removeprefix("./usr/share/"),
                text=text,
                lang=lang,
                title=_optional(document["title"]),
                url=_optional(document["url"]),
                license=_optional(document["license"]),
            )
        )
    return records


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def take_sentences(
    source: Input, name: str, *, limits: Mapping[str, int], prefix: str, min_words: int = 1
) -> list[Record]:
    """At most limits[language] sentences of each language; a sentence is a record of its own."""
    records = []
    for lang, limit in limits.items():
        texts = [text for text in source.sentences(name, lang=lang) if len(text.split()) >= min_words]
        records += [
            Record(id=f"{prefix}-{lang}-{number:04d}", text=text, lang=lang)
            for number, text in enumerate(texts[:limit], 1)
        ]
    return records


def select_tico19(source: Input) -> list[Record]:
    return take_documents(
        source, "tico19_documents", per_language=31, others={"ha": 5, "ru": 5}, max_chars=25_000
    )


def select_ntrex(source: Input) -> list[Record]:
    records = take_documents(
        source,
        "ntrex_articles_train_half",
        per_language=61,
        others={"af": 10, "de": 10, "ha": 10, "ru": 10},
    )
    for record in records:
        record.title = None  # the set has only file names
    return records


def select_storybook(source: Input) -> list[Record]:
    """Stories under CC-BY; a part of the collection is CC-BY-NC and stays out."""
    return take_documents(
        source,
        "african_storybook",
        per_language=45,
        others={"af": 12, "ha": 10},
        languages=[tag for tag in TARGETS if tag != "sw"],
        licenses=("CC-BY", "CC BY"),
    )


def select_storybook_sw(source: Input) -> list[Record]:
    return take_documents(
        source, "african_storybook", per_language=80, others={}, languages=["sw"], licenses=("CC-BY", "CC BY")
    )


def select_pratham(source: Input) -> list[Record]:
    records = take_documents(source, "pratham_books", per_language=60, others={})
    for record in records:
        if record.license == "CC-BY":  # 4.0, says the README of the collection
            record.license = "https://creativecommons.org/licenses/by/4.0/"
    return records


def select_gnome(source: Input) -> list[Record]:
    return take_documents(
        source, "gnome_user_docs", per_language=65, others={"de": 10, "ru": 10}, min_translated=0.8
    )


def select_libreoffice(source: Input) -> list[Record]:
    return take_documents(source, "libreoffice_help", per_language=90, others={}, min_translated=0.8)


def select_sona(source: Input) -> list[Record]:
    records = take_documents(source, "sona_za", per_language=13, others={"af": 13}, max_chars=200_000)
    days = sorted({record.id.split("/")[0] for record in records})[-4:]
    records = [record for record in records if record.id.split("/")[0] in days]
    for record in records:
        record.date = re.sub(r"\D*(\d{4}-\d{2}-\d{2}).*", r"\1", record.id)
    return records


def select_seed(source: Input) -> list[Record]:
    return take_documents(
        source, "oldi_seed_wikipedia", per_language=130, others={}, languages=["bm", "en"], min_chars=300
    )


def select_flores(source: Input) -> list[Record]:
    """Every sentence of the languages that have hardly anything else, 60 of those that have little."""
    limits = dict.fromkeys(["ak", "tum", "fon", "rn", "ki", "tw"], 510)
    limits |= dict.fromkeys(["as", "or", "ln", "lg", "nso", "ts", "bm", "wo", "ny"], 60)
    return take_sentences(source, "sib200_floresdev", limits=limits, prefix="dev")


def select_gatitos(source: Input) -> list[Record]:
    limits = dict.fromkeys(["tum", "ak", "ki", "fon", "rn", "bm", "ln", "as"], 100)
    return take_sentences(source, "gatitos_3w", limits=limits, prefix="phrase", min_words=4)


def select_afriqa(source: Input) -> list[Record]:
    limits = {"tw": 200, "fon": 200} | dict.fromkeys(["wo", "rw", "ig", "yo", "sw", "zu"], 80)
    return take_sentences(source, "afriqa", limits=limits, prefix="q", min_words=4)


def select_openbible(source: Input) -> list[Record]:
    return take_sentences(source, "openbible_ki", limits={"ki": 350}, prefix="verse", min_words=5)


def select_vukuzenzele(source: Input) -> list[Record]:
    limits = dict.fromkeys(["ts", "nso", "st", "tn"], 150)
    return take_sentences(source, "za_lid_vukuzenzele", limits=limits, prefix="line", min_words=10)


SOURCES = (
    Source(
        "tico19/documents.jsonl.zst",
        {"id": "id", "text": "text", "lang": "lang", "url": "url", "license": "license", "title": "title"},
        select_tico19,
        REGIONS,
    ),
    Source(
        "ntrex/articles.parquet",
        {"id": "doc_id", "text": "content", "lang": "language", "license": "license"},
        select_ntrex,
        ISO_639_3 | {"zh-Hans": "zho-CN", "zh-Hant": "zho-TW", "sw": "swa", "ne": "nep", "ar": "arb"},
    ),
    Source(
        "african_storybook/stories-1.jsonl.gz",
        {"id": "identifier", "text": "body", "lang": "language", "url": "source_url", "title": "name"},
        select_storybook,
    ),
    Source("african_storybook_sw/*.txt", {"text": ""}, select_storybook_sw),
    Source(
        "pratham_books/stories.jsonl.gz",
        {"id": "slug", "text": "text", "lang": "lang", "url": "url", "license": "rights", "title": "title"},
        select_pratham,
        {tag: f"{tag}-IN" for tag in TARGETS},
    ),
    Source(
        "gnome_user_docs/pages.arrow",
        {"id": "path", "text": "content", "lang": "locale", "license": "license", "title": "title"},
        select_gnome,
        {tag: tag.replace("-", "_") for tag in TARGETS} | {"zh-Hans": "zh_CN", "pt": "pt_BR"},
    ),
    Source(
        "libreoffice_help/pages.jsonl.xz",
        {"id": "path", "text": "text", "lang": "lang", "title": "heading"},
        select_libreoffice,
    ),
    Source(
        "sona_za/addresses.jsonl",
        {"id": "id", "text": "text", "lang": "lang", "date": "held", "title": "title", "license": "license"},
        select_sona,
        ISO_639_3,
    ),
    Source(
        "oldi_seed/articles.jsonl.bz2",
        {"id": "meta.id", "text": "text", "lang": "meta.lang", "url": "meta.url", "title": "meta.title"},
        select_seed,
        FLORES_TAGS,
    ),
    Source(
        "flores_dev/sentences.jsonl.gz",
        {"id": "id", "text": "sentence", "lang": "language"},
        select_flores,
        FLORES_TAGS,
    ),
    Source(
        "gatitos/phrases.jsonl", {"id": "id", "text": "phrase", "lang": "lang"}, select_gatitos, ISO_639_3
    ),
    Source("afriqa/questions.parquet", {"id": "qid", "text": "question", "lang": "lang"}, select_afriqa),
    Source("openbible_ki/verses.jsonl", {"text": "verse"}, select_openbible),
    Source(
        "vukuzenzele/lines.jsonl.gz",
        {"id": "n", "text": "line", "lang": "lang_id"},
        select_vukuzenzele,
        ISO_639_3,
    ),
)


def to_rows(source: Source, records: Sequence[Record]) -> list[dict[str, object]]:
    """Records under the source's own names and tags; a dot in a name makes a nested object."""
    rows = []
    for record in records:
        row: dict[str, object] = {}
        for role, name in source.names.items():
            value = getattr(record, role)
            if role == "lang":
                value = source.tags.get(value, value)
            *outer, last = name.split(".")
            target = row
            for part in outer:
                target = target.setdefault(part, {})  # type: ignore[assignment]
            target[last] = value
        rows.append(row)
    return rows


def compress(data: bytes, *, suffix: str) -> bytes:
    """data in the codec that the suffix names; no time stamps, so the bytes repeat."""
    match suffix:
        case ".gz":
            return gzip.compress(data, 9, mtime=0)
        case ".bz2":
            return bz2.compress(data, 9)
        case ".xz":
            return lzma.compress(data, preset=9)
        case ".zst":
            return zstandard.ZstdCompressor(level=19).compress(data)
        case ".jsonl":
            return data
    raise ValueError(f"no codec for {suffix!r}")


def write_source(source: Source, records: Sequence[Record], *, folder: Path, dirt: dict[str, object]) -> None:
    """Write one source in its format; JSON lines get their broken lines here."""
    path = folder / source.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == "*.txt":
        for record in records:
            stem = record.id.split("/")[-1].removesuffix(".md")
            (path.parent / f"{stem}.txt").write_text(record.text + "\n", encoding="utf-8")
        return
    rows = to_rows(source, records)
    if path.suffix in (".parquet", ".arrow"):
        schema = pa.schema([(name, pa.string()) for name in source.names.values()])
        table = pa.Table.from_pylist(rows, schema=schema)
        if path.suffix == ".parquet":
            pq.write_table(table, path, compression="zstd", compression_level=19, row_group_size=500)
        else:
            options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", 19))
            with pa.ipc.new_file(path, schema, options=options) as writer:
                writer.write_table(table, max_chunksize=250)
        return
    lines = [json.dumps(row, ensure_ascii=False).encode() for row in rows]
    lines = raw_dirt(lines, source.names, file=source.file, dirt=dirt, seed=SEED)
    path.write_bytes(compress(b"\n".join(lines) + b"\n", suffix=path.suffix))


def build(source: Input, *, out: Path) -> None:
    """Select, add dirt, write every source, and describe the result."""
    corpus = {item.uid: item.select(source) for item in SOURCES}
    files = {item.uid: item.file for item in SOURCES}
    rng = random.Random(SEED)
    dirt = add_dirt(corpus, files=files, rng=rng)
    for item in SOURCES:
        write_source(item, corpus[item.uid], folder=out / "data", dirt=dirt)
    truncate(out / "data", dirt=dirt, names=SOURCES[2].names, records=corpus["african_storybook"])
    text = json.dumps(dirt, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "dirt.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("input", type=Path, help="folder with docs/ and lid/")
    parser.add_argument("--out", type=Path, default=Path("examples/demo"), help="default: %(default)s")
    arguments = parser.parse_args()
    build(Input(arguments.input), out=arguments.out)


if __name__ == "__main__":
    main()
