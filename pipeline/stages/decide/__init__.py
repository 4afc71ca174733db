"""decide: signals and bands → keep, or every failed rule; by two paths with one answer."""
