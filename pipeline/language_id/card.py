"""The model card of a trained language model: every number from its report, every source from its recipe."""

import json
import re
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from filters.language_id.model import VENDORED, Description, read_description
from filters.language_id.recipe import BUNDLED, Recipe, load_recipe
from governance.pages.markdown import code, escape, link, number, table
from governance.pages.prose import language_name
from pipeline.errors import InputError
from pipeline.language_id.card_sections import (
    paragraph,
    render_confusions,
    render_families,
    render_others,
    render_short,
    share,
)


def read_card(report_path: str, *, recipe_path: str | None = None) -> str:
    """The card of the model whose report `<name>.json` is: its description is bundled, or stands beside it.

    Raises InputError.
    """
    path = Path(report_path)
    try:
        report = json.loads(path.read_text("utf-8"))
        recipe = load_recipe(Path(recipe_path) if recipe_path else BUNDLED)
        name = report["model"]["name"]
        description = read_description(path.with_suffix(".yaml")) if name not in VENDORED else VENDORED[name]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot make a card of {report_path}: {error}") from error
    plots = sorted(path.parent.glob(f"{path.stem}.*.svg"))
    return render_model_card(report, recipe=recipe, description=description, plots=plots)


def render_model_card(
    report: Mapping[str, Any], *, recipe: Recipe, description: Description, plots: Sequence[Path] = ()
) -> str:
    """The card of the model that `rhizotron lid train` reported on; plots stand beside it."""
    return "\n".join(
        [
            _front_matter(report, recipe=recipe, description=description),
            _summary(report, recipe=recipe),
            "## What it was trained on\n",
            _sources(report, recipe=recipe),
            _left_out(recipe),
            "## How well it names the 46\n",
            _measured(report, recipe=recipe),
            _languages(report, description=description),
            "## Short texts\n",
            render_short(report),
            "## What it takes for what\n",
            render_confusions(report),
            "## Close languages\n",
            render_families(report),
            "## Text in other languages\n",
            render_others(report),
            *([_plots(plots)] if plots else []),
            _LIMITS,
        ]
    )


def _front_matter(report: Mapping[str, Any], *, recipe: Recipe, description: Description) -> str:
    model = report["model"]
    lines = [
        "---",
        f"name: {model['name']}",
        "kind: language_identification",
        f"file: filters/models/{description.file}",
        f"bytes: {model['bytes']}",
        f"sha256: {model['sha256']}",
        f"license: {description.license}",
        f"classes: {len(report['lines']) + bool(recipe.selection.noise_lines)}",
        "trained_by: rhizotron lid train, with filters/language_id/recipe.yaml",
        f"trained_on: [{', '.join(sorted(recipe.sources))}]",
        "---",
        "",
        "<!-- Written by `rhizotron lid card` from the report of the training. -->",
        "",
    ]
    return "\n".join(lines)


def _summary(report: Mapping[str, Any], *, recipe: Recipe) -> str:
    model, settings = report["model"], recipe.fasttext
    return f"# {model['name']}\n\n" + "\n".join(
        [
            paragraph(
                f"A fastText classifier of {len(report['lines'])} languages, all 46 targets among them,",
                f"in {number(model['bytes'])} bytes: the mean of product-quantised vectors",
                f"({settings['dim']} columns) of words and {settings['minn']}- to",
                f"{settings['maxn']}-character",
                "n-grams, then a softmax; and, of the bytes, for each family of close languages a linear",
                "classifier of hashed n-grams, which shares the family's probability out among its members.",
                "It reads letters in lower case only: links, markup, digits, punctuation, symbols and",
                "vowel signs of Arabic are cut first, and each Han character is a word",
                "(`filters.language_id.segments.plain_letters`).",
            ),
            paragraph(
                "Its classes are BCP-47 tags. Akan and Twi are one class, `ak`; Chinese is one",
                "class, `zh`, and",
                "characters decide between `zh-Hans` and `zh-Hant`; `zxx` is text in no language.",
            ),
            paragraph(f"It is licensed {recipe.license}, since much of what it learnt from is share-alike."),
        ]
    )


def _sources(report: Mapping[str, Any], *, recipe: Recipe) -> str:
    rows = []
    for name, source in sorted(recipe.sources.items()):
        counts = [by_source[name] for by_source in report["lines"].values() if name in by_source]
        text = link(source.url, text=code(name))
        rows.append([text, source.license, len(counts), sum(counts), escape(source.note)])
    return table(["Source", "Licence", "Classes", "Lines", "Note"], rows) + "\n"


def _left_out(recipe: Recipe) -> str:
    left = "; ".join(f"{code(name)} ({escape(why)})" for name, why in sorted(recipe.left_out.items()))
    wrong = "; ".join(
        f"{code(label)} in {', '.join(code(source) for source in sources)}"
        for label, sources in sorted(recipe.mislabelled.items())
    )
    selection = recipe.selection
    return "\n".join(
        [
            paragraph(f"Known and not used: {left}. Mislabelled and not used: {wrong}."),
            paragraph(
                f"Of each class at most {number(selection.max_lines_per_source)} lines of a source",
                "are read and",
                f"at most {number(selection.max_lines_per_target)} in all",
                f"({number(selection.max_lines_per_other)} outside the 46 and the families of",
                "close languages); thinner classes are repeated up to",
                f"{selection.max_repeats} times. {selection.fragment_share:.0%} of the lines are cut",
                f"to a part, {selection.unmarked_share:.0%} are read without the marks of Latin letters,",
                f"{selection.phrase_share:.0%} have some words of English in them.",
                f"{number(selection.noise_lines)} made-up lines of code, markup, encoded data,",
                "tables, random",
                "letters and damaged encodings are added to the class `zxx`.",
            ),
        ]
    )


def _measured(report: Mapping[str, Any], *, recipe: Recipe) -> str:
    folds = "; ".join(" + ".join(code(source) for source in fold) for fold in recipe.folds)
    rows = []
    for title, part in (
        ("other sources, with limits", report),
        ("other sources, with limits, the 46 only", report["among_targets"]),
        ("other sources, without limits", report["without_limits"]),
        ("same sources, with limits", report["in_domain"]),
    ):
        means, outside = part["macro"]["targets"], part["false_acceptance"]
        figures = [means["precision"], means["recall"], means["f1"], outside["mean_share"]]
        rows.append([title, part["texts"], *(share(figure) for figure in figures)])
    columns = ["Lines of", "Lines", "Precision", "Recall", "F1", "Other languages taken for one of the 46"]
    explanation = paragraph(
        f"Means over the {report['macro']['targets']['languages']} classes of the 46, each language",
        "weighing the",
        "same. *Other sources*: every line is named by a model that has seen nothing of its source; held out",
        f"together were {folds}. Classes that have hardly another source keep four fifths of its",
        "lines. *Same",
        f"sources*: by a model that has not seen the line ({recipe.in_domain_share:.0%} of each source). The",
        "bundled model was trained on all of them.",
    )
    return f"{explanation}\n{table(columns, rows)}\n"


def _languages(report: Mapping[str, Any], *, description: Description) -> str:
    near = {row["lang"]: row for row in report["in_domain"]["languages"]}
    alone = {row["lang"]: row for row in report["among_targets"]["languages"]}
    rows = []
    for row in report["languages"]:
        if not row["target"]:
            continue
        lang = row["lang"]
        wrong = ", ".join(f"{code(other['lang'])} {other['share']:.1%}" for other in row["confusions"][:3])
        tag = "zh-Hans" if lang == "zh" else lang
        limit = description.min_scores.get(tag, 0.0)
        inside = near.get(lang)
        figures = [share(row["precision"]), share(row["recall"]), share(row["f1"])]
        inside_f1 = share(inside["f1"]) if inside else "–"
        figures += [share(alone[lang]["f1"]), inside_f1]
        rows.append([f"{code(lang)} {_name(lang)}", row["support"], *figures, f"{limit:.2f}", wrong])
    columns = [
        "Class",
        "Lines",
        "Precision",
        "Recall",
        "F1",
        "F1, the 46 only",
        "F1, same sources",
        "Limit",
        "Taken for",
    ]
    explanation = paragraph(
        "Lines of other sources, with limits. *Limit*: the least score with which a text that its",
        "source does not",
        "declare as the language is accepted; below it the text is `und`.",
    )
    return f"{explanation}\n{table(columns, rows)}\n"


def _plots(plots: Sequence[Path]) -> str:
    """The plots of benchmarks/language_id_peers.py, each with the description that it carries."""
    images = [f"![{_alt(path)}]({path.name})\n" for path in plots]
    note = paragraph(
        "The date, the model and the conditions stand in `benchmarks/results/`, under `language_id_peers`; a",
        "model that was trained after that date has not been measured so.",
    )
    return "\n".join(["## Beside other identifiers\n", note, *images])


def _alt(path: Path) -> str:
    match = re.search(r'<desc id="alt">(.*?)</desc>', path.read_text("utf-8"), re.S)
    if match is None:
        raise InputError(f"{path} has no description (<desc>) for those who cannot see it")
    return unescape(match.group(1)).replace("[", "(").replace("]", ")")


_LIMITS = """## Known limits

- Hard pairs are named as `docs/language_id.md` says under *Policy*; the table above shows what it costs.
- Where the only text in a language is of another kind than that of its neighbour, the kind decides too:
  Kirundi was learnt from conversation and encyclopaedic sentences, Kinyarwanda from news and health as well.
- Some classes have a few dozen lines, all of the Universal Declaration: they are there so that such text is
  not taken for something else, and are seldom recognised.
- The scores are not probabilities of being right; the limits were chosen for a precision on these sources.
- Under three letters nothing is said; single words and names are often wrong.
"""


def _name(lang: str) -> str:
    return "Chinese" if lang == "zh" else language_name(lang)
