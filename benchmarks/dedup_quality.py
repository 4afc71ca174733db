"""How well near duplicates are found: recall and precision against exact Jaccard similarity, per script.

    python -m benchmarks.dedup_quality edits DOCUMENTS --per-script 80 --seeds 6
    python -m benchmarks.dedup_quality templates --documents 100000

Pairs are a real document and an edited copy of it: words substituted, the end cut off, boilerplate
added, case, punctuation, and noise like that of optical character recognition, at graded strengths.
Of each pair the Jaccard similarity J of the shingle sets is computed exactly. A pair is found when
it shares a band; with independent hash functions that has the probability 1 − (1 − Jʳ)ᵇ. Recall is
the share of pairs with J ≥ threshold that are found; precision, the share of found pairs with
J ≥ threshold. Both are printed beside what the formula predicts for the same pairs, over several
seeds, and beside the error of the estimate of J that decisions carry.

`templates` plants pages that share a template and differ otherwise, a hundred of each template, at several J
of any two pages of one, and says how many go.
"""

import random
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pyarrow as pa

from benchmarks.dedup_side import OPTIONS, find_stays
from benchmarks.perturb import read_documents
from benchmarks.report import heading
from filters.hashes.minhash import (
    MinHashOptions,
    band_hashes,
    band_names,
    estimate_similarity,
    read_signatures,
    shingle_hashes,
)

BOILERPLATE = (
    *("subscribe", "to", "our", "newsletter", "share", "this", "article"),
    *("all", "rights", "reserved", "contact", "imprint", "privacy"),
)


def substitute(words: list[str], *, share: float, pool: list[str], dice: random.Random) -> list[str]:
    """Words replaced by others of the same language."""
    return [dice.choice(pool) if dice.random() < share else word for word in words]


def truncate(words: list[str], *, share: float, pool: list[str], dice: random.Random) -> list[str]:
    """The end cut off."""
    return words[: max(round(len(words) * (1 - share)), 1)]


def add_boilerplate(words: list[str], *, share: float, pool: list[str], dice: random.Random) -> list[str]:
    """Words that stand on every page of a site, before and after."""
    added = [dice.choice(BOILERPLATE) for _ in range(round(len(words) * share))]
    return added[::2] + words + added[1::2]


def change_case(words: list[str], *, share: float, pool: list[str], dice: random.Random) -> list[str]:
    """Words in capitals."""
    return [word.upper() if dice.random() < share else word for word in words]


def change_punctuation(words: list[str], *, share: float, pool: list[str], dice: random.Random) -> list[str]:
    """Marks after words."""
    return [word + dice.choice(",;:!…") if dice.random() < share else word for word in words]


def add_noise(words: list[str], *, share: float, pool: list[str], dice: random.Random) -> list[str]:
    """Characters replaced by others of the same text."""
    characters = sorted({character for word in words for character in word})
    return [
        "".join(dice.choice(characters) if dice.random() < share / 5 else character for character in word)
        for word in words
    ]


EDITS: dict[str, Callable[..., list[str]]] = {
    "substitution": substitute,
    "truncation": truncate,
    "boilerplate": add_boilerplate,
    "case": change_case,
    "punctuation": change_punctuation,
    "noise": add_noise,
}
STRENGTHS = (0.01, 0.02, 0.04, 0.07, 0.1, 0.2, 0.3)


def script_of(text: str) -> str:
    """Script of most letters, by the first word of their names."""
    names = Counter(unicodedata.name(c, "?").split()[0] for c in text[:400] if c.isalpha())
    return names.most_common(1)[0][0] if names else "?"


TEMPLATES = (0.38, 0.5, 0.58, 0.62, 0.7, 0.8)
"""Jaccard similarity of pages of one template."""
PER_TEMPLATE = 100
FAR_BELOW = 0.6


@click.group()
def main() -> None:
    """How well near duplicates are found, and what goes for them."""


@main.command()
@click.option("--documents", type=int, default=100_000, show_default=True, help="Pages at each similarity.")
@click.option("--shingles", type=int, default=300, show_default=True, help="Of a page.")
def templates(documents: int, shingles: int) -> None:
    """Print how many pages of templates go, and how many of those are less similar than 0.6."""
    click.echo(heading())
    click.echo(
        f"\n| J of two pages | pages | go | share | J < {FAR_BELOW} | µs of CPU each |\n|" + "---|" * 6
    )
    for target in TEMPLATES:
        texts, exact = make_pages(documents, shingles=shingles, jaccard=target)
        langs = pa.nulls(len(texts), pa.string())
        table = pa.Table.from_batches([band_hashes(texts, langs=langs, options=OPTIONS)])
        started = time.process_time()
        kept = find_stays(table).kept
        seconds = time.process_time() - started
        gone = np.flatnonzero(kept != np.arange(documents))
        if (kept[gone] // PER_TEMPLATE != gone // PER_TEMPLATE).any():
            raise click.ClickException("a page went for a page of another template")
        far = len(gone) if exact < FAR_BELOW else 0
        figures = f"{exact:.3f} | {documents:,} | {len(gone):,} | {len(gone) / documents:.3%} | {far:,}"
        click.echo(f"| {figures} | {seconds / documents * 1e6:.1f} |")


def make_pages(n: int, *, shingles: int, jaccard: float) -> tuple[pa.LargeStringArray, float]:
    """(n pages of so many shingles, PER_TEMPLATE of each template; exact similarity of two pages of one)."""
    common = round(2 * shingles * jaccard / (1 + jaccard))
    overlap = OPTIONS.ngram - 1  # shingles of so many words more
    texts = []
    for page in range(n):
        template = page // PER_TEMPLATE
        head = [f"t{template}x{word}" for word in range(common + overlap)]
        texts.append(" ".join(head + [f"p{page}x{word}" for word in range(shingles - common)]))
    return pa.array(texts, pa.large_string()), common / (2 * shingles - common)


@main.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--per-script", type=int, default=300, show_default=True, help="Documents of a script, at most."
)
@click.option("--seeds", type=int, default=5, show_default=True, help="Sets of hash functions.")
@click.option("--threshold", type=float, default=0.72, show_default=True)
def edits(documents: Path, per_script: int, seeds: int, threshold: float) -> None:
    """Print recall and precision per script, and recall per edit, measured and predicted."""
    options = MinHashOptions()
    dice = random.Random(1)
    found = read_documents(documents)
    dice.shuffle(found)
    scripts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in found:
        name = script_of(row["text"])
        words = len(row["text"]) if name == "CJK" else len(row["text"].split())
        if words >= 50 and len(scripts[name]) < per_script:
            scripts[name].append(row)
    header = "pairs | J ≥ t | recall | predicted | precision | predicted | error of estimated J"
    click.echo(heading())
    click.echo(f"threshold {threshold}, {options.bands} × {options.rows}, {seeds} seeds\n")
    click.echo(f"| script | documents | {header} |\n|{'---|' * 9}")
    kinds: dict[str, list[np.ndarray]] = defaultdict(list)
    for name, rows in sorted(scripts.items(), key=lambda item: -len(item[1])):
        if len(rows) < per_script / 4:
            continue
        pairs, names = make_pairs(rows, dice=dice)
        table = measure(pairs, options=options, seeds=seeds)
        click.echo(f"| {name} | {len(rows)} | {summarize(table, threshold=threshold)} |")
        for kind in EDITS:
            kinds[kind].append(table[np.array(names) == kind])
    click.echo(f"\n| edit | {header} |\n|{'---|' * 8}")
    for kind, tables in kinds.items():
        click.echo(f"| {kind} | {summarize(np.concatenate(tables), threshold=threshold)} |")


def make_pairs(
    rows: list[dict[str, str]], *, dice: random.Random
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """([language, text, edited text], kind of each edit): every edit at every strength of each document."""
    pairs, edits = [], []
    pools: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        pools[row.get("lang") or ""] += units(row)[0][:200]
    for row in rows:
        words, join = units(row)
        for kind, edit in EDITS.items():
            for share in STRENGTHS:
                pool = pools[row.get("lang") or ""]
                edited = edit(words, share=share, pool=pool, dice=dice)
                pairs.append((row.get("lang") or "", row["text"], join.join(edited)))
                edits.append(kind)
    return pairs, edits


def units(row: dict[str, str]) -> tuple[list[str], str]:
    """(words, what joins them) of a document; of Chinese and the like: characters."""
    text = row["text"][:20_000]
    return (list(text), "") if script_of(text) == "CJK" else (text.split(), " ")


def measure(pairs: list[tuple[str, str, str]], *, options: MinHashOptions, seeds: int) -> np.ndarray:
    """Per pair: J, share of seeds that find it, probability by the formula, mean absolute error of J."""
    sets = [
        [np.unique(shingle_hashes(text, lang=lang or None, options=options)) for text in texts]
        for lang, *texts in pairs
    ]
    common = np.array([len(np.intersect1d(one, other, assume_unique=True)) for one, other in sets])
    jaccard = common / (np.array([len(one) + len(other) for one, other in sets]) - common)
    hits, errors = np.zeros(len(pairs)), np.zeros(len(pairs))
    langs = pa.array([lang or None for lang, *_ in pairs], pa.string())
    for seed in range(1, seeds + 1):
        drawn = MinHashOptions(options.bands, options.rows, options.ngram, seed)
        one, other = (
            band_hashes(pa.array([pair[i] for pair in pairs], pa.large_string()), langs=langs, options=drawn)
            for i in (1, 2)
        )
        shared = np.zeros(len(pairs), bool)
        for band in band_names(drawn):
            shared |= one[band].to_numpy(zero_copy_only=False) == other[band].to_numpy(zero_copy_only=False)
        hits += shared
        estimate = estimate_similarity(read_signatures(one["signature"]), read_signatures(other["signature"]))
        errors += np.abs(estimate - jaccard)
    predicted = 1 - (1 - jaccard**options.rows) ** options.bands
    return np.stack([jaccard, hits / seeds, predicted, errors / seeds], axis=1)


def summarize(table: np.ndarray, *, threshold: float) -> str:
    """Cells of one line of the report."""
    jaccard, hits, predicted, errors = table.T
    similar = jaccard >= threshold

    def share(part: float, whole: float) -> str:
        return f"{part / whole:.2%}" if whole else "–"

    return " | ".join(
        [
            f"{len(table):,}",
            f"{similar.sum():,}",
            share(hits[similar].sum(), similar.sum()),
            share(predicted[similar].sum(), similar.sum()),
            share(hits[similar].sum(), hits.sum()),
            share(predicted[similar].sum(), predicted.sum()),
            f"{errors.mean():.3f}",
        ]
    )


if __name__ == "__main__":
    main()
