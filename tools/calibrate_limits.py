"""Set anew the limits that remove more of clean documents than a reference may lose; check on held-out ones.

    python -m tools.clean_corpus DOCS --out FOLDER
    rhizotron ingest FOLDER/corpus.yaml; rhizotron measure FOLDER/corpus.yaml
    python -m tools.calibrate_limits FOLDER/corpus.yaml [--write]

Documents are split by a hash of their text: one half calibrates, the other is held out. A limit that removes
more than MAX_REFERENCE_SHARE of the first half becomes the strictest one of two digits that does not. Only
languages with MIN_DOCUMENTS in that half are touched. `--write` changes filters/languages/*.yaml.
"""

import argparse
from pathlib import Path

from filters import languages
from filters.calibration import dropped_share, values_of
from filters.languages.limits import MIN_DOCUMENTS, halves, loss, recalibrate
from filters.languages.patch import set_rules
from pipeline.errors import InputError
from pipeline.inspect.calibrate import read_sample
from pipeline.plan.make import make_plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    plan = make_plan(arguments.corpus)
    changes, losses = [], []
    for tag in languages.TAGS:
        try:
            first, second = halves(read_sample(plan, lang=tag, max_documents=10**9).signals)
        except InputError:
            continue
        rules = languages.load(tag).rules
        calibrated = [recalibrate(rule, first=first) for rule in rules]
        found = {rule.signal: rule for rule in calibrated if rule and first.num_rows >= MIN_DOCUMENTS}
        after = tuple(found.get(rule.signal, rule) for rule in rules)
        for rule in rules:
            new_cuts = found[rule.signal].cuts if rule.signal in found else rule.cuts
            for old, new in zip(rule.cuts, new_cuts, strict=True):
                if old.limit != new.limit:
                    of = [
                        dropped_share(values_of(half, signal=rule.signal), side=cut.side, limit=cut.limit)
                        for cut, half in ((old, first), (new, first), (new, second))
                    ]
                    shares = " | ".join(f"{share:.1%}" for share in of)
                    changes.append(f"| {tag} | `{old.reason}` | {old.limit:g} | {new.limit:g} | {shares} |")
        losses.append(
            f"| {tag} | {first.num_rows:,} | {loss(first, rules=rules):.1%} | {loss(first, rules=after):.1%} "
            f"| {second.num_rows:,} | {loss(second, rules=after):.1%} |"
        )
        if found and arguments.write:
            path = Path(languages.__file__).parent / f"{tag}.yaml"
            path.write_text(set_rules(path.read_text("utf-8"), tag=tag, rules=list(found.values())), "utf-8")
    print("| language | limit | before | after | before, removes | after, removes | after, of held-out |")
    print("|---|---|---:|---:|---:|---:|---:|")
    print("\n".join(changes))
    print("\n| language | documents | all rules before | after | held-out documents | after |")
    print("|---|---:|---:|---:|---:|---:|")
    print("\n".join(losses))


if __name__ == "__main__":
    main()
