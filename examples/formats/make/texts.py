"""Documents of the demo, as its sources have them: unharmed ones, with their licence and their credit."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sources
from governance.cards import read_card
from layers.entries import Unit
from layers.listing import list_inputs
from pipeline.config.read import load_config
from sources.base import RecordLog, SourceSpec

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "examples" / "demo"
CARDS = ROOT / "data_cards" / "sources"
MIN_BYTES, MAX_BYTES = 700, 6_000


@dataclass(frozen=True)
class Text:
    """A document of the demo."""

    source: str
    id: str
    lang: str
    title: str
    text: str
    url: str | None
    license: str
    author: str
    translator: str

    @property
    def paragraphs(self) -> list[str]:
        """The lines that are not blank."""
        return [line for line in (line.strip() for line in self.text.split("\n")) if line]


def take(source: str, langs: Sequence[str], *, each: int = 1, min_bytes: int = MIN_BYTES) -> list[Text]:
    """The first documents of each language, neither short nor long, under the licence of the source's card.

    Raises ValueError where a language has too few.
    """
    license, taken = read_card(str(CARDS), source).rights.concluded, list[Text]()
    for lang in langs:
        fit = [
            text
            for text in read_source(source)
            if text.lang == lang
            and text.license == license
            and min_bytes <= len(text.text.encode()) <= MAX_BYTES
        ]
        if len(fit) < each:
            raise ValueError(f"{source} has {len(fit)} documents in {lang}, not {each}")
        taken += fit[:each]
    return taken


@cache
def read_source(uid: str) -> list[Text]:
    """The documents of a source of the demo without those that dirt.json names, each text once."""
    dirty, credits = _read_dirt(uid), _read_credits()
    seen: dict[str, Text] = {}
    for row in _read_rows(uid):
        key = row["record_id"]
        name = key.removeprefix(f"data/{uid}/")
        credit = credits.get((uid, name)) or credits.get((uid, f"sw/{Path(name).stem}.md"), {})
        if key in dirty or name in dirty:
            continue
        text = Text(
            source=uid,
            id=name,
            lang=row["lang_declared"],
            title=row["title"] or credit.get("title") or row["text"].strip().split("\n")[0][:60].strip(),
            text=row["text"].strip(),
            url=row["url"] or credit.get("original"),
            license=row["license"],
            author=credit.get("author", ""),
            translator=credit.get("translator", ""),
        )
        seen.setdefault(text.text, text)
    return list(seen.values())


def _read_rows(uid: str) -> Iterator[dict[str, Any]]:
    (source,) = [each for each in load_config(DEMO / "corpus.yaml").sources if each.card == uid]
    spec = SourceSpec(
        uid=uid,
        type=source.type,
        root=str(DEMO),
        license=read_card(str(CARDS), uid).rights.concluded,
        lang=source.lang,
        fields=source.single_fields,
    )
    module = sources.load(source.type)
    for file in list_inputs(source.paths, root=str(DEMO)).files:
        for start, stop in module.split(file, spec=spec):
            log = RecordLog(Unit(uid, file.uri, start, stop))
            for batch in module.read(log.unit, spec=spec, log=log):
                yield from batch.to_pylist()


def _read_dirt(uid: str) -> set[str]:
    """Ids of the records of a source that were changed or copied on purpose."""
    dirt = json.loads((DEMO / "dirt.json").read_text("utf-8"))["kinds"]
    return {
        key
        for files in dirt.values()
        for file, keys in files.items()
        if file.split("/")[0] == uid
        for key in keys
    }


@cache
def _read_credits() -> Mapping[tuple[str, str], dict[str, str]]:
    with open(DEMO / "CREDITS.tsv", encoding="utf-8", newline="") as file:
        return {(row["source"], row["id"]): row for row in csv.DictReader(file, delimiter="\t")}
