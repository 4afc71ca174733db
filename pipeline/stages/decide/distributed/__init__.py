"""The distributed path of decide: steps of tasks over partitions, each a resumable layer."""
