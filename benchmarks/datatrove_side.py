"""datatrove's side of the comparison: run by the python of the environment that holds datatrove.

    python datatrove_side.py INPUT_DIR OUT_DIR --model lid.176.ftz --workers 2 --mode one

datatrove's own blocks, chained in as few passes as their contracts allow: read, identify, filter,
write and sign in one; buckets; cluster; remove. They are stock but for four subclasses: one loads
lid.176.ftz from a path, one gives Gopher's stop-word rule the words of the document's language,
and in the mode by-language the filters and the signature take its tokenizer. Imports nothing of this
project.
"""

import argparse
import csv
import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datatrove.data import Document, DocumentsPipeline
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter, LanguageFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils._import_utils import ASSETS_PATH
from datatrove.utils.hashing import HashConfig
from datatrove.utils.lid import FT176LID
from datatrove.utils.word_tokenizers import load_word_tokenizer

NEUTRAL_TOKENIZER = "aak_Latn"
"""A row of datatrove's table that maps to spaCy's `xx`: 15 to 30 % faster than its default, `en`."""
NEEDS_DOWNLOAD = ("StanzaTokenizer", "TibetanTokenizer")

BUCKETS = 14
MINHASH = MinhashConfig(
    n_grams=5,
    num_buckets=BUCKETS,
    hashes_per_bucket=8,
    hash_config=HashConfig(precision=64, hash_fc="xxhash"),
)


class LocalModel(FT176LID):
    """lid.176 from a file instead of a download."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.path = model

    @property
    def model(self) -> Any:
        if self._model is None:
            from fasttext.FastText import _FastText

            self._model = _FastText(self.path)
        return self._model


@cache
def tokenizer_key(label: str) -> str:
    """The row of datatrove's tokenizer table for a label of lid.176: language_Script.

    Bare codes are not used: the table's loader takes the text "FALSE" for true, so bare `hi`
    names the row of romanised Hindi, which has a Kurdish tokenizer. Tokenizers that must be
    downloaded are replaced by spaCy's neutral one.
    """
    best: tuple[tuple[bool, bool], str, str] | None = None
    with open(os.path.join(ASSETS_PATH, "tokenizer_assignment.csv"), encoding="utf-8") as table:
        for row in csv.DictReader(table):
            if not row["type"] or label not in (row["code_1"], row["code_3"]):
                continue
            rank = (
                row["default_script"] == "TRUE",
                row["code_1"] != label or row["default_code_1"] == "TRUE",
            )
            if best is None or rank > best[0]:
                best = (rank, f"{row['code_3']}_{row['script']}", row["type"])
    return NEUTRAL_TOKENIZER if best is None or best[2] in NEEDS_DOWNLOAD else best[1]


class Repetition(GopherRepetitionFilter):
    """Gopher's repetition rules with the tokenizer of the document's language."""

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        self.language = tokenizer_key(doc.metadata["language"])
        return super().filter(doc)


class Quality(GopherQualityFilter):
    """Gopher's quality rules with the document's stop words; without a list, the rule is not applied."""

    def __init__(self, *, stop_words: dict[str, list[str]], by_language: bool) -> None:
        super().__init__(language=NEUTRAL_TOKENIZER)
        self.sets = {label: set(words) for label, words in stop_words.items()}
        self.limit = self.min_stop_words
        self.by_language = by_language

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        label = doc.metadata["language"]
        self.stop_words = self.sets.get(label, set())
        self.min_stop_words = self.limit if self.stop_words else None
        if self.by_language:
            self.language = tokenizer_key(label)
        return super().filter(doc)


class Signature(MinhashDedupSignature):
    """MinHash signatures with the tokenizer of the document's language."""

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> None:
        super().run(self._set_tokenizer(data), rank, world_size)

    def _set_tokenizer(self, data: DocumentsPipeline) -> Iterator[Document]:
        for doc in data:
            self.word_tokenizer = load_word_tokenizer(tokenizer_key(doc.metadata["language"]))
            yield doc


def id_and_reason(_: Any, doc: Document) -> dict[str, Any]:
    """What is stored of a removed document: no text, so that the writer costs almost nothing."""
    return {
        "id": doc.id,
        "language": doc.metadata.get("language"),
        "reason": doc.metadata.get("filter_reason", "near_duplicate"),
    }


def removed(folder: Path) -> JsonlWriter:
    return JsonlWriter(str(folder), compression=None, adapter=id_and_reason)


def make_executor(out: Path, *, workers: int) -> Callable[[str, list[PipelineStep], int], None]:
    """What runs a named list of steps as so many tasks, its logs below out."""

    def execute(name: str, steps: list[PipelineStep], count: int) -> None:
        LocalPipelineExecutor(
            pipeline=steps,
            tasks=count,
            workers=min(workers, count),
            start_method="fork",  # forkserver's workers would be missing from this process's accounts
            logging_dir=str(out / "logs" / name),
        ).run()

    return execute


def run(
    inputs: Path, out: Path, *, model: str, workers: int, by_language: bool, stop_words: dict[str, list[str]]
) -> None:
    """Run all stages over the files of inputs; one task per file, W worker processes, forked."""
    tasks = len(list(inputs.glob("*.jsonl")))
    identify = LanguageFilter(label_only=True)
    identify.model = LocalModel(model)
    repetition = Repetition() if by_language else GopherRepetitionFilter(language=NEUTRAL_TOKENIZER)
    quality = Quality(stop_words=stop_words, by_language=by_language)
    repetition.exclusion_writer = removed(out / "removed" / "repetition")
    quality.exclusion_writer = removed(out / "removed" / "quality")
    signature = (Signature if by_language else MinhashDedupSignature)(
        output_folder=str(out / "signatures"), config=MINHASH, language=NEUTRAL_TOKENIZER
    )
    execute = make_executor(out, workers=workers)

    reader = JsonlReader(str(inputs), compression=None)
    writer = JsonlWriter(str(out / "filtered"), compression=None)
    execute("filter", [reader, identify, repetition, quality, writer, signature], tasks)
    for rank in range(tasks):  # a task that keeps nothing writes no file, which would shift the ranks below
        (out / "filtered" / f"{rank:05d}.jsonl").touch()
    execute(
        "buckets", [MinhashDedupBuckets(str(out / "signatures"), str(out / "pairs"), config=MINHASH)], BUCKETS
    )
    execute(
        "cluster",
        [
            MinhashDedupCluster(
                str(out / "pairs"), str(out / "clusters"), config=MINHASH, save_cluster_id=True
            )
        ],
        1,
    )
    execute(
        "remove",
        [
            JsonlReader(str(out / "filtered"), compression=None),
            MinhashDedupFilter(
                str(out / "clusters"), exclusion_writer=removed(out / "removed" / "duplicates")
            ),
            JsonlWriter(str(out / "kept"), compression=None),
        ],
        tasks,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Run datatrove over plain JSON-lines files.")
    parser.add_argument("inputs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", required=True, help="path of lid.176.ftz")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--mode", choices=("one", "by-language"), default="one")
    parser.add_argument("--stop-words", type=Path, help="JSON: label of lid.176 → list of words")
    arguments = parser.parse_args()
    stop_words = json.loads(arguments.stop_words.read_text()) if arguments.stop_words else {}
    run(
        arguments.inputs,
        arguments.out,
        model=arguments.model,
        workers=arguments.workers,
        by_language=arguments.mode == "by-language",
        stop_words=stop_words,
    )
    facts = {name: version(name) for name in ("datatrove", "spacy", "numpy", "xxhash")}
    (arguments.out / "versions.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
