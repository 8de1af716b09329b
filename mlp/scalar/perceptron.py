"""Threshold units, and the perceptron learning rule.

A threshold logic unit fires or does not: its derivative is 0 wherever it exists, so it learns by a
rule of its own and not by gradients.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import heaviside, sign

from ..arrays import as_array
from ..given import number, whole
from ..lookup import respelled

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
    weights : array_like, optional
        W, of shape (inputs, outputs); of shape (inputs,) for one unit. If not given, `fit` begins
        with zeros, as many as its examples ask for.
    bias : array_like, optional
        b, one number a unit; 0 if not given.
    activation : {"heaviside", "sign"}, optional
        φ: 1 or 0, or one of 1, 0, −1.
    at_zero : float, optional
        heaviside(0): 0 asks for w · x + b > 0, and 1 for ≥ 0.

    Attributes
    ----------
    weights, bias : ndarray
        W, of shape (inputs, outputs), and b.
    coef_, intercept_, n_iter_
        As scikit-learn's has them: Wᵀ, b, and the epochs of the last `fit`.

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit, a number is not finite, or the activation is another.

    Examples
    --------
    This AND fires where w · x + b > 0, strictly:

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
        self, weights: Any = None, bias: Any = 0.0, *, activation: str = "heaviside",
        at_zero: float = 0.0,
    ) -> None:  # fmt: skip
        if not isinstance(activation, str) or activation not in ("heaviside", "sign"):
            raise ValueError('Perceptron: activation is "heaviside" or "sign", got '
                             f"{activation!r:.60}")  # fmt: skip
        self.activation = activation
        self.at_zero = number(at_zero, "Perceptron: at_zero")
        self.bias = _finite(bias, "Perceptron: bias")
        self.weights = None
        self.n_iter_ = 0
        if weights is None:
            return
        weights = _finite(weights, "Perceptron: weights")
        if not weights.ndim:
            raise TypeError("Perceptron: weights is a list with a number for each of its inputs, "
                            f"got {weights:g}: write Perceptron([0] * inputs)")  # fmt: skip
        self.single = weights.ndim == 1
        self.weights = weights.reshape(len(weights), -1)
        outputs = self.weights.shape[1]
        try:
            self.bias = np.broadcast_to(self.bias, (outputs,)).copy()
        except ValueError:
            raise ValueError(f"Perceptron: {outputs} outputs, but a bias of shape "
                             f"{self.bias.shape}") from None  # fmt: skip

    @property
    def coef_(self) -> np.ndarray:
        """Wᵀ, of shape (outputs, inputs), as scikit-learn has it."""
        return self._weights().T

    @property
    def intercept_(self) -> np.ndarray:
        """The bias of each output."""
        self._weights()
        return self.bias

    def _weights(self) -> np.ndarray:
        if self.weights is None:
            raise AttributeError("this Perceptron has no weights yet: give them, or call fit")
        return self.weights

    def __repr__(self) -> str:
        if self.weights is None:
            return "Perceptron()"
        w, b = (self.weights[:, 0], self.bias[0]) if self.single else (self.weights, self.bias)
        how = "" if self.activation == "heaviside" else f", activation={self.activation!r}"
        return f"Perceptron({w.tolist()!r:.200}, {b.tolist()!r:.100}{how})"

    def __call__(self, x: Any) -> np.ndarray:
        """Compute the outputs for one example (inputs,), or for many (examples, inputs)."""
        x, weights = _finite(x, "Perceptron: x"), self._weights()
        if x.shape[-1:] != weights.shape[:1]:
            raise ValueError(f"Perceptron: {len(weights)} inputs wanted, got x of shape {x.shape}")
        y = self._fire(x @ weights + self.bias)
        return y[..., 0] if self.single else y

    predict = __call__

    def score(self, x: Any, y: Any) -> float:
        """Give the share of the examples for which every output is right."""
        right = self(x) == _finite(y, "score: y")
        return float(np.mean(right if self.single else right.all(axis=-1)))

    def _fire(self, z: np.ndarray) -> np.ndarray:
        return sign(z) if self.activation == "sign" else heaviside(z, self.at_zero)

    @respelled(lr="learning_rate", eta0="learning_rate", max_iter="epochs")
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
        x, y = _finite(x, "fit: x"), _finite(y, "fit: y")
        learning_rate = number(learning_rate, "fit: learning_rate", "above 0")
        epochs = whole(epochs, "fit: epochs")
        if self.weights is None and x.ndim == 2 and y.ndim in (1, 2):
            begun = Perceptron(np.zeros((x.shape[1], *y.shape[1:])), self.bias,
                               activation=self.activation, at_zero=self.at_zero)  # fmt: skip
            run = begun.fit(x, y, learning_rate=learning_rate, epochs=epochs, batch=batch)
            vars(self).update(vars(begun))
            return run
        inputs = "inputs" if self.weights is None else len(self.weights)
        if x.ndim != 2 or inputs not in ("inputs", x.shape[1]) or not len(x):
            raise ValueError(f"fit: x has the shape (examples, {inputs}), got {x.shape}")
        if self.weights is None:
            raise ValueError(f"fit: y has the shape ({len(x)},) or ({len(x)}, outputs), got "
                             f"{y.shape}")  # fmt: skip
        outputs = self.weights.shape[1]
        if y.shape not in {(len(x), outputs), (len(x),)[: 1 if self.single else 0]}:
            raise ValueError(f"fit: y: targets of shape ({len(x)}, {outputs}), got {y.shape}")
        low = -1.0 if self.activation == "sign" else 0.0
        if not np.isin(y, [low, 1.0]).all():
            raise ValueError(f"fit: y: targets of {self.activation} are {low:g} and 1, got "
                             f"{np.unique(y)}")  # fmt: skip

        x1 = np.column_stack([x, np.ones(len(x))])  # the bias is the weight of an input of 1
        y = y.reshape(len(x), outputs)
        w = np.vstack([self.weights, self.bias])
        errors: list[int] = []
        lines = [w.copy()]
        seen: dict[bytes, int] = {}

        def ended(converged: bool, separable: bool | None, message: str) -> PerceptronRun:
            self.weights, self.bias = w[:-1].copy(), w[-1].copy()
            self.n_iter_ = len(errors)
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


def _finite(numbers: Any, name: str) -> np.ndarray:
    array = as_array(numbers, name, float)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: every number must be finite, got {array!r:.60}")
    return array
