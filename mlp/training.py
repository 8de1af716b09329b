"""Training: gradient descent on Values."""

import math
from collections.abc import Callable, Iterator, Sequence

from autograd import Value

__all__ = ["gradient_descent"]


def gradient_descent(
    cost: Callable[[], Value],
    parameters: Sequence[Value],
    *,
    learning_rate: float | Callable[[int], float] = 0.1,
    steps: int = 100,
) -> Iterator[float]:
    """Take steps downhill: p ← p − η ∂J/∂p.

    Parameters
    ----------
    cost : callable
        Computes J, anew at every step, from the parameters and, if it likes, from a batch.
    parameters : sequence of Value
        What to change.
    learning_rate : float or callable, optional
        η, or a function that gives it for a step, counted from 0.
    steps : int, optional
        How many.

    Yields
    ------
    float
        J before each step.

    Raises
    ------
    FloatingPointError
        If J is not a finite number; the parameters are then as the last step left them.
    ValueError
        If the learning rate is not a number above 0.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(4.0)
    >>> [round(J, 3) for J in gradient_descent(lambda: x**2, [x], steps=3)]
    [16.0, 10.24, 6.554]
    >>> round(x.data, 3)
    2.048
    """
    for step in range(steps):
        eta = learning_rate(step) if callable(learning_rate) else learning_rate
        if not 0 < eta < math.inf:
            raise ValueError(f"the learning rate is a number above 0, got {eta!r}")
        J = cost()
        if not math.isfinite(J.data):
            raise FloatingPointError(
                f"the cost is {J.data} at step {step}: try a learning rate below {eta:g}, or look "
                "for the first nan with autograd.detect_anomaly()"
            )
        for p in parameters:
            p.zero_grad()
        J.backward()
        for p in parameters:
            if p.grad is not None:  # None: the cost does not depend on it
                p.data -= eta * p.grad
        yield J.data
