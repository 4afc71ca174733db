"""Options whose views are made once say what Beam's own do."""

import pickle

from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions

from pipeline.beam.options import JobOptions

FLAGS = ["--direct_num_workers=2", "--runner=FnApiRunner", "--experiments=one", "--own_flag=3"]


def test_a_view_is_made_once_and_shares_its_values() -> None:
    options = JobOptions(FLAGS)
    view = options.view_as(DirectOptions)
    assert options.view_as(DirectOptions) is view
    view.direct_num_workers = 5
    assert options.get_all_options()["direct_num_workers"] == 5
    options.view_as(StandardOptions).streaming = True
    assert view.view_as(StandardOptions).streaming is True


def test_all_options_are_those_of_beam() -> None:
    options, plain = JobOptions(FLAGS), PipelineOptions(FLAGS)
    for each in (options, plain):
        each.view_as(StandardOptions).runner = "other"
    assert options.get_all_options() == plain.get_all_options()
    assert options.get_all_options(drop_default=True) == plain.get_all_options(drop_default=True)
    assert options.display_data() == plain.display_data()


def test_options_travel_without_their_views() -> None:
    options = JobOptions(FLAGS)
    options.view_as(DirectOptions).direct_num_workers = 7
    copy = pickle.loads(pickle.dumps(options))
    assert "_views" not in vars(copy)
    assert copy.view_as(DirectOptions).direct_num_workers == 7
