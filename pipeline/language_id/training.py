"""`rhizotron lid train`: labelled lines and a recipe → a model, its description and its measurements."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from filters import languages
from filters.language_id.evaluation import evaluate, summarise
from filters.language_id.labels import CHINESE, SIMPLIFIED, TRADITIONAL, UNDETERMINED
from filters.language_id.recipe import (
    BUNDLED,
    NOISE,
    TARGETS,
    Lines,
    Recipe,
    hold_out,
    hold_out_lines,
    load_recipe,
    read_lines,
)
from filters.language_id.training import (
    HeldOut,
    choose_min_scores,
    find_scripts,
    name_held_out,
    train_model,
    write_model,
)
from layers import storage
from pipeline.errors import InputError
from pipeline.language_id.evaluation import REPORT_VERSION

MAX_CONFUSIONS = 10
ALL, IN_DOMAIN = "all", "in domain"
"""Parts that are no fold."""


def train(
    lines_path: str,
    *,
    out: str,
    name: str,
    recipe_path: str | None = None,
    jobs: int = 1,
    say: Callable[[str], None] = lambda message: None,
) -> dict[str, Any]:
    """Write `<name>.ftz`, `<name>.yaml` and `<name>.json` into out; the last is returned.

    lines_path: a Parquet file with the columns lang, source, text. The report is of lines from sources that
    the model which named them had not seen, with the limits that the description holds. jobs: models trained
    at once, each in a process and on one thread, so that the same input gives the same bytes. Raises
    InputError.
    """
    lines, recipe = _read(lines_path, recipe_path)
    parts = [ALL, IN_DOMAIN, *map(str, range(len(recipe.folds)))]
    say(f"{len(lines)} languages; training {len(parts)} models: of all lines, and without some to measure by")
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(_train_part, lines_path, recipe_path, out, part) for part in parts]
        content, in_domain, *folds = (_finished(future, say=say) for future in running)
    unseen = [
        (hold_out(lines, sources=sources, recipe=recipe)[1], fold)
        for sources, fold in zip(recipe.folds, folds, strict=True)
    ]
    held = name_held_out(unseen, recipe=recipe)
    limits = choose_min_scores(
        held.gold, held.predicted, held.scores, names=held.names, options=recipe.limits
    )
    limits = {name: limits.get(name, recipe.limits.floor) for name in lines}  # some are in no fold
    near = name_held_out([(hold_out_lines(lines, recipe=recipe)[1], in_domain)], recipe=recipe)
    write_model(
        content,
        name=name,
        folder=Path(out),
        scripts=find_scripts(lines),
        min_scores=limits,
        license=recipe.license,
    )
    report = {
        "report_version": REPORT_VERSION,
        "model": {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)},
        "lines": count_lines(lines),
        "folds": recipe.folds,
        "in_domain": _summary(near, limits=limits),
        "among_targets": _summary(held, limits=limits, only_targets=True),
        "without_limits": _summary(held, limits={}),
        **_summary(held, limits=limits),
    }
    (Path(out) / f"{name}.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return report


def _read(lines_path: str, recipe_path: str | None) -> tuple[Lines, Recipe]:
    try:
        recipe = load_recipe(Path(recipe_path) if recipe_path else BUNDLED)
    except (OSError, ValueError) as error:
        raise InputError(str(error)) from error
    try:
        with pq.ParquetFile(lines_path) as file:
            table = file.read(columns=["lang", "source", "text"])  # of those that there are
        return read_lines(table, recipe=recipe), recipe
    except (OSError, ValueError) as error:
        raise InputError(f"{lines_path}: {error}") from error


def _train_part(lines_path: str, recipe_path: str | None, out: str, part: str) -> bytes:
    """A model of all lines, or without some; reads them itself, in its process.

    It is kept in out/parts under a digest of what it depends on, so that a run that was killed goes on.
    """
    lines, recipe = _read(lines_path, recipe_path)
    if part == IN_DOMAIN:
        lines, _ = hold_out_lines(lines, recipe=recipe)
    elif part != ALL:
        lines, _ = hold_out(lines, sources=recipe.folds[int(part)], recipe=recipe)
    settings = [recipe.selection.model_dump(mode="json"), recipe.fasttext, recipe.quantise]
    key = json.dumps([settings, lines], ensure_ascii=False, sort_keys=True)
    kept = Path(out) / "parts" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.ftz"
    if kept.exists():
        return kept.read_bytes()
    content = train_model(lines, recipe=recipe)
    storage.write_bytes(str(kept), content)
    return content


def _finished(future: Future[bytes], *, say: Callable[[str], None]) -> bytes:
    content = future.result()
    say(f"trained a model of {len(content):,} bytes")
    return content


def count_lines(lines: Lines) -> dict[str, dict[str, int]]:
    """Class → source → distinct lines that there are, before caps and repeats."""
    return {
        name: {source: len(some) for source, some in sorted(by_source.items())}
        for name, by_source in sorted(lines.items())
    }


def _summary(held: HeldOut, *, limits: dict[str, float], only_targets: bool = False) -> dict[str, Any]:
    """The report of held-out lines, where a score below its limit is und; each language weighs the same."""
    least = np.array([*(limits.get(name, 0.0) for name in held.names), 0.0])
    predicted = np.where(held.scores >= least[held.predicted], held.predicted, len(held.names))
    tags = [UNDETERMINED if name == NOISE else name for name in (*held.names, UNDETERMINED)]
    pairs = Counter[tuple[str, str]]()
    asked = np.array([name in TARGETS for name in held.names])[held.gold] | (not only_targets)
    keys, counts = np.unique((held.gold * len(tags) + predicted)[asked], return_counts=True)
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        gold, label = divmod(key, len(tags))
        pairs[tags[gold], tags[label]] += count
    both = dict.fromkeys((SIMPLIFIED, TRADITIONAL), CHINESE)  # held-out lines carry the class, not the script
    report = summarise(evaluate(pairs, targets=languages.TAGS, groups={"tw": "ak", **both}, balanced=True))
    for row in report["languages"]:
        row["confusions"] = row["confusions"][:MAX_CONFUSIONS]  # hundreds of languages have hundreds each
    return report
