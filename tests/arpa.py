"""A small ARPA model, trained and scored by the book: absolute discounting with back-off."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

DISCOUNT = 0.5
ORDER = 3

Gram = tuple[str, ...]
Model = dict[Gram, tuple[float, float]]
"""n-gram → log10 probability, log10 back-off weight."""


def train(sentences: Sequence[Sequence[str]]) -> Model:
    """Sentences of pieces → a trigram model whose probabilities sum to one for each context."""
    counts: Counter[Gram] = Counter()
    for pieces in sentences:
        padded = ("<s>", *pieces, "</s>")
        for n in range(1, ORDER + 1):
            counts.update(padded[at : at + n] for at in range(len(padded) - n + 1))
    words = sorted({gram[0] for gram in counts if len(gram) == 1} - {"<s>"})
    total = sum(counts[word,] for word in words)
    unseen = DISCOUNT * len(words) / total
    model: Model = {("<unk>",): (math.log10(unseen), 0.0), ("<s>",): (-99.0, 0.0)}
    for word in words:
        model[word,] = (math.log10((counts[word,] - DISCOUNT) / total), 0.0)
    for n in range(2, ORDER + 1):
        followed: dict[Gram, list[Gram]] = {}
        for gram in counts:
            if len(gram) == n:
                followed.setdefault(gram[:-1], []).append(gram)
        for context, grams in sorted(followed.items()):
            times = sum(counts[gram] for gram in grams)
            mass = DISCOUNT * len(grams) / times
            lower = sum(10 ** probability(model, gram[1:]) for gram in grams)
            for gram in grams:
                model[gram] = (math.log10((counts[gram] - DISCOUNT) / times), 0.0)
            model[context] = (model[context][0], math.log10(mass / (1 - lower)))
    return model


def probability(model: Model, gram: Gram) -> float:
    """log10 of the probability of the last piece after the others."""
    if gram in model:
        return model[gram][0]
    if len(gram) == 1:
        return model["<unk>",][0]
    return model.get(gram[:-1], (0.0, 0.0))[1] + probability(model, gram[1:])


def score(model: Model, pieces: Sequence[str]) -> float:
    """log10 of the probability of a sentence, its end included."""
    in_vocabulary = [piece if (piece,) in model else "<unk>" for piece in pieces]
    padded = ("<s>", *in_vocabulary, "</s>")
    return sum(probability(model, padded[max(0, at - ORDER + 1) : at + 1]) for at in range(1, len(padded)))


def write(model: Model, path: Path) -> None:
    """The model in ARPA's format."""
    lines = ["\\data\\"]
    grams = [[gram for gram in sorted(model) if len(gram) == n] for n in range(1, ORDER + 1)]
    lines += [f"ngram {n}={len(some)}" for n, some in enumerate(grams, start=1)]
    for n, some in enumerate(grams, start=1):
        lines += ["", f"\\{n}-grams:"]
        for gram in some:
            value, backoff = model[gram]
            lines.append(f"{value:.7f}\t{' '.join(gram)}" + (f"\t{backoff:.7f}" if n < ORDER else ""))
    path.write_text("\n".join([*lines, "", "\\end\\", ""]), "utf-8")
