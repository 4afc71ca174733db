"""Options of a job that are parsed once."""

from typing import Any, TypeVar

from apache_beam.options.pipeline_options import PipelineOptions

_Options = TypeVar("_Options", bound=PipelineOptions)


class JobOptions(PipelineOptions):
    """Beam's options, each view of which is made once.

    Beam asks for a view some four hundred times while it builds the five stages, and parses the command line
    anew each time: half of what building takes. Views share their values, so one of each will do.
    """

    def view_as(self, cls: type[_Options]) -> _Options:
        """This object's view of a class of options."""
        views = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        view: _Options = views[cls]
        return view

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_views"}
