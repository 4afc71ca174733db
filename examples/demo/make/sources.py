"""What the demo corpus takes from which source, and under which names the source writes it."""

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from examples.demo.make.dirt import Record
from filters.languages import TAGS as TARGETS

# FLORES-200's names of the languages, as data sets made from it use them.
_FLORES = """
ar=arb_Arab eu=eus_Latn bn=ben_Beng as=asm_Beng gu=guj_Gujr hi=hin_Deva kn=kan_Knda ml=mal_Mlym
mr=mar_Deva ne=npi_Deva or=ory_Orya pa=pan_Guru ta=tam_Taml te=tel_Telu ur=urd_Arab ca=cat_Latn
zh-Hans=zho_Hans zh-Hant=zho_Hant en=eng_Latn fr=fra_Latn id=ind_Latn pt=por_Latn es=spa_Latn
vi=vie_Latn tum=tum_Latn ki=kik_Latn bm=bam_Latn ak=aka_Latn ts=tso_Latn st=sot_Latn ny=nya_Latn
tw=twi_Latn tn=tsn_Latn ln=lin_Latn nso=nso_Latn fon=fon_Latn rn=run_Latn wo=wol_Latn lg=lug_Latn
sn=sna_Latn zu=zul_Latn ig=ibo_Latn xh=xho_Latn rw=kin_Latn yo=yor_Latn sw=swh_Latn af=afr_Latn
de=deu_Latn ha=hau_Latn ru=rus_Cyrl
"""
FLORES_TAGS = dict(pair.split("=") for pair in _FLORES.split())
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
                author=_optional(document.get("author")),
                translator=_optional(document.get("translator")),
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


_BYTES_PREFIX = re.compile(r"(?m)^(\W?)b['\"](?=\w)|(?<!\w)b'(?=Angio|Bat|COVID|[Cc]oronavir|Drug|Koronavir)")
_DEBUG = re.compile(r"(?m)^Help content debug info:\n(?:This page is:.*\n?)?(?:Title is:.*\n?)?")


def without_bytes_prefix(text: str) -> str:
    """The text without `b'`, which a program that printed bytes as such left before words of TICO-19."""
    return _BYTES_PREFIX.sub(lambda found: found[1] or "", text)


def without_debug_lines(text: str) -> str:
    """The text without the lines that LibreOffice writes for its authors; a line rule takes the menus."""
    return _DEBUG.sub("", text)


def select_tico19(source: Input) -> list[Record]:
    records = take_documents(
        source, "tico19_documents", per_language=31, others={"ha": 5, "ru": 5}, max_chars=25_000
    )
    return [replace(record, text=without_bytes_prefix(record.text)) for record in records]


def select_ntrex(source: Input) -> list[Record]:
    records = take_documents(
        source,
        "ntrex_articles_train_half",
        per_language=122,
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
        per_language=70,
        others={"af": 12, "ha": 10},
        languages=[tag for tag in TARGETS if tag != "sw"],
        licenses=("CC-BY", "CC BY"),
    )


def select_storybook_sw(source: Input) -> list[Record]:
    return take_documents(
        source, "african_storybook", per_language=80, others={}, languages=["sw"], licenses=("CC-BY", "CC BY")
    )


def select_pratham(source: Input) -> list[Record]:
    records = take_documents(source, "pratham_books", per_language=120, others={})
    for record in records:
        if record.license == "CC-BY":  # 4.0, says the README of the collection
            record.license = "https://creativecommons.org/licenses/by/4.0/"
    return records


def select_gnome(source: Input) -> list[Record]:
    return take_documents(
        source, "gnome_user_docs", per_language=100, others={"de": 10, "ru": 10}, min_translated=0.8
    )


def select_libreoffice(source: Input) -> list[Record]:
    records = take_documents(source, "libreoffice_help", per_language=150, others={}, min_translated=0.8)
    return [replace(record, text=without_debug_lines(record.text)) for record in records]


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
