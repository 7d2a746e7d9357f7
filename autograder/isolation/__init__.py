"""The wall: student processes, the wire to them, and what each may use. Knows nothing of assignments and grades."""
