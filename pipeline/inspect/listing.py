"""What lies where something was looked for and is not, for messages."""

from layers import storage


def list_classes(place: str) -> list[str]:
    """The folders of a place that are releases of their own, one per class."""
    paths = storage.list_tree(place)
    return sorted(
        path.partition("/")[0] for path in paths if path.endswith("/manifest.json") and path.count("/") == 1
    )


def list_names(url: str, *, most: int = 8) -> str:
    """`; X has a, b, …`, of a folder or else the nearest one above it; empty for object stores."""
    if storage.is_remote(url):
        return ""
    folder = storage.local_path(url).absolute()
    while not folder.is_dir():
        folder = folder.parent
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    listed = ", ".join([*names[:most], *(["…"] if len(names) > most else [])])
    return f"; {folder} has {listed or 'nothing'}"
