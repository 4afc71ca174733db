"""CITATION.cff of a release (Citation File Format 1.2.0), from what people say of it."""

from typing import Any

from governance.about import About, Author
from governance.manifest import Manifest
from governance.pages.first_lines import title
from governance.pages.hub_yaml import write_yaml

PATH = "CITATION.cff"


def render_citation(manifest: Manifest) -> str:
    """YAML; where nobody is named as author it says so in the place that the format requires."""
    about = manifest.about
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "Please cite this release as below, and its sources as LICENSES.md asks.",
        "type": "dataset",
        "title": title(manifest),
        "version": manifest.version,
        "authors": _authors(about, name=manifest.name),
        "keywords": ["multilingual", "text", "corpus"],
    }
    if manifest.released:
        fields["date-released"] = manifest.released
    if about.summary:
        fields["abstract"] = about.summary
    if about.url:
        fields["url"] = about.url
    if about.contact:
        kind = "website" if "://" in about.contact else "email"
        fields["contact"] = [{"name": f"Contact of {title(manifest)}", kind: about.contact}]
    return write_yaml(fields)


def _authors(about: About, *, name: str) -> list[dict[str, str]]:
    if not about.authors:
        return [{"name": f"Makers of {name}, who are not named"}]
    return [_author(author) for author in about.authors]


def _author(author: Author) -> dict[str, str]:
    """A person where family names are told apart, else an entity, which may be either; without nulls."""
    fields = {
        "family-names": author.family_names,
        "given-names": author.given_names,
        "name": author.name,
        "affiliation": author.affiliation if author.family_names else None,  # entities have none
        "orcid": author.orcid,
    }
    return {key: value for key, value in fields.items() if value}
