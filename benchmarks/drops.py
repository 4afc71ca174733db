"""What the default configuration drops of clean documents, and a blind sample of it for a reader to label.

    python -m benchmarks.drops DOCUMENTS --seed 1 --to OUT
    python -m benchmarks.drops --score OUT

DOCUMENTS is a folder of JSON lines with `text` and `lang`. Of each language DROPS dropped documents are
drawn, a reason as likely as what it took, with kept ones and junk made by `benchmarks.dirt` among them, in
random order, to OUT/sample.jsonl (`n`, `lang`, `text`); OUT/key.jsonl says what each is. A reader who has not
seen the key writes OUT/labels.json, `{"1": "natural", …}`, with one of LABELS each. Duplicates are not looked
for.
"""

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.dirt import KINDS, MAX_CHARS, MIN_CHARS, make_measurer, measure
from benchmarks.perturb import read_documents
from benchmarks.report import heading
from filters import languages
from filters.language_id import canonical_tag
from filters.rules import evaluate
from governance.reviews import wilson
from pipeline.config.decide import DecideConfig, language_rules
from pipeline.stages.measure.measurer import Measurer

LANGUAGES = ("en", "es", "fr", "id", "pt", "sw", "vi", "zh-Hans")
LABELS = ("natural", "boilerplate", "too_short", "wrong_language", "not_language")
JUNK = ("mojibake", "menu", "truncated code", "keyword spam", "random letters")
DROPS, KEPT, PLANTED = 10, 3, 2
"""Of each language."""
MAX_SHOWN_CHARS = 3000
BATCH = 1000
Row = dict[str, Any]


def decide(rows: Sequence[Row], *, measurer: Measurer) -> list[Row]:
    """Rows with text and lang → the same, edited, with the first reason to drop each; None: kept.

    Their lang is the one that they are named, the declared one where that is none of the languages.
    """
    decided = []
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        texts, signals = measure(
            [row["text"] for row in some], [row["lang"] for row in some], measurer=measurer
        )
        named = np.array(signals["lang"].to_pylist(), object)
        reasons = np.full(len(some), None, object)
        for tag in sorted(set(named)):
            own = np.flatnonzero(named == tag)
            if tag not in languages.TAGS:
                reasons[own] = {"und": "no language", "mul": "several languages"}.get(tag, "another language")
                continue
            rules = language_rules(tag, decide=DecideConfig())
            failed = evaluate(signals.take(pa.array(own)), rules=rules).to_pylist()
            reasons[own] = [each[0] if each else None for each in failed]
        decided += [
            {**row, "lang": tag if tag in languages.TAGS else row["lang"], "text": text, "reason": reason}
            for row, tag, text, reason in zip(some, named, texts.to_pylist(), reasons, strict=True)
        ]
    return decided


def plant(rows: Sequence[Row], *, seed: int) -> list[Row]:
    """One row of each kind of junk for each of the languages, made of its rows."""
    long = defaultdict(list)
    for row in rows:
        if len(row["text"]) >= MIN_CHARS:
            long[row["lang"]].append(row["text"][:MAX_CHARS])
    planted = []
    for lang, texts in sorted(long.items()):
        rng = random.Random(f"{seed} {lang}")
        made = [(kind, KINDS[kind](rng.choice(texts), rng, ())) for kind in JUNK]
        planted += [{"lang": lang, "text": text, "junk": kind} for kind, text in made if text]
    return planted


def draw(drops: Sequence[Row], *, rng: random.Random) -> list[Row]:
    """Up to DROPS rows, each of a reason as likely as what it took and is left of it."""
    pools = defaultdict(list)
    for row in drops:
        pools[row["reason"]].append(row)
    drawn: list[Row] = []
    for pool in pools.values():
        rng.shuffle(pool)
    while len(drawn) < DROPS and any(pools.values()):
        reasons = sorted(reason for reason, pool in pools.items() if pool)
        (reason,) = rng.choices(reasons, [len(pools[reason]) for reason in reasons])
        drawn.append(pools[reason].pop())
    return drawn


def sample(clean: Sequence[Row], junk: Sequence[Row], *, seed: int) -> list[Row]:
    """Drops, kept rows and junk of each language, in random order, `kind` saying which."""
    rng = random.Random(seed)
    rows = []
    for lang in LANGUAGES:
        own = [row for row in clean if row["lang"] == lang]
        planted = [row for row in junk if row["lang"] == lang]
        kept = [row for row in own if row["reason"] is None]
        rows += [{**row, "kind": "drop"} for row in draw([row for row in own if row["reason"]], rng=rng)]
        rows += [{**row, "kind": "kept"} for row in rng.sample(kept, min(KEPT, len(kept)))]
        rows += [{**row, "kind": "planted"} for row in rng.sample(planted, min(PLANTED, len(planted)))]
    rng.shuffle(rows)
    return rows


def write(rows: Sequence[Row], folder: Path) -> None:
    """The sample without what tells decisions, and its key."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = [
        {"n": n, "lang": row["lang"], "text": row["text"][:MAX_SHOWN_CHARS]} for n, row in enumerate(rows, 1)
    ]
    key = [
        {"n": n} | {name: row.get(name) for name in ("lang", "kind", "reason", "id", "junk")}
        for n, row in enumerate(rows, 1)
    ]
    for name, lines in (("sample", shown), ("key", key)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")


def score(key: Sequence[Row], labels: Mapping[str, str]) -> list[str]:
    """The table of a labelled sample, as Markdown; raises ValueError for a missing or unknown label."""
    wrong = [str(row["n"]) for row in key if labels.get(str(row["n"])) not in LABELS]
    if wrong:
        raise ValueError(f"labels.json: {', '.join(wrong)}: give one of {', '.join(LABELS)}")
    found: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for row in key:
        label = labels[str(row["n"])]
        found[row["kind"]][label] += 1
        if row["kind"] == "drop":
            reasons[row["reason"]][label] += 1
    lines = [
        f"| | read | {' | '.join(LABELS)} | natural, 95 % (Wilson) |",
        "|---|" + "---:|" * (len(LABELS) + 2),
    ]
    for name, counts in (*found.items(), *sorted(reasons.items())):
        low, high = wilson(counts["natural"] / counts.total(), count=counts.total())
        cells = " | ".join(str(counts[label]) for label in LABELS)
        share = f"{counts['natural'] / counts.total():.1%} ({low:.1%}–{high:.1%})"
        lines.append(f"| {name} | {counts.total()} | {cells} | {share} |")
    return lines


def print_drops(rows: Sequence[Row]) -> None:
    """How many of each reason in each language, as Markdown."""
    counts = Counter((row["reason"], row["lang"]) for row in rows if row["reason"])
    print(f"| of {len(rows):,} documents | {' | '.join(LANGUAGES)} | all |")
    print("|---|" + "---:|" * (len(LANGUAGES) + 1))
    for reason in [*sorted({reason for reason, _ in counts}), "all"]:
        cells = [
            sum(n for (why, tag), n in counts.items() if tag == lang and reason in (why, "all"))
            for lang in LANGUAGES
        ]
        print(f"| {reason} | {' | '.join(map(str, cells))} | {sum(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", type=Path, nargs="?")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--to", type=Path, help="folder of the sample and its key")
    parser.add_argument("--score", type=Path, help="folder of a sample with labels.json")
    arguments = parser.parse_args()
    if arguments.score is not None:
        key = [json.loads(line) for line in (arguments.score / "key.jsonl").read_text("utf-8").splitlines()]
        labels = json.loads((arguments.score / "labels.json").read_text("utf-8"))
        print("\n".join(score(key, labels)))
        return
    if arguments.documents is None:
        parser.error("DOCUMENTS, or --score and the folder of a labelled sample")
    rows = [
        {"id": row["id"], "text": row["text"], "lang": tag}
        for row in read_documents(arguments.documents)
        if (tag := canonical_tag(row["lang"] or "")) in LANGUAGES
    ]
    measurer = make_measurer()
    clean = decide(rows, measurer=measurer)
    print(heading())
    print_drops(clean)
    if arguments.to is not None:
        junk = decide(plant(rows, seed=arguments.seed), measurer=measurer)
        write(sample(clean, junk, seed=arguments.seed), arguments.to)


if __name__ == "__main__":
    main()
