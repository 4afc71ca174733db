"""Language and quality rules of measured rows: which ones each document fails."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules import Rule, evaluate, find_unevaluated
from layers.columns import column
from layers.entries import Entry
from pipeline.config.decide import language_rules
from pipeline.job import Job

_NO_LANGUAGE = {"und": "language_undetermined", "mul": "language_multilingual"}
"""Tags of documents in no one language, and why they are dropped."""
LanguageRules = Mapping[str, tuple[Rule, ...]]
Unevaluated = dict[str, dict[str, int]]
"""Language → signal → documents whose rule was not evaluated, because the signal is null or
the text too short."""


def rules_for(lang: str, *, job: Job, source: str | None = None) -> tuple[Rule, ...]:
    """The quality rules by which this job decides about a language, in a source or where it has no genre."""
    genre = None if source is None else job.source(source).profile
    return language_rules(lang, decide=job.config.decide, genre=genre)


def target_rules(langs: Iterable[str], *, job: Job, source: str) -> dict[str, tuple[Rule, ...]]:
    """The rules of those of the languages that are released, for the documents of a source."""
    targets = {*job.config.decide.languages}
    return {lang: rules_for(lang, job=job, source=source) for lang in langs if lang in targets}


def rule_columns(entries: Sequence[Entry], *, rules: Mapping[str, LanguageRules]) -> list[str]:
    """The signals that the rules of the sources and languages of measured parts are about."""
    pairs = {(entry.unit.source, run["lang"]) for entry in entries for run in entry.facts["langs"]}
    judged = [rule for source, lang in pairs for rule in rules[source].get(lang, ())]
    return sorted({name for rule in judged for name in rule.columns})


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

    def put_first(self, reason: str, codes: np.ndarray) -> np.ndarray:
        """The same lists with one more reason before the others, as numbers: int32 [n] → int32 [n]."""
        lists = [[reason, *each] for each in self.decode(codes).to_pylist()]
        return self.encode(pa.array(lists, pa.list_(pa.string())))

    def decode(self, codes: np.ndarray) -> pa.ListArray:
        """int32 [n] → n lists."""
        lists = [text.split("\n") if text else [] for text in self._codes]
        return pa.array(lists, pa.list_(pa.string())).take(pa.array(codes))


def find_reasons(
    table: pa.Table,
    *,
    lang: np.ndarray,
    langs: Sequence[str],
    part_rows: np.ndarray,
    rules: Sequence[LanguageRules],
    codes: ReasonCodes,
) -> tuple[np.ndarray, list[Unevaluated]]:
    """n rows of measured parts → (int32 [n] of the rules that each fails, per part those not evaluated).

    lang: place of each row's language in langs; part_rows: rows of each part, which follow one another; rules
    are those of each part, one mapping where they are the same. All rows of a language with the same rules
    are evaluated together, so that a small part costs no more than its rows.
    """
    part = np.repeat(np.arange(len(part_rows)), part_rows)
    distinct = {id(each): each for each in rules}
    policy = np.array([[*distinct].index(id(each)) for each in rules], np.int64)[part]
    found = np.zeros(len(lang), np.int32)
    unevaluated: list[Unevaluated] = [{} for _ in part_rows]
    groups = policy * len(langs) + lang
    for group in np.flatnonzero(np.bincount(groups)).tolist():
        place, code = divmod(group, len(langs))
        name, rows = langs[code], np.flatnonzero(groups == group)
        chosen_rules = [*distinct.values()][place].get(name)
        if chosen_rules is None:
            reason = _NO_LANGUAGE.get(name, "language_not_targeted")
            found[rows] = codes.encode(pa.array([[reason]], pa.list_(pa.string())))[0]
            continue
        chosen = table.take(pa.array(rows))
        names = chosen.schema.names
        batch = pa.RecordBatch.from_arrays([column(chosen, each) for each in names], names)
        found[rows] = codes.encode(evaluate(batch, rules=chosen_rules))
        for signal, skipped in find_unevaluated(batch, rules=chosen_rules).items():
            parts, counts = np.unique(part[rows[skipped]], return_counts=True)
            for each, count in zip(parts.tolist(), counts.tolist(), strict=True):
                told = unevaluated[each].setdefault(name, {})
                told[signal] = told.get(signal, 0) + count
    return found, unevaluated
