"""Nothing is pickled between steps: Beam falls back to pickling wherever it infers Any."""

from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import small_corpus
from apache_beam import coders
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.typehints import typehints

from pipeline import transforms
from pipeline.beam import graph
from pipeline.plan.make import make_plan
from pipeline.stages.decide.distributed.clustering import MAX_STEPS, ClusterTask

PICKLING = (
    coders.coders.FastPrimitivesCoder,
    coders.coders.PickleCoder,
    coders.coders.CloudpickleCoder,
    coders.coders.DillCoder,
)


class _Types(PipelineVisitor):
    """Label and element type of every PCollection."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Any]] = []

    def visit_transform(self, transform_node: AppliedPTransform) -> None:
        for tag, output in transform_node.outputs.items():
            self.found.append((f"{transform_node.full_label}[{tag}]", output.element_type))


def element_types(pipeline: beam.Pipeline) -> list[tuple[str, Any]]:
    visitor = _Types()
    pipeline.visit(visitor)
    return visitor.found


def pickled(element_type: Any) -> bool:
    """True when any part of the type has no coder of its own."""
    if element_type in (typehints.Any, Any):
        return True
    if isinstance(element_type, typehints.TupleConstraint):
        return any(pickled(part) for part in element_type.tuple_types)
    if isinstance(element_type, typehints.IterableTypeConstraint | typehints.SequenceTypeConstraint):
        return pickled(element_type.inner_type)
    return isinstance(coders.registry.get_coder(element_type), PICKLING) and element_type not in (
        int,
        str,
        bytes,
        float,
    )


def ours(label: str) -> bool:
    """Steps of this project; what Beam puts inside Reshuffle and CombineGlobally is numbers and our tasks."""
    return not any(inner in label for inner in ("Reshuffle", "Barrier/", "Impulse", "Create"))


def test_no_element_of_the_stages_is_pickled(tmp_path: Path) -> None:
    plan = make_plan(small_corpus.write_corpus(tmp_path, changes={"lines": {}}))
    pipeline = beam.Pipeline(runner="FnApiRunner")
    graph.build(pipeline, job=plan.job)
    types = element_types(pipeline)
    assert [label for label, found in types if ours(label) and pickled(found)] == []
    spread = [found for label, found in types if label.endswith("Spread/RemoveRandomKeys[None]")]
    assert [found.__name__ for found in spread] == [
        "PlannedUnit",
        "PartTask",
        "KeyRange",
        "PartTask",
        "ShardTask",
    ]


def test_no_element_of_the_distributed_steps_is_pickled(tmp_path: Path) -> None:
    plan = make_plan(small_corpus.write_corpus(tmp_path))
    pipeline = beam.Pipeline(runner="FnApiRunner")
    graph.build(pipeline, job=plan.job, stages=["decide"], distributed=True)
    types = element_types(pipeline)
    assert [label for label, found in types if ours(label) and pickled(found)] == []
    spread = [found for label, found in types if label.endswith("Spread/RemoveRandomKeys[None]")]
    assert spread == [ClusterTask] * MAX_STEPS


def test_no_element_of_the_public_transforms_is_pickled(tmp_path: Path) -> None:
    small_corpus.write_corpus(tmp_path)
    pipeline = beam.Pipeline(runner="FnApiRunner")
    documents, _ = pipeline | transforms.ReadSource(
        "small",
        type="jsonl",
        root=str(tmp_path),
        paths=["data/rows.jsonl"],
        license="CC0-1.0",
        fields={"text": "text"},
    )
    measured, _ = documents | transforms.Measure()
    measured | transforms.Deduplicate()
    assert [label for label, found in element_types(pipeline) if ours(label) and pickled(found)] == []


@pytest.mark.parametrize(
    ("element_type", "expected"),
    [
        (Any, True),
        (typehints.Tuple[int, typehints.Any], True),
        (dict, True),
        (int, False),
        (typehints.Tuple[int, str], False),
    ],
)
def test_the_check_itself(element_type: Any, expected: bool) -> None:
    assert pickled(element_type) is expected
