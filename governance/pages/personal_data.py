"""What the pages of a release say about personal data, from its manifest."""

from governance.manifest import Manifest
from governance.pages import prose
from governance.pages.markdown import code, escape, number, table
from governance.personal_data import PersonalData, sum_shares

_STATES = {"validated": "validated", "unvalidated": "unvalidated", "none": "no"}
_MEANINGS = (
    "*validated* detectors were measured there on planted values, *unvalidated* "
    "ones look there and nobody measured them, *no* means that personal data was not looked for."
)


def render_personal_data(manifest: Manifest) -> str:
    """Of the whole release: what was looked for, found, masked and withheld, the coverage, the retention."""
    block = manifest.personal_data
    if block is None or not block.looked_for:
        return "\n\n".join([_looked_for(block), *_retention(block)])
    total = sum_shares(block.shares())
    blocks = [
        _looked_for(block),
        f"Something is masked in {number(total.documents)} of {number(manifest.total.documents)} documents: "
        "a placeholder stands for each value; `redactions` counts them, `provenance/` says where they are. "
        "Numbers of signals but `text_bytes` are of the text before.",
        _counts(block),
    ]
    if total.withheld:
        listed = ", ".join(f"{code(name)} {number(rows)}" for name, rows in total.withheld.items())
        blocks.append(f"Digests that would tell masked values to whoever tries are null, in rows: {listed}.")
    if total.fields:
        listed = ", ".join(f"{code(name)} {number(rows)}" for name, rows in total.fields.items())
        blocks.append(f"Beside the texts something is masked in columns, in rows: {listed}.")
    if manifest.trial_limit is None and (files := _count_inputs(manifest)):
        blocks.append(f"For the same reason {number(files)} input files have no digest in the manifest.")
    blocks += [
        f"Looked for, by language: {_MEANINGS}",
        _matrix(block, langs=list(manifest.languages)),
        *_retention(block),
    ]
    return "\n\n".join(blocks)


def render_language_data(manifest: Manifest, lang: str) -> str:
    """Of one language: of each kind whether it is looked for, found and masked."""
    block = manifest.personal_data
    if block is None or not block.looked_for:
        return _looked_for(block)
    counts = block.sum_kinds(lang)
    rows = [
        [
            code(kind),
            _STATES[block.coverage[kind].get(lang, "none")],
            counts[kind].found if kind in counts else 0,
            counts[kind].masked if kind in counts else 0,
        ]
        for kind in block.looked_for
    ]
    documents = sum_shares(block.shares(lang)).documents
    lead = f"Something is masked in {number(documents)} documents. Looked for: {_MEANINGS}"
    return "\n\n".join([lead, table(["Kind", "Looked for", "Found", "Masked"], rows)])


def _count_inputs(manifest: Manifest) -> int:
    """Input files without a digest, which only a trial and masking leave out."""
    listed = ((uid, file) for uid, source in manifest.sources.items() for file in source.inputs)
    return len({(uid, file.uri) for uid, file in listed if file.sha256 is None})


def _looked_for(block: PersonalData | None) -> str:
    if block is None or not block.looked_for:
        return "Personal data looked for: no. Whatever stands in the texts is published as it is."
    kinds = ", ".join(code(kind) for kind in block.looked_for)
    return f"Personal data looked for: yes, {kinds}, by detectors of version {block.detectors_version}."


def _counts(block: PersonalData) -> str:
    counts = block.sum_kinds()
    rows = [
        [
            code(kind),
            code(block.placeholders[kind]),
            counts[kind].found if kind in counts else 0,
            counts[kind].masked if kind in counts else 0,
        ]
        for kind in block.looked_for
    ]
    return table(["Kind", "Placeholder", "Found in published documents", "Masked"], rows)


def _matrix(block: PersonalData, *, langs: list[str]) -> str:
    rows = [
        [
            f"{code(lang)} {prose.language_name(lang)}",
            *(_STATES[block.coverage[kind].get(lang, "none")] for kind in block.looked_for),
        ]
        for lang in langs
    ]
    return table(["Language", *(code(kind) for kind in block.looked_for)], rows)


def _retention(block: PersonalData | None) -> list[str]:
    """How long the layers, which hold unmasked text, are kept."""
    said = []
    if block is not None and block.retention_days is not None:
        said.append(f"for {number(block.retention_days)} days after the release")
    if block is not None and block.retention is not None:
        said.append(escape(block.retention))
    answer = "; ".join(said) or "how long is not said"
    return [f"The layers that the release was made from hold unmasked text. They are kept: {answer}."]
