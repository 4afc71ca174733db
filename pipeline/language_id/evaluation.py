"""Measuring a language model on a folder of labelled texts: DIR/<bcp47>.txt, one text a line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.kernels.compiling import text_buffers
from filters.language_id import Model, canonical_tag
from filters.language_id.evaluation import evaluate, resolve_groups, summarise
from filters.language_id.labels import CHINESE, EQUIVALENT, UNDETERMINED
from governance.visible import visible_json
from layers import storage
from layers.listing import list_inputs
from layers.problems import list_problems
from pipeline.errors import InputError
from pipeline.language_id.identify import identify_lines, read_file, read_lines
from pipeline.terminal.echo import echo

REPORT_VERSION = 1
"""Of the JSON that `rhizotron lid eval` writes; a changed meaning or name moves it."""

_NO_LANGUAGE = frozenset({"und", "zxx"})
"""File names of text in no language, which is rightly und."""


def parse_groups(options: Sequence[str]) -> dict[str, str]:
    """`name=member,member` each → tag → tag that it is counted as, with EQUIVALENT. Raises InputError."""
    groups: dict[str, str] = {}
    problems = []
    for option in options:
        code, _, members = option.partition("=")
        name, *tags = (canonical_tag(each) for each in (code, *members.split(",")))
        if name is None or None in tags:
            problems.append(f"{option!r} is not a language code, =, and others that are counted as it")
            continue
        for tag in tags:
            if tag is not None and tag != name and groups.setdefault(tag, name) != name:
                problems.append(f"{tag} is counted as {groups[tag]} and as {name}")
    if not problems:
        try:
            return resolve_groups({**EQUIVALENT, **groups})
        except ValueError as error:
            problems = [str(error)]
    raise InputError(list_problems("--group", problems))


def evaluate_folder(
    folder: str,
    *,
    model: Model,
    groups: Mapping[str, str] = EQUIVALENT,
    max_texts: int | None = None,
    balanced: bool = False,
) -> dict[str, Any]:
    """The report on folder/<bcp47>.txt, one text a line: see docs/how-to/language_models.md.

    Blank lines are no texts and are counted apart. max_texts: only the first ones of each file. Raises
    InputError that lists every file that names no language, has no text or cannot be read.
    """
    files = _list_files(folder, groups=groups)
    pairs = Counter[tuple[str, str]]()
    blank = 0
    problems = []
    for uri, gold in files.items():
        try:
            counts, without = _count_labels(storage.join(folder, uri), model=model, max_texts=max_texts)
        except InputError as error:
            problems.append(str(error))
            continue
        if not counts:
            problems.append(f"{uri}: no text; remove it, or write one text a line")
        blank += without
        pairs.update({(gold, predicted): texts for predicted, texts in counts.items()})
    if problems:
        raise InputError(list_problems(folder, problems))
    by_tag: dict[str, list[str]] = {}
    for uri, gold in files.items():
        by_tag.setdefault(groups.get(gold, gold), []).append(uri)
    summary = summarise(evaluate(pairs, targets=languages.TAGS, groups=groups, balanced=balanced))
    summary["languages"] = [{**row, "files": by_tag[row["lang"]]} for row in summary["languages"]]
    return {
        "report_version": REPORT_VERSION,
        "model": {"name": model.name, "sha256": model.digest},
        "max_texts_per_file": max_texts,
        "blank_lines": blank,
        **summary,
    }


def write_report(report: Mapping[str, Any], *, target: str) -> None:
    """The report as JSON into a file, or to standard output for `-`. Raises InputError."""
    text = visible_json(report, indent=2)
    if target == "-":
        echo(text)
        return
    try:
        storage.write_bytes(target, f"{text}\n".encode())
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from error


def _list_files(folder: str, *, groups: Mapping[str, str]) -> dict[str, str]:
    """File name → tag of its texts, sorted."""
    if not storage.is_remote(folder) and not storage.local_path(folder).is_dir():
        raise InputError(f"there is no folder {folder}; give one with files <bcp47>.txt, one text a line")
    try:
        uris = [file.uri for file in list_inputs(["*.txt"], root=folder).files]
    except FileNotFoundError as error:
        raise InputError(
            f"{folder} has no files <bcp47>.txt, one text a line (en.txt, swh_Latn.txt)"
        ) from error
    tags: dict[str, str] = {}
    problems = []
    for uri in uris:
        code = uri.removesuffix(".txt")
        tag = UNDETERMINED if code in _NO_LANGUAGE else canonical_tag(code)
        if tag is None:
            problems.append(f"{uri}: {code!r} is not a language code of BCP-47 or ISO 639")
        elif tag == CHINESE and CHINESE not in groups.values():
            problems.append(
                f"{uri}: call it zh-Hans.txt or zh-Hant.txt, or count both as one: --group zh=zh-Hans,zh-Hant"
            )
        else:
            tags[uri] = tag
    if problems:
        raise InputError(list_problems(folder, problems))
    return tags


def _count_labels(url: str, *, model: Model, max_texts: int | None) -> tuple[Counter[str], int]:
    """Texts of a file by the tag that they are given, and its blank lines up to the last text read."""
    counts = Counter[str]()
    blank = 0
    for batch in read_lines(read_file(url)):
        written = np.flatnonzero(_is_written(batch.texts))
        more = written if max_texts is None else written[: max_texts - counts.total()]
        last = len(batch.texts) if len(more) == len(written) else int(more[-1]) + 1
        blank += last - len(more)
        labels = identify_lines(batch.texts.take(pa.array(more)), model=model)["lang"]
        for row in pc.value_counts(labels).to_pylist():
            counts[row["values"]] += row["counts"]
        if counts.total() == max_texts:
            break
    return counts, blank


def _is_written(texts: pa.LargeStringArray) -> np.ndarray:
    """Which texts have a byte that is no ASCII white space or control: n texts → bool [n]."""
    values, offsets = text_buffers(texts)
    first = offsets[0]
    ink = np.flatnonzero(values[first : offsets[-1]] > 32) + first
    written: np.ndarray = np.searchsorted(ink, offsets[1:]) > np.searchsorted(ink, offsets[:-1])
    return written
