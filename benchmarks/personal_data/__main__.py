"""Recall and precision of the detectors on sentences of the demo corpus with values planted by seed.

    python -m benchmarks.personal_data --seed 1 --each 6 [--json FILE] [--missed N]

Sentences are of the demo's clean documents in 46 languages; digits are written in those that the language's
readers know, fourteen scripts in all, and in those of ASCII. A value counts as found where one span of its
kind covers all of it; a span that touches no planted value of its kind is false. Look-alikes count as touched
by any span.
"""

import argparse
import json
import random
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from benchmarks.personal_data.look_alikes import LOOK_ALIKES
from benchmarks.personal_data.values import MAKERS, Value
from filters.personal_data.find import find_spans

DIGIT_SCRIPTS = {
    "ar": ["arab", "arabext"],
    "ur": ["arabext"],
    "bm": ["nkoo"],
    "hi": ["deva"],
    "mr": ["deva"],
    "ne": ["deva"],
    "bn": ["beng"],
    "as": ["beng"],
    "pa": ["guru"],
    "gu": ["gujr"],
    "or": ["orya"],
    "ta": ["taml"],
    "te": ["telu"],
    "kn": ["knda"],
    "ml": ["mlym"],
    "zh-Hans": ["fullwide"],
    "zh-Hant": ["fullwide"],
}
ZEROS = {
    "latn": 0x30,
    "arab": 0x660,
    "arabext": 0x6F0,
    "nkoo": 0x7C0,
    "deva": 0x966,
    "beng": 0x9E6,
    "guru": 0xA66,
    "gujr": 0xAE6,
    "orya": 0xB66,
    "taml": 0xBE6,
    "telu": 0xC66,
    "knda": 0xCE6,
    "mlym": 0xD66,
    "fullwide": 0xFF10,
}
"""Fourteen scripts and the code point of their zero."""
NUMERIC = frozenset({"telephone", "card", "national_id", "coordinates"})
"""Kinds whose values are written in native digits; addresses of version 4 too."""
FRAMES = ("{} {} {}", "{} ({}) {}", "{} {}, {}", "{} “{}” {}", "{}: {}. {}", "{} {}\n{}")


class Item(NamedTuple):
    """A sentence with a value at characters start to end, or with a look-alike where kind is empty."""

    lang: str
    script: str
    kind: str
    name: str
    text: str
    start: int
    end: int


def read_sentences() -> dict[str, list[str]]:
    """Language → its sentences without digits or signs that detectors look at."""
    from tests.clean_texts import clean_rows

    sentences: dict[str, list[str]] = defaultdict(list)
    for _, text, lang in clean_rows():
        for sentence in re.split(r"(?<=[.!?।॥。！？۔])\s*|\n+", text):
            if (
                30 <= len(sentence) <= 240
                and not re.search(r"[\d@:/]", sentence)
                and len(sentences[lang]) < 2000
            ):
                sentences[lang].append(sentence.strip())
    return sentences


def _write(digits: str, script: str) -> str:
    zero = ZEROS[script]
    return "".join(chr(zero + int(c)) if c in "0123456789" else c for c in digits)


def _plant(value: Value, sentence: str, *, lang: str, script: str, name: str, rng: random.Random) -> Item:
    words = sentence.split(" ")
    cut = rng.randrange(len(words) + 1)
    head, tail = " ".join(words[:cut]), " ".join(words[cut:])
    frame = rng.choice(FRAMES)
    native = value.kind in NUMERIC or (value.kind == "ip" and ":" not in value.text) or not value.kind
    text = _write(value.text, script) if native else value.text
    rest = "@db.site.co.ke/x" if value.kind == "url_credentials" else ""
    before, behind = frame.split("{}")[1:3]
    lead = head + before + value.label
    return Item(
        lang,
        script if native else "latn",
        value.kind,
        name,
        lead + text + rest + behind + tail,
        len(lead),
        len(lead) + len(text),
    )


def build(*, seed: int, each: int) -> Iterator[Item]:
    """Items of every language, script of digits and kind: `each` of each."""
    for lang, sentences in sorted(read_sentences().items()):
        rng = random.Random(f"{seed} {lang}")
        for script in ["latn", *DIGIT_SCRIPTS.get(lang, [])]:
            for kind, make in MAKERS.items():
                if script != "latn" and kind not in NUMERIC and kind != "ip":
                    continue
                for _ in range(each):
                    value = make(rng, lang)
                    if value is not None:
                        yield _plant(
                            value, rng.choice(sentences), lang=lang, script=script, name=kind, rng=rng
                        )
            for name, look in LOOK_ALIKES.items():
                for _ in range(max(1, each // 3)):
                    yield _plant(
                        Value("", look(rng)),
                        rng.choice(sentences),
                        lang=lang,
                        script=script,
                        name=name,
                        rng=rng,
                    )


def score(items: Sequence[Item]) -> dict[str, Any]:
    """Counts by kind, script and look-alike, and what was missed or false, with its surroundings."""
    spans = find_spans(
        pa.array([item.text for item in items], pa.large_string()), languages=[item.lang for item in items]
    ).to_pylist()
    planted, found, false, touched, looks = (Counter[tuple[str, str]]() for _ in range(5))
    missed, wrong = [], []
    for item, of_item in zip(items, spans, strict=True):
        raw = item.text.encode()
        start, end = len(item.text[: item.start].encode()), len(item.text[: item.end].encode())
        if item.kind:
            planted[item.kind, item.script] += 1
            hit = any(s["kind"] == item.kind and s["start"] <= start and end <= s["end"] for s in of_item)
            found[item.kind, item.script] += hit
            if not hit:
                missed.append([item.lang, item.kind, item.text[max(0, item.start - 25) : item.end + 12]])
        else:
            looks[item.name, item.script] += 1
            touched[item.name, item.script] += any(s["start"] < end and start < s["end"] for s in of_item)
        for span in of_item:
            if not item.kind or span["kind"] != item.kind or span["end"] <= start or end <= span["start"]:
                false[span["kind"], item.script] += 1
                wrong.append(
                    [
                        item.lang,
                        item.name,
                        span["detector"],
                        raw[span["start"] : span["end"]].decode(),
                        item.text[item.start : item.end],
                    ]
                )
    return {
        "planted": planted,
        "found": found,
        "false": false,
        "looks": looks,
        "touched": touched,
        "missed": missed,
        "wrong": wrong,
    }


def _table(result: dict[str, Any], *, by: int) -> Iterator[str]:
    names = sorted({key[by] for key in result["planted"]})
    for name in names:
        planted, found, false = (
            sum(count for key, count in result[field].items() if key[by] == name)
            for field in ("planted", "found", "false")
        )
        precision = found / (found + false) if found + false else 1.0
        yield f"{name:<16} {planted:6} {found / planted:7.3f} {precision:7.3f}"


MIN_RECALL = {"telephone": 0.8, "national_id": 0.8}
"""Of kinds that a territory or a label decides; of the others 0.97."""
MIN_PRECISION = 0.97
MIN_VALUES = 10


def validated(items: Sequence[Item], result: dict[str, Any]) -> dict[str, list[str]]:
    """Kind → languages in which enough values were planted and found, and hardly anything else."""
    planted = Counter((item.kind, item.lang) for item in items if item.kind)
    missed = Counter((kind, lang) for lang, kind, _ in result["missed"])
    false = Counter((detector.split(".")[0], lang) for lang, _, detector, *_ in result["wrong"])
    kinds: dict[str, list[str]] = defaultdict(list)
    for (kind, lang), count in sorted(planted.items()):
        found = count - missed[kind, lang]
        precise = found >= MIN_PRECISION * (found + false[kind, lang])
        if count >= MIN_VALUES and found >= MIN_RECALL.get(kind, 0.97) * count and precise:
            kinds[kind].append(lang)
    return kinds


def main() -> None:
    """Print recall and precision by kind and by script, and look-alikes touched."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--coverage", action="store_true", help="Print the lists of coverage.yaml alone.")
    parser.add_argument(
        "--missed", type=int, default=0, help="Values missed and spans that are false, to print."
    )
    options = parser.parse_args()
    items = list(build(seed=options.seed, each=options.each))
    result = score(items)
    if options.coverage:
        for kind, langs in validated(items, result).items():
            lines = textwrap.wrap(", ".join(langs), 100)
            print(f"  {kind}:", *(f"  - {line.rstrip(',')}" for line in lines), sep="\n  ")
        return
    print(
        f"{len(items)} sentences, {len({item.lang for item in items})} languages\n\n"
        "kind            values  recall precision"
    )
    print("\n".join(_table(result, by=0)), "\n\nscript          values  recall precision")
    print("\n".join(_table(result, by=1)), "\n\nlook-alike       texts touched")
    for name in LOOK_ALIKES:
        count, touched = (
            sum(n for key, n in result[field].items() if key[0] == name) for field in ("looks", "touched")
        )
        print(f"{name:<16} {count:6} {touched / count:7.3f}")
    print(
        f"{'all':<16} {sum(result['looks'].values()):6} "
        f"{sum(result['touched'].values()) / sum(result['looks'].values()):7.3f}"
    )
    for name in ("missed", "wrong"):
        rng = random.Random(0)
        for row in rng.sample(result[name], min(options.missed, len(result[name]))):
            print(name, row)
    if options.json:
        plain = {
            name: [[*key, count] for key, count in sorted(result[name].items())]
            for name in ("planted", "found", "false", "looks", "touched")
        }
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(plain, file, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
