"""How many documents with their words in another order a limit on perplexity removes; no other signal does.

    python benchmarks/shuffled_words.py LINES.parquet DOCS.jsonl.zst --lang sw --leave-out SOURCE

Trains SentencePiece (2,000 pieces) and a trigram model on the lines of other sources (`text`, `lang`,
`source`), sets the limit at the perplexity that 5 % of the clean documents that may set limits exceed, and
counts on those held out. Needs the extra `perplexity`.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sentencepiece

from benchmarks.dirt import MAX_CHARS, MIN_CHARS, shuffle_words
from benchmarks.signals import read_documents
from filters.calibration import MAX_REFERENCE_SHARE, is_held_out
from filters.hashes.exact import exact_hashes
from filters.signals import perplexity
from filters.signals.perplexity import normalise

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
import arpa  # the trainer of the tests

PIECES = 2000
MAX_LINES = 20_000


def train(lines: list[str], *, lang: str, folder: Path) -> None:
    """`<lang>.sp.model` and `<lang>.arpa.bin` in a folder."""
    sentences = [sentence for line in lines for sentence in normalise(line)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(folder / f"{lang}.sp"),
        vocab_size=PIECES,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{lang}.sp.model"))
    arpa.write(
        arpa.train([pieces.encode(line, out_type=str) for line in sentences]), folder / f"{lang}.arpa.bin"
    )


def measure(texts: list[str], *, lang: str, folder: Path) -> np.ndarray:
    """Perplexity of n texts."""
    options = perplexity.Options(models=str(folder), languages=(lang,))
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    found = perplexity.measure(batch, langs=pa.array([lang] * len(texts)), options=options)
    return np.asarray(found["perplexity"].to_numpy(zero_copy_only=False), np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=Path)
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--lang", action="append", required=True)
    parser.add_argument("--leave-out", action="append", default=[])
    arguments = parser.parse_args()
    table = pq.read_table(arguments.lines)
    documents = read_documents(arguments.documents)
    print("| language | lines | documents | limit | clean removed, held out | shuffled removed, held out |")
    print("|---|---:|---:|---:|---:|---:|")
    for lang in arguments.lang:
        chosen = table.filter(
            pc.and_(
                pc.equal(table["lang"].cast(pa.string()), lang),
                pc.invert(
                    pc.is_in(table["source"].cast(pa.string()), value_set=pa.array(arguments.leave_out))
                ),
            )
        )
        lines = chosen["text"].to_pylist()
        lines = lines[:: -(-len(lines) // MAX_LINES)]
        texts = documents["text"].filter(pc.equal(documents["lang"], lang)).to_pylist()
        texts = [text[:MAX_CHARS] for text in texts if len(text) >= MIN_CHARS]
        shuffled = [shuffle_words(text, random.Random(f"{lang} {at}"), ()) for at, text in enumerate(texts)]
        with tempfile.TemporaryDirectory() as folder:
            train(lines, lang=lang, folder=Path(folder))
            clean = measure(texts, lang=lang, folder=Path(folder))
            dirt = measure(shuffled, lang=lang, folder=Path(folder))
        held_out = is_held_out(exact_hashes(pa.array(texts, pa.large_string())))
        limit = float(np.quantile(clean[~held_out], 1 - MAX_REFERENCE_SHARE))
        shares = [f"{np.mean(values[held_out] > limit):.0%}" for values in (clean, dirt)]
        print(f"| {lang} | {len(lines):,} | {len(texts)} | {limit:.0f} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
