"""Small models of perplexity, trained in tests: needs the extra `perplexity`."""

import json
from pathlib import Path

import arpa
import small_corpus

from filters.signals.perplexity import normalise

FRENCH = small_corpus.PARAGRAPHS["fr"]


def train_french(folder: Path) -> Path:
    """`fr.sp.model`, `fr.arpa.bin` and the latter as `model.json`, of two thirds of the French paragraphs."""
    import sentencepiece

    sentences = [line for text in FRENCH[: len(FRENCH) * 2 // 3] for line in normalise(text)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_prefix=str(folder / "fr.sp"), vocab_size=300, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "fr.sp.model"))
    model = arpa.train([pieces.encode(line, out_type=str) for line in sentences])
    arpa.write(model, folder / "fr.arpa.bin")  # KenLM tells the format by its content
    (folder / "model.json").write_text(json.dumps([[gram, value] for gram, value in model.items()]))
    return folder
