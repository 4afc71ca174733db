"""croissant.json of a release: its files and columns for machines (Croissant 1.1, RAI 1.0, PROV).

mlcroissant lets much pass that the specification asks for, so `find_problems` does it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa

from governance.attribution import PATH as ATTRIBUTION
from governance.cards import SourceCard
from governance.domains import PATH as TOP_DOMAINS
from governance.manifest import Manifest, Output
from governance.pages.croissant_rai import describe_origins, describe_use
from governance.pages.first_lines import bibtex, title

PATH = "croissant.json"
CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
LEFT_TO_PEOPLE = ("$.url:", "$.creator:", "$.datePublished:")
"""Problems that only `publish.about` and `released` of the corpus file can solve; the others are faults."""

_TERMS = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract", "field"),
    *("fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
    *("key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace"),
    *("samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}
_FORMATS = {
    "arrow": "application/vnd.apache.arrow.file",
    "parquet": "application/x-parquet",
    "tsv": "text/tab-separated-values",
    "csv": "text/csv",
    "json": "application/json",
    "md": "text/markdown",
}
_KINDS = {
    "data": ("data/*/*/*", "Documents: text, rights, language and key."),
    "signals": ("signals/*/*/*", "What was measured of each document, in the order of data."),
    "provenance": ("provenance/*/*/*", "Where each document is from, in the order of data."),
    "ledger": ("ledger/*", "Records that are not in the release, each with its reason."),
    "ledger/signals": ("ledger/signals/*", "What was measured of documents that were dropped."),
    "ledger/lines": ("ledger/lines/*", "Repeated lines that were cut from documents."),
    "twins": ("twins/*", "What went as a duplicate of each document that stays."),
}
"""Kind of files with columns → pattern of their paths without the ending, and what they hold."""


def render_croissant(
    manifest: Manifest, cards: Mapping[str, SourceCard], *, schemas: Mapping[str, pa.Schema]
) -> str:
    """JSON-LD of the files that the manifest lists so far; schemas by kind of file.

    Raises ValueError where find_problems finds any that is not left to people.
    """
    document = make_croissant(manifest, cards, schemas=schemas)
    faults = [each for each in find_problems(document) if not each.startswith(LEFT_TO_PEOPLE)]
    if faults:
        raise ValueError(f"{PATH} is not valid: " + "; ".join(faults))
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def make_croissant(
    manifest: Manifest, cards: Mapping[str, SourceCard], *, schemas: Mapping[str, pa.Schema]
) -> dict[str, Any]:
    """The document as a mapping."""
    about = manifest.about
    sets = {kind: files for kind in schemas if (files := _files_of(kind, manifest))}
    said = {
        "url": about.url,
        "creator": [
            {
                "@type": "Person" if author.family_names else "Organization",
                "name": author.written,
                **({"sameAs": author.orcid} if author.orcid else {}),
            }
            for author in about.authors
        ],
        "datePublished": manifest.released,
    }
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": manifest.name,
        "alternateName": title(manifest),
        "description": _description(manifest),
        "conformsTo": list(CONFORMS_TO),
        **{name: value for name, value in said.items() if value},
        "version": manifest.version,
        "citeAs": bibtex(manifest),
        "license": [_license(expression) for expression in manifest.licenses] or ["NONE"],
        "inLanguage": sorted(manifest.published),
        "keywords": ["multilingual", "text", "corpus"],
        "isLiveDataset": False,
        **describe_use(manifest, cards),
        **describe_origins(manifest, cards),
        "distribution": [
            *(_file_set(kind, manifest=manifest) for kind in sets),
            *(_file_object(output) for output in manifest.outputs if _is_data(output)),
        ],
        "recordSet": [_record_set(kind, schema=schemas[kind]) for kind in sets],
    }


def find_problems(document: Mapping[str, Any]) -> list[str]:
    """What the specification asks for and this has not, a line each, with the path of its place."""
    return [*_check_dataset(document), *_check_files(document), *_check_records(document)]


def _check_dataset(document: Mapping[str, Any]) -> Iterator[str]:
    for name in ("name", "description", "url", "creator", "license", "datePublished", "version"):
        if not document.get(name):
            yield f"$.{name}: required"
    if document.get("@type") != "sc:Dataset":
        yield f"$.@type: {document.get('@type')!r} is not sc:Dataset"
    missing = [name for name in CONFORMS_TO if name not in document.get("conformsTo", ())]
    if missing:
        yield f"$.conformsTo: lacks {', '.join(missing)}"
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(document.get("version", "0.0.0"))):
        yield f"$.version: {document['version']!r} is not x.y.z"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(document.get("datePublished", "2000-01-01"))):
        yield f"$.datePublished: {document['datePublished']!r} is not YYYY-MM-DD"
    if not re.match(r"https?://", str(document.get("url", "https://"))):
        yield f"$.url: {document['url']!r} is no web address"
    for index, creator in enumerate(document.get("creator", ())):
        if not isinstance(creator, Mapping) or not creator.get("name"):
            yield f"$.creator[{index}].name: required"
    for index, origin in enumerate(document.get("prov:wasDerivedFrom", ())):
        for name in ("@id", "name", "license"):
            if not origin.get(name):
                yield f"$.prov:wasDerivedFrom[{index}].{name}: required"


def _check_files(document: Mapping[str, Any]) -> Iterator[str]:
    files = document.get("distribution", [])
    ids = [each.get("@id") for each in files]
    for each in sorted({str(each) for each in ids if ids.count(each) > 1}):
        yield f"$.distribution: {each} more than once"
    paths = [each.get("contentUrl", "") for each in files if each.get("@type") == "cr:FileObject"]
    for index, each in enumerate(files):
        place = f"$.distribution[{index}]"
        is_set = each.get("@type") == "cr:FileSet"
        needed = ("includes", "description") if is_set else ("contentUrl", "contentSize", "sha256")
        for name in ("@id", "name", "encodingFormat", *needed):
            if not each.get(name):
                yield f"{place}.{name}: required"
        if is_set and not any(fnmatchcase(path, str(each.get("includes"))) for path in paths):
            yield f"{place}.includes: {each.get('includes')!r} is the path of no file here"
        if not is_set and not re.fullmatch(r"[0-9a-f]{64}", str(each.get("sha256", "0" * 64))):
            yield f"{place}.sha256: {each['sha256']!r} is no SHA-256"


def _check_records(document: Mapping[str, Any]) -> Iterator[str]:
    sets = {each.get("@id") for each in document.get("distribution", ()) if each.get("@type") == "cr:FileSet"}
    for index, records in enumerate(document.get("recordSet", ())):
        place = f"$.recordSet[{index}]"
        for name in ("@id", "name", "description", "field"):
            if not records.get(name):
                yield f"{place}.{name}: required"
        for row, field in enumerate(records.get("field", ())):
            for name in ("@id", "name", "description", "dataType", "source"):
                if not field.get(name) and not (name == "dataType" and field.get("subField")):
                    yield f"{place}.field[{row}].{name}: required"
            source = field.get("source", {}).get("fileSet", {}).get("@id")
            if source not in sets:
                yield f"{place}.field[{row}].source: {source!r} is no FileSet here"


def _description(manifest: Manifest) -> str:
    total = manifest.total
    return (
        f"{manifest.about.summary or 'Its makers do not say what it is.'} {total.documents:,} documents, "
        f"{total.bytes:,} bytes of UTF-8 text, in {len(manifest.published)} languages, from "
        f"{len(manifest.sources)} sources."
    )


def _license(expression: str) -> str:
    """The page of SPDX of a single licence that it lists; an expression, NONE or NOASSERTION as it is."""
    single = re.fullmatch(r"[A-Za-z0-9.-]+", expression) and not expression.startswith(("NO", "LicenseRef"))
    return f"https://spdx.org/licenses/{expression}.html" if single else expression


def _files_of(kind: str, manifest: Manifest) -> list[Output]:
    depth = _KINDS[kind][0].count("/")
    pattern = _pattern(kind, manifest=manifest)
    return [
        each for each in manifest.outputs if each.path.count("/") == depth and fnmatchcase(each.path, pattern)
    ]


def _pattern(kind: str, *, manifest: Manifest) -> str:
    return f"{_KINDS[kind][0]}.{manifest.table_format}"


def _is_data(output: Output) -> bool:
    """Files with rows; the pages are made from the manifest, as this one is, which lists them."""
    return output.rows is not None or output.path in (ATTRIBUTION, TOP_DOMAINS)


def _file_set(kind: str, *, manifest: Manifest) -> dict[str, Any]:
    inner = [other for other in _KINDS if other.startswith(f"{kind}/")]
    return {
        "@type": "cr:FileSet",
        "@id": kind,
        "name": kind,
        "description": _KINDS[kind][1],
        "encodingFormat": _FORMATS[manifest.table_format],
        "includes": _pattern(kind, manifest=manifest),
        **({"excludes": [_pattern(other, manifest=manifest) for other in inner]} if inner else {}),
    }


def _file_object(output: Output) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": output.path,
        "name": output.path,
        "contentUrl": output.path,
        "contentSize": f"{output.bytes} B",
        "encodingFormat": _FORMATS.get(output.path.rpartition(".")[2], "application/octet-stream"),
        "sha256": output.sha256,
    }


def _record_set(kind: str, *, schema: pa.Schema) -> dict[str, Any]:
    has_key = kind == "data" and "doc_id" in schema.names
    return {
        "@type": "cr:RecordSet",
        "@id": f"{kind}-records",
        "name": f"{kind}-records",
        "description": _KINDS[kind][1],
        **({"key": {"@id": f"{kind}-records/doc_id"}} if has_key else {}),
        "field": [_field(field, kind=kind) for field in schema],
    }


def _field(field: pa.Field, *, kind: str) -> dict[str, Any]:
    meaning = (field.metadata or {}).get(b"meaning", b"").decode()
    return {
        "@type": "cr:Field",
        "@id": f"{kind}-records/{field.name}",
        "name": field.name,
        "description": meaning or f"Column {field.name}.",
        **_data_type(field.type),
        "source": {"fileSet": {"@id": kind}, "extract": {"column": field.name}},
    }


def _data_type(dtype: pa.DataType) -> dict[str, Any]:
    """dataType of a column, or of the items of its lists; structs are text, described in words."""
    if pa.types.is_list(dtype) or pa.types.is_large_list(dtype):
        return {**_data_type(dtype.value_type), "isArray": True, "arrayShape": "-1"}
    if pa.types.is_integer(dtype):
        return {"dataType": "sc:Integer"}
    if pa.types.is_floating(dtype):
        return {"dataType": "sc:Float"}
    return {"dataType": "sc:Boolean" if pa.types.is_boolean(dtype) else "sc:Text"}
