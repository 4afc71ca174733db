"""`rhizotron lid train`: labelled lines and a recipe → a model, its description and its measurements."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters import languages
from filters.language_id.evaluation import evaluate, summarise
from filters.language_id.labels import CHINESE, SIMPLIFIED, TRADITIONAL, UNDETERMINED
from filters.language_id.limits import HeldOut, choose_min_scores, choose_short_scores, shorten, weigh_short
from filters.language_id.recipe import (
    BUNDLED,
    NOISE,
    TARGETS,
    Lines,
    Recipe,
    hold_out,
    hold_out_lines,
    load_recipe,
    measuring,
    read_lines,
)
from filters.language_id.training import (
    Trained,
    find_scripts,
    name_held_out,
    train_close,
    train_model,
    write_model,
)
from filters.language_id.trigrams import gather_trigrams, write_trigrams
from layers import storage
from pipeline.errors import InputError
from pipeline.language_id.close import describe_close
from pipeline.language_id.evaluation import REPORT_VERSION

MAX_CONFUSIONS = 10
ALL, IN_DOMAIN = "all", "in domain"
"""Parts that are no fold."""


def train(
    lines_paths: Sequence[str],
    *,
    out: str,
    name: str,
    recipe_path: str | None = None,
    jobs: int = 1,
    say: Callable[[str], None] = lambda message: None,
) -> dict[str, Any]:
    """Write `<name>.ftz`, its families, trigrams, description and report `<name>.json`, which is returned.

    lines_paths: Parquet files with the columns lang, source, text. The report is of lines from sources that
    the model which named them had not seen, with the limits that the description holds. jobs: models trained
    at once, each in a process and on one thread, so that the same input gives the same bytes. Raises
    InputError.
    """
    lines, recipe = _read(lines_paths, recipe_path)
    parts = [ALL, IN_DOMAIN, *map(str, range(len(recipe.folds)))]
    say(f"{len(lines)} languages; training {len(parts)} models: of all lines, and without some to measure by")
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(_train_part, lines_paths, recipe_path, out, part) for part in parts]
        trained, in_domain, *folds = (_finished(future, say=say) for future in running)
    unseen = [
        (hold_out(lines, sources=sources, recipe=recipe)[1], fold)
        for sources, fold in zip(recipe.folds, folds, strict=True)
    ]
    scripts = find_scripts(lines, recipe=recipe)
    held = name_held_out(unseen, recipe=recipe, scripts=scripts)
    limits = choose_min_scores(
        held.gold, held.predicted, held.scores, names=held.names, options=recipe.limits
    )
    limits = {name: limits.get(name, recipe.limits.floor) for name in lines}  # some are in no fold
    same_sources = [(hold_out_lines(lines, recipe=recipe)[1], in_domain)]
    near = name_held_out(same_sources, recipe=recipe, scripts=scripts)
    short = {
        size: name_held_out(
            [(shorten(part, max_bytes=size, seed=recipe.selection.seed), fold) for part, fold in unseen],
            recipe=recipe,
            scripts=scripts,
        )
        for size in recipe.limits.short_bytes
    }
    short_scores = choose_short_scores(short, options=recipe.limits)
    write_model(
        trained,
        name=name,
        folder=Path(out),
        scripts=scripts,
        min_scores=limits,
        short_scores=short_scores,
        recipe=recipe,
    )
    write_trigrams(gather_trigrams(lines), path=Path(out) / f"{name}.trigrams.npz")
    report = {
        "report_version": REPORT_VERSION,
        "model": {
            "name": name,
            "sha256": trained.sha256,
            "bytes": len(trained.content) + len(trained.families),
        },
        "lines": count_lines(lines),
        "folds": recipe.folds,
        "in_domain": _summary(near, limits=limits),
        "short": {
            size: _short_summary(
                part, limits=limits, least=short_scores[size], set_aside=recipe.limits.set_aside
            )
            for size, part in short.items()
        },
        "close": describe_close(
            _count_pairs(held, limits=limits),
            _count_pairs(near, limits=limits),
            families=recipe.families,
            neighbours=recipe.neighbours,
        ),
        "among_targets": _summary(held, limits=limits, only_targets=True),
        "without_limits": _summary(held, limits={}),
        **_summary(held, limits=limits),
    }
    (Path(out) / f"{name}.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return report


def _read(lines_paths: Sequence[str], recipe_path: str | None) -> tuple[Lines, Recipe]:
    try:
        recipe = load_recipe(Path(recipe_path) if recipe_path else BUNDLED)
    except (OSError, ValueError) as error:
        raise InputError(str(error)) from error
    try:
        tables = []
        for path in lines_paths:
            with pq.ParquetFile(path) as file:
                table = file.read(columns=["lang", "source", "text"])  # of those that there are
            tables.append(table.cast(pa.schema([(name, pa.large_string()) for name in table.column_names])))
        return read_lines(pa.concat_tables(tables, promote_options="default"), recipe=recipe), recipe
    except (OSError, ValueError) as error:
        raise InputError(f"{', '.join(lines_paths)}: {error}") from error


def read_training_lines(lines_paths: Sequence[str]) -> Lines:
    """The lines that the bundled recipe chooses; raises InputError."""
    return _read(lines_paths, None)[0]


def _train_part(lines_paths: Sequence[str], recipe_path: str | None, out: str, part: str) -> Trained:
    """A model of all lines, or without some; reads them itself, in its process.

    It is kept in out/parts under a digest of what it depends on, so that a run that was killed goes on.
    """
    lines, recipe = _read(lines_paths, recipe_path)
    if part == IN_DOMAIN:
        lines, _ = hold_out_lines(lines, recipe=recipe)
    elif part != ALL:
        lines, _ = hold_out(lines, sources=recipe.folds[int(part)], recipe=recipe)
    if part != ALL:
        recipe = measuring(recipe)
    selection = recipe.selection.model_dump(mode="json")
    kept = Path(out) / "parts"
    families = _keep(
        kept,
        key=[selection, recipe.families.model_dump(mode="json", exclude={"standards"}), lines],
        suffix="npz",
        make=lambda: train_close(lines, recipe=recipe),
    )
    content = _keep(
        kept,
        key=[[selection, recipe.fasttext, recipe.quantise], lines],
        suffix="ftz",
        make=lambda: train_model(lines, recipe=recipe),
    )
    return Trained(content, families)


def _keep(folder: Path, *, key: Any, suffix: str, make: Callable[[], bytes]) -> bytes:
    """What make gives, or gave before with the same key."""
    text = json.dumps(key, ensure_ascii=False, sort_keys=True)
    kept = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.{suffix}"
    if kept.exists():
        return kept.read_bytes()
    content = make()
    storage.write_bytes(str(kept), content)
    return content


def _finished(future: Future[Trained], *, say: Callable[[str], None]) -> Trained:
    trained = future.result()
    say(f"trained a model of {len(trained.content) + len(trained.families):,} bytes")
    return trained


def count_lines(lines: Lines) -> dict[str, dict[str, int]]:
    """Class → source → distinct lines that there are, before caps and repeats."""
    return {
        name: {source: len(some) for source, some in sorted(by_source.items())}
        for name, by_source in sorted(lines.items())
    }


def _short_summary(
    held: HeldOut,
    *,
    limits: dict[str, float],
    least: tuple[float, dict[str, float]],
    set_aside: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """The means of short texts, and the least score, precision and recall of the 46.

    right: of what is named as one of the 46 the share that is in it, half of all text being in the 46, lines
    in languages set aside with it not counted; among_targets: of the lines in the 46 alone.
    """
    general, own = least
    limits = {name: max(limits.get(name, 0.0), own.get(name, general)) for name in held.names}
    report, alone = (_summary(held, limits=limits, only_targets=only) for only in (False, True))
    kept = ("lang", "support", "precision", "recall")
    scores = {row["lang"]: own.get(row["lang"], general) for row in report["languages"]}
    rows = [
        {name: row[name] for name in kept} | {"min_score": round(scores[row["lang"]], 2)}
        for row in report["languages"]
        if row["target"]
    ]
    return {
        "min_score": round(general, 2),
        "right": _right_share(held, limits=limits, set_aside=set_aside),
        "macro": report["macro"],
        "among_targets": alone["macro"]["targets"],
        "languages": rows,
    }


def _believe(held: HeldOut, *, limits: dict[str, float]) -> np.ndarray:
    """What is named where a score below its limit is no language: int64 [n]."""
    least = np.array([*(limits.get(name, 0.0) for name in held.names), 0.0])
    return np.where(held.scores >= least[held.predicted], held.predicted, len(held.names))


def _right_share(
    held: HeldOut, *, limits: dict[str, float], set_aside: Mapping[str, Sequence[str]]
) -> float | None:
    predicted = _believe(held, limits=limits)
    weights = weigh_short(held)
    named = np.array([*(name in TARGETS for name in held.names), False])[predicted]
    places = {name: place for place, name in enumerate(held.names)}
    for name, others in set_aside.items():
        if name in places:
            aside = np.isin(held.gold, [places[other] for other in others if other in places])
            named &= ~((predicted == places[name]) & aside)
    total = weights[named].sum()
    return round(float(weights[named & (predicted == held.gold)].sum() / total), 4) if total > 0 else None


def _count_pairs(
    held: HeldOut, *, limits: dict[str, float], only_targets: bool = False
) -> Counter[tuple[str, str]]:
    """How many held-out lines have each pair of language and name."""
    predicted = _believe(held, limits=limits)
    tags = [UNDETERMINED if name == NOISE else name for name in (*held.names, UNDETERMINED)]
    pairs = Counter[tuple[str, str]]()
    asked = np.array([name in TARGETS for name in held.names])[held.gold] | (not only_targets)
    keys, counts = np.unique((held.gold * len(tags) + predicted)[asked], return_counts=True)
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        gold, label = divmod(key, len(tags))
        pairs[tags[gold], tags[label]] += count
    return pairs


def _summary(held: HeldOut, *, limits: dict[str, float], only_targets: bool = False) -> dict[str, Any]:
    """The report of held-out lines, where a score below its limit is und; each language weighs the same."""
    pairs = _count_pairs(held, limits=limits, only_targets=only_targets)
    both = dict.fromkeys((SIMPLIFIED, TRADITIONAL), CHINESE)  # held-out lines carry the class, not the script
    report = summarise(evaluate(pairs, targets=languages.TAGS, groups={"tw": "ak", **both}, balanced=True))
    for row in report["languages"]:
        row["confusions"] = row["confusions"][:MAX_CONFUSIONS]  # hundreds of languages have hundreds each
    return report
