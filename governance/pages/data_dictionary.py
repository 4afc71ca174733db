"""DATA_DICTIONARY.md: every column of a release, from the metadata of the schemas that wrote it."""

from collections.abc import Mapping

import pyarrow as pa

from governance.pages.markdown import code, escape, page, table


def render(schemas: Mapping[str, pa.Schema], *, schema_version: int) -> str:
    """One table per kind of file; raises ValueError naming columns whose field has no `meaning`."""
    silent = [
        f"{name}.{field.name}"
        for name, schema in schemas.items()
        for field in schema
        if not (field.metadata or {}).get(b"meaning", b"").strip()
    ]
    if silent:
        raise ValueError(f"columns without a meaning in their field's metadata: {', '.join(silent)}")
    blocks = ["# Data dictionary", f"Schema version {schema_version}. Types are Apache Arrow's."]
    for name, schema in schemas.items():
        rows = [
            [code(field.name), code(field.type), "yes" if field.nullable else "no", _meaning(field)]
            for field in schema
        ]
        blocks += [f"## {escape(name)}", table(["Column", "Type", "May be null", "Meaning"], rows)]
    return page(*blocks)


def _meaning(field: pa.Field) -> str:
    return escape(field.metadata[b"meaning"].decode())
