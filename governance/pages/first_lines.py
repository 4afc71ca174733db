"""What stands first in README.md: what a release is, for whom, of when, whom to ask, how to load and cite."""

from governance.about import About
from governance.manifest import Manifest
from governance.pages.markdown import code, escape, link, number
from governance.visible import visible_line

NOBODY = "nobody is named"
PLACE = "PATH"
"""Stands for the folder of a release, or the repository that holds it."""


def render_first_lines(manifest: Manifest) -> str:
    """Ten lines, one a question."""
    about = manifest.about
    answers = {
        "What": _what(manifest),
        "For": _listed(about.uses) or "its makers do not say",
        "Not for": _listed(about.not_for) or "its makers do not say",
        "Version": f"{manifest.version}, {_date(manifest)}",
        "Made by": f"{names(about)}, with {_program(manifest)}",
        "Contact": render_address(about.contact),
        "Removal": _removal(manifest),
        "Licence": "of each document in its column `license`; [LICENSES.md](LICENSES.md) has evidence and "
        "whom to name",
        "How to load": _load(manifest),
        "How to cite": cite(manifest) + " ([CITATION.cff](CITATION.cff), and the sources)",
    }
    return "\n".join(f"- **{question}:** {answer}" for question, answer in answers.items())


def names(about: About) -> str:
    """Who made it, one line of Markdown."""
    return "; ".join(escape(author.written) for author in about.authors) or NOBODY


def year_of(manifest: Manifest) -> str | None:
    """Of its date, which nobody may have said."""
    return manifest.released[:4] if manifest.released else None


def title(manifest: Manifest) -> str:
    """As people call it, else by its name."""
    return manifest.about.title or manifest.name


def cite(manifest: Manifest) -> str:
    """Author, year, title, version and address, as far as they are said."""
    about = manifest.about
    who = names(about) if about.authors else f"\\[{NOBODY}\\]"
    where = link(about.url) if about.url else "no address is given"
    return (
        f"{who} ({year_of(manifest) or 'no year'}). *{escape(title(manifest))}*, "
        f"version {manifest.version}, {where}"
    )


def bibtex(manifest: Manifest, *, note: str | None = None) -> str:
    """The entry of a bibliography."""
    about = manifest.about
    fields = {
        "author": " and ".join(_braced(author.written) for author in about.authors),
        "title": _tex(title(manifest)),
        "year": year_of(manifest),
        "version": manifest.version,
        "url": about.url,
        "note": note,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{manifest.name},\n" + ",\n".join(lines) + "\n}"


def render_address(address: str | None) -> str:
    if address is None:
        return NOBODY
    return link(address) if "://" in address else escape(address)


def _what(manifest: Manifest) -> str:
    total, langs = manifest.total, manifest.published
    said = manifest.about.summary
    return (
        f"{escape(said) if said else 'its makers do not say.'} {number(total.documents)} documents, "
        f"{number(total.bytes)} bytes of UTF-8 text, in {len(langs)} of {len(manifest.languages)} target "
        f"languages, from {len(manifest.sources)} source{'s' * (len(manifest.sources) != 1)}."
    )


def _program(manifest: Manifest) -> str:
    return escape(f"{manifest.code.name} {manifest.code.version}")


def _listed(texts: list[str]) -> str:
    return "; ".join(escape(text) for text in texts)


def _date(manifest: Manifest) -> str:
    return f"released {manifest.released}" if manifest.released else "of no date that is given"


def _removal(manifest: Manifest) -> str:
    address = manifest.about.removals_go_to
    listed = manifest.removals.list if manifest.removals else None
    public = f"; removed so far: [{listed}]({listed})" if listed else ""
    if address is None:
        return f"{NOBODY}; the sources' own addresses stand on their cards in `cards/sources/`{public}"
    return f"write to {render_address(address)}, with `doc_id`, `url` or the words themselves{public}"


def _load(manifest: Manifest) -> str:
    langs = manifest.published
    if not langs:
        return "the release holds no documents"
    return code(f'datasets.load_dataset("{PLACE}", "{next(iter(langs))}", split="train")')


def _braced(name: str) -> str:
    """Braces keep the name of an organisation from being taken apart at its commas and `and`."""
    return _tex(name) if "," in name else f"{{{_tex(name)}}}"


def _tex(text: str) -> str:
    """One line without what TeX, or the block of code, would take for its own."""
    plain = visible_line(" ".join(text.split()))
    return "".join(f"\\{sign}" if sign in "&%$#_" else sign for sign in plain if sign not in "{}\\`~^")
