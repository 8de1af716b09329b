"""Threshold units, and the perceptron learning rule.

A threshold logic unit fires or does not: its derivative is 0 wherever it exists, so it learns by a
rule of its own and not by gradients.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import heaviside, sign

from ..arrays import as_array

__all__ = ["Perceptron", "PerceptronRun"]


@dataclass(frozen=True)
class PerceptronRun:
    """What a training of a `Perceptron` did; printed, it says how it ended.

    Attributes
    ----------
    converged : bool
        Whether an epoch passed without an error.
    separable : bool or None
        True if it converged; False if it came back to weights that it had before, from which it
        would go round for ever; None if it ran out of epochs, which proves nothing.
    errors : list of int
        The errors made in each epoch.
    weights : list of ndarray
        The weights after each change, the bias in the last row: the line as it moved.
    message : str
        How it ended, in a sentence.
    """

    converged: bool
    separable: bool | None
    message: str
    errors: list[int] = field(repr=False)
    weights: list[np.ndarray] = field(repr=False)

    def __str__(self) -> str:
        return self.message


class Perceptron:
    """A layer of threshold units, φ(XW + b).

    Parameters
    ----------
    weights : array_like
        W, of shape (inputs, outputs); of shape (inputs,) for one unit.
    bias : array_like, optional
        b, one number a unit; 0 if not given.
    activation : {"heaviside", "sign"}, optional
        φ: 1 or 0, or one of 1, 0, −1.
    at_zero : float, optional
        heaviside(0): 0 asks for w · x + b > 0, and 1 for ≥ 0.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or the activation is another.

    Examples
    --------
    The lecture's AND fires where w · x + b > 0, strictly:

    >>> inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> Perceptron([1, 1], -1)(inputs)
    array([0., 0., 0., 1.])

    Learned, from zero weights:

    >>> unit = Perceptron([0, 0])
    >>> unit
    Perceptron([0.0, 0.0], 0.0)
    >>> print(unit.fit(inputs, [0, 0, 0, 1]))
    converged in epoch 6: no error
    >>> print(unit.fit(inputs, [0, 1, 1, 0]))
    not separable: epoch 9 began with the weights of epoch 8, so it would go round for ever
    """

    def __init__(
        self, weights: Any, bias: Any = 0.0, *, activation: str = "heaviside", at_zero: float = 0.0,
    ) -> None:  # fmt: skip
        if activation not in ("heaviside", "sign"):
            raise ValueError(f'the activation is "heaviside" or "sign", got {activation!r}')
        self.activation = activation
        self.at_zero = at_zero
        weights = _finite("weights", weights)
        self.single = weights.ndim == 1
        self.weights = weights.reshape(len(weights), -1)
        outputs = self.weights.shape[1]
        numbers = _finite("bias", bias)
        try:
            self.bias = np.broadcast_to(numbers, (outputs,)).copy()
        except ValueError as error:
            raise ValueError(f"{outputs} outputs, but a bias of shape {np.shape(bias)}") from error

    def __repr__(self) -> str:
        w, b = (self.weights[:, 0], self.bias[0]) if self.single else (self.weights, self.bias)
        how = "" if self.activation == "heaviside" else f", activation={self.activation!r}"
        return f"Perceptron({w.tolist()!r:.200}, {b.tolist()!r:.100}{how})"

    def __call__(self, x: Any) -> np.ndarray:
        """Compute the outputs for one example (inputs,), or for many (examples, inputs)."""
        x = _finite("inputs", x)
        if x.shape[-1:] != self.weights.shape[:1]:
            raise ValueError(f"{len(self.weights)} inputs wanted, got an array of shape {x.shape}")
        y = self._fire(x @ self.weights + self.bias)
        return y[..., 0] if self.single else y

    def _fire(self, z: np.ndarray) -> np.ndarray:
        return sign(z) if self.activation == "sign" else heaviside(z, self.at_zero)

    def fit(
        self, x: Any, y: Any, *, learning_rate: float = 1.0, epochs: int = 1000,
        batch: bool = False,
    ) -> PerceptronRun:  # fmt: skip
        """Learn by wᵢⱼ ← wᵢⱼ + η (yⱼ − ŷⱼ) xᵢ, until an epoch passes without an error.

        Parameters
        ----------
        x : array_like
            Examples, of shape (examples, inputs).
        y : array_like
            Targets, of shape (examples, outputs), or (examples,) for one unit.
        learning_rate : float, optional
            η.
        epochs : int, optional
            After how many to give up.
        batch : bool, optional
            Whether to add up the changes of an epoch before they are made (the examples are
            otherwise taken one by one, in their order).

        Returns
        -------
        PerceptronRun
            Whether it converged, and if not, whether that is proof.

        Raises
        ------
        ValueError
            If shapes do not fit, a number is not finite, or a target is no output of φ.
        """
        x, y = _finite("inputs", x), _finite("targets", y)
        if x.ndim != 2 or x.shape[1] != len(self.weights) or not len(x):
            raise ValueError(f"inputs of shape (examples, {len(self.weights)}), got {x.shape}")
        outputs = self.weights.shape[1]
        if y.shape not in {(len(x), outputs), (len(x),)[: 1 if self.single else 0]}:
            raise ValueError(f"targets of shape ({len(x)}, {outputs}), got {y.shape}")
        low = -1.0 if self.activation == "sign" else 0.0
        if not np.isin(y, [low, 1.0]).all():
            raise ValueError(f"targets of {self.activation} are {low:g} and 1, got {np.unique(y)}")
        if not 0 < learning_rate < np.inf:
            raise ValueError(f"the learning rate is a number above 0, got {learning_rate!r}")
        if epochs < 1:
            raise ValueError(f"epochs is a whole number from 1, got {epochs!r}")

        x1 = np.column_stack([x, np.ones(len(x))])  # the bias is the weight of an input of 1
        y = y.reshape(len(x), outputs)
        w = np.vstack([self.weights, self.bias])
        errors: list[int] = []
        lines = [w.copy()]
        seen: dict[bytes, int] = {}

        def ended(converged: bool, separable: bool | None, message: str) -> PerceptronRun:
            self.weights, self.bias = w[:-1].copy(), w[-1].copy()
            return PerceptronRun(converged, separable, message, errors, lines)

        for epoch in range(1, epochs + 1):
            before = seen.setdefault((w + 0.0).tobytes(), epoch)  # + 0.0: −0 and 0 are the same
            if before != epoch:
                return ended(
                    False, False, f"not separable: epoch {epoch} began with the weights of epoch "
                    f"{before}, so it would go round for ever")  # fmt: skip
            wrong = 0
            for rows in [slice(None)] if batch else [slice(i, i + 1) for i in range(len(x1))]:
                missed = y[rows] - self._fire(x1[rows] @ w)
                if missed.any():
                    wrong += int(missed.any(axis=1).sum())
                    with np.errstate(over="ignore", invalid="ignore"):
                        change = learning_rate * x1[rows].T @ missed
                        lost = change.any() and (w + change == w).all()
                        w = w + change
                    if not np.isfinite(w).all():
                        raise FloatingPointError(
                            f"the weights overflow in epoch {epoch}: scale the inputs, or lower "
                            "the learning rate"
                        )
                    if lost:
                        return ended(False, None, f"stopped in epoch {epoch}: a change was lost in "
                                     "rounding; scale the inputs and weights")  # fmt: skip
                    lines.append(w.copy())
            errors.append(wrong)
            if not wrong:
                return ended(True, True, f"converged in epoch {epoch}: no error")
        return ended(False, None, f"not converged in {epochs} epochs: {errors[-1]} errors in the "
                     "last; there may be no separating line, or it takes longer")  # fmt: skip


def _finite(name: str, numbers: Any) -> np.ndarray:
    array = as_array(numbers, name, float)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: every number must be finite, got {array!r:.60}")
    return array
