"""What the manifest of a release says of its class, where each class of a corpus has a release of its own."""

from pydantic import Field

from governance.amounts import Closed


class ReleaseClass(Closed):
    """Which of a corpus's releases this is; its documents have licences and a tier of one class."""

    name: str = Field(description="as `governance.licences.release_class` says")
    corpus: str = Field(description="name of the corpus; that of the release is followed by the class")
    classes: list[str] = Field(description="every class of the corpus, this one too")
