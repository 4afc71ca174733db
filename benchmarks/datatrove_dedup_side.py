"""datatrove's side of the comparison of deduplication: run by the python of its own environment.

    python datatrove_dedup_side.py run INPUT_DIR OUT_DIR --workers 2 --seed 1
    python datatrove_dedup_side.py shingles TEXTS.jsonl OUT.jsonl

`run` is datatrove's own MinHash blocks over plain JSON-lines files: read and sign, buckets, cluster, remove.
`shingles` writes, of each line's `text`, the hashes of its shingles as datatrove takes them and with one
step of its normalisation left out at a time. Imports nothing of this project but the other side's settings.
"""

import argparse
import json
from importlib.metadata import version
from pathlib import Path

from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.text import TextNormConfig
from datatrove_side import (  # type: ignore[import-not-found]  # beside this file
    BUCKETS,
    MINHASH,
    NEUTRAL_TOKENIZER,
    make_executor,
)

VARIANTS = {
    "all": TextNormConfig(),
    "numbers": TextNormConfig(norm_numbers=False),
    "marks": TextNormConfig(norm_unicode_diacritics=False),
    "punctuation": TextNormConfig(remove_punctuation=False),
}
"""What datatrove does, and what it would do without one of its steps."""


def make_config(*, seed: int = 1, norm: TextNormConfig | None = None) -> MinhashConfig:
    return MinhashConfig(
        n_grams=MINHASH.n_grams,
        num_buckets=BUCKETS,
        hashes_per_bucket=MINHASH.hashes_per_bucket,
        seed=seed,
        hash_config=MINHASH.hash_config,
        norm_config=norm or TextNormConfig(),
    )


def run(inputs: Path, out: Path, *, workers: int, seed: int) -> None:
    """All stages over the files of inputs; one task per file, W worker processes, forked."""
    tasks = len(list(inputs.glob("*.jsonl")))
    config = make_config(seed=seed)
    execute = make_executor(out, workers=workers)

    def read() -> JsonlReader:
        return JsonlReader(str(inputs), compression=None)

    signatures, pairs, clusters = (str(out / name) for name in ("signatures", "pairs", "clusters"))
    sign = MinhashDedupSignature(output_folder=signatures, config=config, language=NEUTRAL_TOKENIZER)
    execute("sign", [read(), sign], tasks)
    execute("buckets", [MinhashDedupBuckets(signatures, pairs, config=config)], BUCKETS)
    execute("cluster", [MinhashDedupCluster(pairs, clusters, config=config, save_cluster_id=True)], 1)
    writer = JsonlWriter(str(out / "kept"), compression=None)
    execute("remove", [read(), MinhashDedupFilter(clusters), writer], tasks)


def write_shingles(texts: Path, out: Path) -> None:
    """One line per text: variant → sorted hashes of its distinct shingles."""
    steps = {
        name: MinhashDedupSignature(
            output_folder=str(out.parent / "unused"),
            config=make_config(norm=norm),
            language=NEUTRAL_TOKENIZER,
        )
        for name, norm in VARIANTS.items()
    }
    with texts.open(encoding="utf-8") as lines, out.open("w", encoding="utf-8") as written:
        for line in lines:
            text = json.loads(line)["text"]
            row = {
                name: sorted({int(value) for value in step.get_shingles(text).ravel()})
                for name, step in steps.items()
            }
            written.write(json.dumps(row) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="MinHash deduplication by datatrove.")
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run")
    shingles = commands.add_parser("shingles")
    for command in (runs, shingles):
        command.add_argument("inputs", type=Path)
        command.add_argument("out", type=Path)
    runs.add_argument("--workers", type=int, default=2)
    runs.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.command == "shingles":
        write_shingles(arguments.inputs, arguments.out)
        return
    run(arguments.inputs, arguments.out, workers=arguments.workers, seed=arguments.seed)
    facts = {name: version(name) for name in ("datatrove", "spacy", "numpy", "xxhash")}
    (arguments.out / "versions.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
