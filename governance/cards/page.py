"""docs/reference/cards.md: the fields of a source card, from the models that check them."""

from collections.abc import Iterator

from pydantic import BaseModel

from governance.cards.model import BLOCKS, GATING_BLOCKS, CardFields
from governance.cards.write import describe_field, model_in

_HEAD = """# Fields of a source card

This page is generated from the models that check cards. [../how-to/cards.md](../how-to/cards.md) says how to
write one, [TEMPLATE.md](../../data_cards/TEMPLATE.md) is a whole one, and
[card.schema.json](../../data_cards/card.schema.json) is the same as JSON Schema. A field that is not required
may be absent; every other question is answered, if only by `unknown`.

| field | required | answers and meaning | review |
|---|---|---|---|
"""


def render() -> str:
    """The page as Markdown."""
    block_of = {name: block for block, names in BLOCKS.items() for name in names}
    rows = []
    for path, required, said in _fields(CardFields):
        block = block_of.get(path.split(".")[0].removesuffix("[]"), "")
        rows.append(f"| `{path}` | {'yes' if required else ''} | {said.replace('|', '/')} | {block} |\n")
    gates = ", ".join(f"`{block}`" for block in GATING_BLOCKS)
    tail = f"\nA source is published when somebody reviewed {gates}, and no obstacle stands on its card.\n"
    return "".join([_HEAD, *rows, tail])


def _fields(model: type[BaseModel], *, path: str = "") -> Iterator[tuple[str, bool, str]]:
    for name, field in model.model_fields.items():
        inner = model_in(field.annotation)
        is_list = inner is not None and str(field.annotation).startswith(("list", "typing.Annotated[list"))
        own = f"{path}{name}{'[]' if is_list else ''}"
        yield own, field.is_required(), describe_field(field) if inner is None else field.description or ""
        if inner is not None and name != "review":
            yield from _fields(inner, path=f"{own}.")
