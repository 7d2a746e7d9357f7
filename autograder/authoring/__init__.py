"""From source to release: what students get is made here, and checked before it is released."""
