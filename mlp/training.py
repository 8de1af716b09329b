"""Training: gradient descent on Values."""

import math
from collections.abc import Callable, Iterable, Iterator

from autograd import Value

__all__ = ["gradient_descent"]


def gradient_descent(
    cost: Callable[[], Value],
    parameters: Iterable[Value],
    *,
    learning_rate: float | Callable[[int], float] = 0.1,
    steps: int = 100,
) -> Iterator[float]:
    """Take steps downhill: p ← p − η ∂J/∂p.

    A step is made when its cost is asked for: write ``for J in gradient_descent(…)``, or
    ``list(gradient_descent(…))``.

    Parameters
    ----------
    cost : callable
        Computes J, anew at every step, from the parameters and, if it likes, from a batch.
    parameters : iterable of Value
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
        If J or a derivative is not a finite number; the parameters are then as the last step
        left them.
    ValueError
        If the learning rate is not a number from 0.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(4.0)
    >>> [round(J, 3) for J in gradient_descent(lambda: x**2, [x], steps=3)]
    [16.0, 10.24, 6.554]
    >>> round(x.data, 3)
    2.048
    """
    parameters = list(parameters)
    for step in range(steps):
        eta = learning_rate(step) if callable(learning_rate) else learning_rate
        if not 0 <= eta < math.inf:
            raise ValueError(f"the learning rate is a number from 0, got {eta!r}")
        J = cost()
        if not isinstance(J, Value):
            raise TypeError(f"the cost is a Value, got {J!r:.40} ({type(J).__name__})")
        for p in parameters:
            p.zero_grad()
        J.backward()
        reached = [p for p in parameters if p.grad is not None]  # the others do not matter for J
        if not all(map(math.isfinite, [J.data, *(p.grad for p in reached)])):
            raise FloatingPointError(
                f"the cost is {J.data} at step {step}, or one of its derivatives is not finite: "
                f"try a learning rate below {eta:g}, or look where it begins with "
                "autograd.detect_anomaly()"
            )
        for p in reached:
            p.data -= eta * p.grad
        yield J.data
