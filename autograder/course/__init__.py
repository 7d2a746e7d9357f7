"""A course on disk: its class, its gradebook, and what people read of it."""
