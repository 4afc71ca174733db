"""The stages on Beam: coders, graph, runners, workers. Beam is imported here and in transforms."""
