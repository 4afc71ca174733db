"""The stages as plain functions of a unit, without Beam: ingest, count, measure, decide, publish."""
