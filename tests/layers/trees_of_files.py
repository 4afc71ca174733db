"""Trees of small text files below a path or URL."""

from layers import storage


def tree(url: str) -> dict[str, bytes]:
    """Path → content of every file."""
    return {path: storage.read_bytes(storage.join(url, path)) for path in storage.list_tree(url)}


def write(url: str, **files: str) -> None:
    """Name → text of files in `folder`."""
    for name, text in files.items():
        storage.write_bytes(storage.join(url, "folder", name), text.encode())
