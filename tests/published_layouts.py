"""Files in the layouts of published corpora, made from paragraphs that the project carries."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import small_corpus
import zstandard

LANGS = {"hi": ("hin", "Deva"), "sw": ("swh", "Latn"), "zh-Hans": ("cmn", "Hani"), "ar": ("arb", "Arab")}
TIME = "2022-11-28T06:41:12Z"


def texts() -> Iterator[tuple[int, str, str]]:
    """(number, language, text)."""
    for number, lang in enumerate(LANGS):
        yield number, lang, small_corpus.PARAGRAPHS.get(lang, small_corpus.PARAGRAPHS["fr"])[0]


def _url(number: int, lang: str) -> str:
    return f"https://stories.example/{lang}/{number}"


def _wet_headers(number: int, lang: str) -> dict[str, str]:
    return {
        "warc-record-id": f"<urn:uuid:00000000-0000-4000-8000-{number:012}>",
        "warc-date": TIME,
        "content-type": "text/plain",
        "warc-identified-content-language": "eng",
        "warc-target-uri": _url(number, lang),
    }


def oscar_2109() -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "text": text,
            "meta": {"headers": _wet_headers(number, lang), "offset": 7 * number, "nb_sentences": 3},
        }
        for number, lang, text in texts()
    ]


def _oscar(further: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "content": text,
            "warc_headers": _wet_headers(number, lang),
            "metadata": {
                "identification": {"label": lang.split("-")[0], "prob": 0.93},
                "sentence_identifications": [None, {"label": lang, "prob": 0.97}],
                **{name: value if number % 2 else None for name, value in further.items()},
            },
        }
        for number, lang, text in texts()
    ]


def oscar_2201() -> list[dict[str, Any]]:
    return _oscar({"annotation": ["short_sentences"]})


def oscar_2301() -> list[dict[str, Any]]:
    further = {
        "harmful_pp": 813.5,
        "tlsh": "tlsh:T1",
        "quality_warnings": ["header"],
        "categories": ["adult"],
    }
    return _oscar(further)


def c4() -> list[dict[str, Any]]:
    return [{"text": text, "timestamp": TIME, "url": _url(number, lang)} for number, lang, text in texts()]


def culturax() -> list[dict[str, Any]]:
    return [{**row, "timestamp": "2019/04/20 10:00:00", "source": "mC4"} for row in c4()]


def _hplt(further: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "f": "./a.warc.gz",
            "o": number,
            "s": 5000,
            "u": _url(number, lang),
            "c": "text/html",
            "ts": TIME,
            "lang": ["_".join(LANGS[lang]).replace("Hani", "Hans"), "eng_Latn"],
            "prob": [0.95, 0.03],
            "text": text,
            "seg_langs": [lang],
            "id": f"{number:032}",
            "filter": "keep",
            "pii": [[3, 9]],
            "doc_scores": [8.1, 9.0],
            **further,
        }
        for number, lang, text in texts()
    ]


def hplt_2() -> list[dict[str, Any]]:
    return _hplt({"collection": "wide00017", "robotstxt": "allowed"})


def hplt_3() -> list[dict[str, Any]]:
    return _hplt(
        {"crawl_id": "CC-MAIN-2024-10", "html_lang": ["sw"], "cluster_size": 2, "web-register": {"NA": 1}}
    )


def hplt_4() -> list[dict[str, Any]]:
    rows = _hplt({"crawl_id": "CC-MAIN-2024-10", "htmllang": ["sw"], "noise": "wds"})
    for row in rows:
        row["openlid_v3"] = row["glotlid_v3"] = {"lang": row.pop("lang"), "prob": row.pop("prob")}
    return rows


def fineweb_2() -> list[dict[str, Any]]:
    return [
        {
            "text": text,
            "id": f"<urn:uuid:00000000-0000-4000-8000-{number:012}>",
            "dump": "CC-MAIN-2024-10",
            "url": _url(number, lang),
            "date": TIME,
            "file_path": "s3://a/b.warc.gz",
            "language": LANGS[lang][0],
            "language_score": 0.98,
            "language_script": LANGS[lang][1],
            "minhash_cluster_size": number,
            "top_langs": "{}",
        }
        for number, lang, text in texts()
    ]


LAYOUTS = {
    "oscar-21.09": (oscar_2109, "part.parquet"),
    "oscar-22.01": (oscar_2201, "hi_part_1.jsonl.gz"),
    "oscar-23.01": (oscar_2301, "hi_meta_part_1.jsonl.zst"),
    "c4": (c4, "c4-train.00000-of-01024.json.gz"),
    "mc4": (c4, "c4-sw.tfrecord-00000-of-00001.json.gz"),
    "culturax": (culturax, "hi_part_00000.parquet"),
    "hplt-2": (hplt_2, "1.jsonl.zst"),
    "hplt-3": (hplt_3, "10_1.jsonl.zst"),
    "hplt-4": (hplt_4, "10_1.jsonl.zst"),
    "fineweb-2": (fineweb_2, "000_00000.parquet"),
}


def write(name: str, folder: Path, *, file: str = "") -> str:
    """Write a file in the layout of a map → its name; file: another name, of another format."""
    make, usual = LAYOUTS[name]
    file = file or usual
    if file.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(make()), folder / file)
        return file
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in make()).encode()
    is_gzip = file.endswith(".gz")
    (folder / file).write_bytes(gzip.compress(lines) if is_gzip else zstandard.compress(lines))
    return file
