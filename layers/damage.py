"""Setting damaged files aside, so that the run that made them makes them again."""

from layers import storage
from layers.shards import DamagedFile
from layers.stages import LAYERS

FOLDER = "damaged"
"""Below an output: where damaged files go, with the path that they had."""


def set_aside(damage: DamagedFile) -> set[str]:
    """Move damaged files of layers out of the way, and remove the entries that vouch for them.

    Returns the names of the layers. Files lie at <output>/<layer>/<folder>/<unit>.<file>.arrow, entries
    beside them; what is an index is gathered anew.
    """
    layers = set()
    for url in damage.urls:
        folder, _, name = url.rpartition("/")
        layer_url, _, source = folder.rpartition("/")
        output, _, layer = layer_url.rpartition("/")
        storage.move(url, storage.join(output, FOLDER, layer, source, name))
        storage.remove(storage.join(folder, f"{name.split('.')[0]}.json"))
        if layer in LAYERS and LAYERS[layer].is_temporary:
            storage.remove(layer_url)
        layers.add(layer)
    return layers
