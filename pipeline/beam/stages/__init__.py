"""The steps of each stage: `add` puts them into a pipeline, `check` those that also guard a later start."""
