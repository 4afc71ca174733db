"""Which copy stays: clean documents beside damaged copies of themselves, by kind of damage.

    python -m benchmarks.better_copy DOCUMENTS --per-language 40

DOCUMENTS is a folder of JSON lines with `text` and `lang`; of the 46 languages documents are taken evenly.
A pair is a document and a copy with one kind of damage, made deterministically; a text that a kind leaves as
it is (ligatures where no two letters have one) makes no pair of that kind. All are measured and compared as a
run does with the default configuration, all sources of one priority, but rules on quality are left out: the
rank alone chooses. A pair is found if one of the two goes for the other. Ids are hashes, so that without a
difference half of the clean documents stay.
"""

import html
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa

from benchmarks.dirt import choose, words_of
from benchmarks.perturb import read_documents
from benchmarks.report import heading
from filters.hashes.minhash import CompareLimits, band_names, read_signatures
from filters.languages import TAGS
from layers.columns import column, halves
from layers.document import DOCUMENT, make_doc_id
from pipeline.config.measure import MeasureConfig
from pipeline.stages.decide.duplicates import find_duplicates
from pipeline.stages.decide.rank import rank_documents
from pipeline.stages.decide.verdicts import Documents
from pipeline.stages.measure.measurer import Measurer

BATCH_ROWS = 500
Damage = Callable[[str, random.Random], str]


def misread(text: str, rng: random.Random) -> str:
    """One to three characters beyond ASCII, or apostrophes, as Windows-1252 reads their UTF-8."""
    text = text.replace("'", "\u2019")
    places = [at for at, char in enumerate(text) if char > "\x7f"]
    for at in sorted(rng.sample(places, min(rng.randint(1, 3), len(places))), reverse=True):
        text = text[:at] + misread_char(text[at]) + text[at + 1 :]
    return text


def misread_all(text: str, rng: random.Random) -> str:
    """The whole text as Windows-1252 reads its UTF-8."""
    return "".join(map(misread_char, text))


def misread_char(char: str) -> str:
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in char.encode())


def lose_characters(text: str, rng: random.Random) -> str:
    """One to five letters replaced by U+FFFD."""
    places = [at for at, char in enumerate(text) if char.isalpha()]
    for at in rng.sample(places, min(rng.randint(1, 5), len(places))):
        text = text[:at] + "\ufffd" + text[at + 1 :]
    return text


def escape(text: str, rng: random.Random) -> str:
    """Quotation marks, ampersands and accented letters as character references; three spaces as &nbsp;."""
    escaped = re.sub("[À-ÿ‘’“”–]", lambda found: f"&#{ord(found[0])};", html.escape(text))
    return escaped.replace(" ", "&nbsp;", 3)


def tag(text: str, rng: random.Random) -> str:
    """A paragraph of HTML around all, three line breaks, a word in bold."""
    broken = text.replace("\n", "<br>\n", 3)
    return "<p>" + re.sub(r" (\w+) ", r" <b>\1</b> ", broken, count=1) + "</p>"


def hyphenate(text: str, rng: random.Random) -> str:
    """Lines of about 60 characters, every third of which ends in the middle of a word."""
    out: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            if len(line) + len(word) < 60:
                line += word + " "
            elif len(out) % 3 == 0 and word.isalpha() and word.islower() and len(word) > 5:
                out.append(f"{line}{word[:3]}-")
                line = f"{word[3:]} "
            else:
                out.append(line.rstrip())
                line = f"{word} "
        out.append(line.rstrip())
    return "\n".join(out) if "-\n" in "\n".join(out) else text


_LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ", "لا": "ﻻ", "ی": "ﯽ", "ع": "ﻋ"}


def bind(text: str, rng: random.Random) -> str:
    """Ligatures of Latin letters, and three Arabic letters as presentation forms."""
    for letters, form in _LIGATURES.items():
        text = text.replace(letters, form)
    return text


def frame(text: str, rng: random.Random) -> str:
    """A menu of six entries above, four lines below, in words of the text itself."""
    words = [word.strip(".,;:!?()[]\"'«»“”。，、।؟،") for word in words_of(text)]
    words = [word for word in words if word]
    entries = [" ".join(rng.sample(words, rng.randint(1, 2)))[:30] for _ in range(10)]
    return "\n".join([*entries[:6], text, *entries[6:9], f"© 2024 {entries[9]}"])


def shout(text: str, rng: random.Random) -> str:
    """A tenth of the text, at least 200 characters, in capitals; a script without them stays as it is."""
    at = rng.randrange(max(len(text) - 200, 1))
    stop = at + max(len(text) // 10, 200)
    small = sum(char.islower() for char in text[at:stop])
    return text[:at] + text[at:stop].upper() + text[stop:] if small * 2 > min(200, len(text)) else text


def cut(text: str, rng: random.Random) -> str:
    """The last tenth cut off, as far as the end of a word: no damage, but fewer words."""
    kept = text[: len(text) * 9 // 10]
    return kept.rsplit(" ", 1)[0] if len(text.split()) * 20 > len(text) else kept


KINDS: dict[str, Damage] = {
    "mojibake, 1 to 3 characters": misread,
    "mojibake, all": misread_all,
    "U+FFFD": lose_characters,
    "entities": escape,
    "tags": tag,
    "hyphens at line ends": hyphenate,
    "ligatures": bind,
    "site frame": frame,
    "capitals": shout,
    "cut off": cut,
}


def default_measurer() -> Measurer:
    """What a run measures with, unless its corpus file says otherwise."""
    config = MeasureConfig()
    return Measurer(
        edits=tuple(config.edits),
        signals=config.sets,
        model=config.language_id.model,
        max_sample_bytes=config.language_id.max_sample_bytes,
        minhash=config.minhash.to_options(),
    )


def measure(texts: Sequence[str], *, langs: Sequence[str], measurer: Measurer) -> pa.Table:
    """Ids, languages, damage, hashes and bands of n documents."""
    tables = []
    for first in range(0, len(texts), BATCH_ROWS):
        rows = range(first, min(first + BATCH_ROWS, len(texts)))
        given: dict[str, list[Any]] = {
            "doc_id": [make_doc_id("better_copy", record_id=f"{row} {texts[row]}") for row in rows],
            "text": [texts[row] for row in rows],
            "lang_declared": [langs[row] for row in rows],
        }
        fields = [field.with_nullable(True) for field in DOCUMENT]
        columns = [
            pa.array(given[field.name], field.type)
            if field.name in given
            else pa.nulls(len(rows), field.type)
            for field in fields
        ]
        _, signals, bands = measurer.measure(pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields)))
        chosen = signals.select(["doc_id", "lang", "damage", "exact_hash"])
        tables.append(
            pa.table(
                [*chosen.columns, *bands.columns[1:]], names=[*chosen.schema.names, *bands.schema.names[1:]]
            )
        )
    return pa.concat_tables(tables).combine_chunks()


def find_stays(table: pa.Table, *, limits: CompareLimits) -> np.ndarray:
    """Place of the document that stays for each of n, −1: none; by damage, words and id."""
    exact, none = column(table, "exact_hash"), np.zeros(len(table), np.int64)
    packed = read_signatures(column(table, "signature"))
    worded = column(table, "signature").is_valid().to_numpy(zero_copy_only=False)
    documents = Documents(
        doc_id=halves(column(table, "doc_id")),
        exact=halves(exact),
        exact_valid=exact.is_valid().to_numpy(zero_copy_only=False),
        scope=column(table, "lang").dictionary_encode().indices.to_numpy(),
        rank=rank_documents(
            priority=none, damage=table["damage"].to_numpy(), words=table["shingles"].to_numpy(), day=none
        ),
        locator=np.arange(len(table)),
        passes=np.ones(len(table), bool),
    )
    bands = (column(table, name) for name in band_names(limits.minhash))
    return find_duplicates(
        documents, bands=bands, signatures=lambda rows: (packed[rows], worded[rows]), limits=limits
    ).kept


def count_pairs(
    pairs: Sequence[tuple[str, str, str]], *, measurer: Measurer
) -> Mapping[str, tuple[int, int, int]]:
    """[(language, clean, damaged)] → per language pairs, those found, those whose clean one stays."""
    n = len(pairs)
    langs = [lang for lang, _, _ in pairs] * 2
    texts = [clean for _, clean, _ in pairs] + [copy for _, _, copy in pairs]
    kept = find_stays(
        measure(texts, langs=langs, measurer=measurer), limits=CompareLimits(minhash=measurer.minhash)
    )
    clean_stays = kept[n:] == np.arange(n)
    copy_stays = kept[:n] == np.arange(n, 2 * n)
    counts: dict[str, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for lang, stays, goes in zip(langs[:n], clean_stays.tolist(), copy_stays.tolist(), strict=True):
        total, found, clean = counts[lang]
        counts[lang] = (total + 1, found + (stays or goes), clean + stays)
    return counts


def plant(texts: Mapping[str, Sequence[str]], *, kind: str) -> list[tuple[str, str, str]]:
    """[(language, clean text, damaged copy)] of each text that the kind of damage changes."""
    pairs = []
    for lang, some in texts.items():
        for at, text in enumerate(some):
            copy = KINDS[kind](text, random.Random(f"{lang} {kind} {at}"))
            if copy != text:
                pairs.append((lang, text, copy))
    return pairs


@click.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--per-language", type=int, default=40, show_default=True, help="Documents of a language, at most."
)
def main(documents: Path, per_language: int) -> None:
    """Print how many pairs are found, and of how many the clean document stays, by kind of damage."""
    texts = choose(read_documents(documents), max_documents=per_language)
    measurer = default_measurer()
    click.echo(heading())
    click.echo(f"\n{sum(map(len, texts.values())):,} documents in {len(texts)} of {len(TAGS)} languages\n")
    click.echo(
        "| damage | pairs | found | of these the clean one stays | languages below 98 % |\n"
        "|---|---:|---:|---:|---|"
    )
    sums = np.zeros(3, np.int64)
    for kind in KINDS:
        counts = count_pairs(plant(texts, kind=kind), measurer=measurer)
        total = np.array([*counts.values()]).sum(axis=0)
        sums += total if kind != "cut off" else 0
        below = [f"{lang} {c} of {f}" for lang, (_, f, c) in sorted(counts.items()) if c < 0.98 * f]
        click.echo(f"| {kind} | {_cells(total)} | {', '.join(below)} |")
    click.echo(f"| all damage | {_cells(sums)} | |")


def _cells(counts: np.ndarray) -> str:
    pairs, found, clean = counts.tolist()
    share = f"{clean / found:.2%}" if found else "–"
    return f"{pairs:,} | {found:,} ({found / max(pairs, 1):.1%}) | {share}"


if __name__ == "__main__":
    main()
