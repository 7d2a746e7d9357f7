"""Mutants of Exercise 4 that compute what the model solutions compute: id -> why, and random arguments to try it on."""

_SHARE = "The share is of all units of all layers, in whatever order."

OPEN = {"diagnose": "Any program that names nine tenths of the hidden runs is right, whatever its rules and thresholds."}

EQUIVALENT = {
    "dropout_forward.dtype.a184c": "Ones are ones in any type.",
    "dropout_forward.boundary.7db5f": "A drawn number of 53 bits is hardly ever equal to p.",
    "EarlyStopping.order.8c030": "Each parameter is put back by itself alone.",
    "position_effect.constant.336f9": "As many rows, counted from the end, are the later half, of an odd number too.",
    "position_effect.order.058c9": "Variances do not change with the sign.",
    "position_effect.related.c61e8": "A standard deviation is above 0 where the variance is.",
    "dead_share.order.1ab4b": _SHARE,
    "dead_share.order.08634": _SHARE,
    "movement.order.93b7d": "The length of a difference does not change with its sign.",
}


def _recording(rng):
    epochs, steps = int(rng.integers(1, 8)), int(rng.integers(1, 6))
    return rng.integers(1, 4, size=epochs * steps + rng.integers(epochs)) * 0.5, epochs


def _derivatives(rng):
    return ([rng.integers(2, size=(4, rng.integers(1, 5))) * 1.0 for _ in range(rng.integers(4))],)


INPUTS = {
    "dropout_forward": lambda rng: (rng.normal(size=(3, 4)), rng.choice([0.0, 0.1, 0.5, 0.9]), rng.spawn(1)[0]),
    "position_effect": _recording,
    "dead_share": _derivatives,
    "movement": lambda rng: (rng.normal(size=(3, 2)), rng.normal(size=(3, 2))),
}
