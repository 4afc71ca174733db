"""What the card of a release prints about duplicates."""

from governance.duplicates import Duplicates
from governance.pages.markdown import code, number, table


def render_clusters(duplicates: Duplicates) -> str:
    """Clusters by size."""
    if not duplicates.cluster_sizes:
        return "No cluster has more than one document."
    by_size = sorted(duplicates.cluster_sizes.items(), key=lambda item: int(item[0].split("-")[0]))
    return table(
        ["Documents in the cluster", "Clusters"],
        [[sizes.replace("-", "–"), clusters] for sizes, clusters in by_size],
    )


def render_overlaps(duplicates: Duplicates) -> str:
    """Duplicates by source and source of the kept twin; by language too where twins cross languages."""
    blocks = []
    for name, cell in (
        ("source", lambda overlap: (overlap.source, overlap.kept_source)),
        ("language", lambda overlap: (overlap.lang, overlap.kept_lang)),
    ):
        cells = duplicates.matrix(cell)
        crossing = any(kept not in (None, own) for own, kept in cells)
        if cells and (name == "source" or crossing):
            rows = [
                [code(own), "no document of the cluster is kept" if kept is None else code(kept), documents]
                for (own, kept), documents in cells.items()
            ]
            blocks.append(table([f"Duplicates of the {name}", "Kept twin in", "Documents"], rows))
    return "\n\n".join(blocks)


def render_similarities(duplicates: Duplicates) -> str:
    """How many near duplicates there are, and how similar to the documents that stay for them."""
    if not duplicates.near_duplicates:
        return ""
    return (
        f"Near duplicates: {number(duplicates.near_duplicates)}. Each was compared with the document that "
        f"stays for it: the similarity of their word sequences (Jaccard), estimated from signatures, is "
        f"below {duplicates.near_threshold:g} for {number(duplicates.near_below)}."
    )


def render_uncompared(duplicates: Duplicates) -> str:
    """Which components were too large to compare whole."""
    if not duplicates.uncompared:
        return ""
    rows = [
        [code(each.component_id), each.documents, each.pieces, each.pairs] for each in duplicates.uncompared
    ]
    return (
        "Not compared with each other, because so many documents share bands that one task cannot hold "
        "them:\n\n" + table(["Begins with", "Documents", "Pieces", "Pairs in different pieces"], rows)
    )
