"""Language and quality rules of measured rows: which ones each document fails."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules import Rule, count_unevaluated, evaluate
from pipeline.columns import column
from pipeline.config import language_rules
from pipeline.job import Job
from pipeline.layers.entries import Entry

_NO_LANGUAGE = {"und": "language_undetermined", "mul": "language_multilingual"}
"""Tags of documents in no one language, and why they are dropped."""


def rules_for(lang: str, *, job: Job) -> tuple[Rule, ...]:
    """The quality rules by which this job decides about a language."""
    return language_rules(lang, decide=job.config.decide)


def rule_columns(entry: Entry, *, job: Job) -> list[str]:
    """The signals that the rules of the languages of a measured part are about."""
    targets = {run["lang"] for run in entry.facts["langs"]} & {*job.config.decide.languages}
    return sorted({rule.signal for lang in targets for rule in rules_for(lang, job=job)})


def apply_rules(table: pa.Table, *, entry: Entry, job: Job) -> tuple[pa.ListArray, dict[str, dict[str, int]]]:
    """(language and quality rules that each document fails, per language the rules not evaluated).

    Rows come in one run per language.
    """
    runs: list[pa.Array] = [pa.array([], pa.list_(pa.string()))]
    unevaluated: dict[str, dict[str, int]] = {}
    for run in entry.facts["langs"]:
        lang, size = run["lang"], run["stop"] - run["start"]
        if lang in _NO_LANGUAGE:
            runs.append(_always(_NO_LANGUAGE[lang], size=size))
        elif lang not in job.config.decide.languages:
            runs.append(_always("language_not_targeted", size=size))
        else:
            rows = table.slice(run["start"], size)
            batch = pa.RecordBatch.from_arrays(
                [column(rows, name) for name in rows.schema.names], schema=rows.schema
            )
            rules = rules_for(lang, job=job)
            runs.append(evaluate(batch, rules=rules))
            nulls = {signal: n for signal, n in count_unevaluated(batch, rules=rules).items() if n}
            if nulls:
                unevaluated[lang] = nulls
    return pa.concat_arrays(runs), unevaluated


def _always(reason: str, *, size: int) -> pa.ListArray:
    offsets = pa.array(np.arange(size + 1, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array([reason] * size, pa.string()))


class ReasonCodes:
    """Lists of reasons as numbers, 4 bytes a document: there are few different lists. 0 is the empty one."""

    def __init__(self) -> None:
        self._codes = {"": 0}

    def encode(self, reasons: pa.ListArray) -> np.ndarray:
        """n lists → int32 [n]."""
        joined = pc.binary_join(reasons, "\n").dictionary_encode()
        codes = [self._codes.setdefault(reason, len(self._codes)) for reason in joined.dictionary.to_pylist()]
        found: np.ndarray = np.array([*codes, 0], np.int32)[joined.indices.to_numpy()]
        return found

    def decode(self, codes: np.ndarray) -> pa.ListArray:
        """int32 [n] → n lists."""
        lists = [text.split("\n") if text else [] for text in self._codes]
        return pa.array(lists, pa.list_(pa.string())).take(pa.array(codes))
