"""Estimators as scikit-learn has them: what is behind `MLPClassifier` is a `Sequential`.

Parameters, attributes and behaviour are those of ``sklearn.neural_network``; from one random state
come the same initial weights and the same order of examples. Beside these there are dropout, an
activation for each layer, class weights and every optimizer of this package.
"""

import math
import warnings
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import scipy.optimize
from scipy.sparse import issparse
from scipy.special import xlogy
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_random_state, shuffle
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from autograd import exp, no_grad, sigmoid, softmax, softmax_cross_entropy

from .activations import linear
from .data import minibatches
from .keras_optimizers import KerasAdam
from .layers import Dense, Dropout
from .lookup import lookup
from .loss_functions import sigmoid_cross_entropy
from .optimizers import OPTIMIZERS, SGD, Optimizer
from .parameters import FlatParameters
from .sequential import Sequential

__all__ = ["MLPClassifier", "MLPRegressor"]

_NAMES = {"identity": "linear", "logistic": "sigmoid"}  # as scikit-learn says: as everyone does
_RATES = ("constant", "invscaling", "adaptive")


class _MLP(BaseEstimator):
    """What both estimators do: the parameters are looked at in `fit`, as scikit-learn wants it."""

    loss = "log_loss"
    class_weight: Any = None

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weights, a matrix (fan_in, fan_out) for each layer."""
        return [layer.W.data for layer in self._dense()]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases, a vector for each layer."""
        return [layer.b.data for layer in self._dense()]

    def _dense(self) -> list[Dense]:
        if "network_" not in vars(self):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return [layer for layer in self.network_.layers if isinstance(layer, Dense)]

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (n_samples, n_features)
            The examples.
        y : array_like, shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array_like, shape (n_samples,), optional
            How much each example counts.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight)

    def _fit(self, X: Any, y: Any, weights: Any, incremental: bool = False) -> Self:
        self._check_parameters()
        first = "network_" not in vars(self) or not (self.warm_start or incremental)
        X, y, T = self._targets(X, y, incremental, first)
        if weights is not None:
            weights = check_sample_weight(weights, X)
        if self.class_weight is not None:
            balance = compute_sample_weight(self.class_weight, y)
            weights = balance if weights is None else weights * balance
        self._random_state = check_random_state(self.random_state)
        if first:
            self._initialize(X, T)
        elif len(T.T) != self.n_outputs_:
            raise ValueError(f"warm_start: {self.n_outputs_} outputs before, now {len(T.T)}")
        if T.dtype == bool and self.out_activation_ == "softmax":
            T = T.argmax(axis=1)
        elif T.dtype == bool:
            T = T.astype(X.dtype)
        if weights is not None:
            weights = weights.astype(X.dtype, copy=False)
        if self.solver == "lbfgs":
            self._fit_lbfgs(X, T, weights)
        else:
            self._fit_stochastic(X, y, T, weights, incremental)
        if not all(np.isfinite(w).all() for w in (*self.coefs_, *self.intercepts_)):
            raise ValueError("Solver produced non-finite parameter weights. The input data may "
                             "contain large values and need to be preprocessed.")  # fmt: skip
        return self

    def _initialize(self, X: Any, T: np.ndarray) -> None:
        """Build the network; draw weights and biases in ±√(6 / (fan_in + fan_out)), in order."""
        sizes = self._hidden()
        activations = self._for_each(self.activation, "activation", sizes)
        rates = self._for_each(self.dropout, "dropout", sizes)
        layers: list[Any] = []
        for size, phi, rate in zip(sizes, activations, rates, strict=True):
            layers += [Dense(int(size), _NAMES.get(phi, phi)), *([Dropout(rate)] if rate else [])]
        self.n_iter_ = self.t_ = 0
        self.n_outputs_ = len(T.T)
        self.n_layers_ = len(sizes) + 2
        output = {"softmax": softmax, "logistic": sigmoid, "exp": exp, "identity": linear}
        self.out_activation_ = self._output()
        layers.append(Dense(self.n_outputs_, output[self.out_activation_]))
        self.network_ = Sequential(layers, dtype=X.dtype).build(X.shape[1])
        for layer, phi in zip(self._dense(), [*activations, self.activation], strict=True):
            limit = math.sqrt((2 if phi == "logistic" else 6) / sum(layer.W.shape))
            for parameter in (layer.W, layer.b):
                drawn = self._random_state.uniform(-limit, limit, parameter.shape)
                parameter.data = drawn.astype(X.dtype)
        if any(rates):
            self.network_.rng = np.random.default_rng(self._random_state.randint(2**31))
            for layer in self.network_.layers:
                layer.rng = self.network_.rng
        self._flat = FlatParameters(self.network_.parameters())
        if self.solver != "lbfgs":
            self._optimizer = self._make_optimizer()
            self.loss_curve_: list[float] = []
            self._stalled = 0
            self.best_loss_ = None if self.early_stopping else math.inf
            self.validation_scores_: list[float] | None = [] if self.early_stopping else None
            self.best_validation_score_ = -math.inf if self.early_stopping else None

    def _make_optimizer(self) -> Optimizer:
        eta = self.learning_rate_init
        if self.solver == "adam":
            return KerasAdam(self._flat, eta, beta1=self.beta_1, beta2=self.beta_2,
                             eps=self.epsilon)  # fmt: skip
        if self.solver == "sgd":
            nesterov = bool(self.nesterovs_momentum and self.momentum)
            return SGD(self._flat, eta, momentum=self.momentum, nesterov=nesterov)
        return lookup("solver", self.solver, OPTIMIZERS)(self._flat, eta)

    def _cost(self, x: np.ndarray, T: np.ndarray, w: np.ndarray | None = None) -> tuple[Any, float]:
        """Compute the loss of a batch, without its penalty, and the weight of the batch."""
        z = self.network_.net_input(x, training=True)
        if self.out_activation_ == "softmax":
            J = softmax_cross_entropy(z, T, weights=w)
            return J, len(x) if w is None else float(w.sum())
        if self.out_activation_ == "logistic":
            losses = sigmoid_cross_entropy(z, T).sum(axis=1)
        elif self.out_activation_ == "exp":
            losses = (exp(z) - T * z + (xlogy(T, T) - T)).sum(axis=1)
        else:
            losses = ((z - T) ** 2).mean(axis=1) * 0.5
        if w is None:
            return losses.mean(), len(x)
        total = float(w.sum())
        return (losses * w).sum() / total, total

    def _loss_and_gradient(self, *batch: Any) -> float:
        """Compute the loss with its penalty, ½α|W|² / n, and leave the gradient in place."""
        J, total = self._cost(*batch)
        for p in self._flat.parameters:
            p.grad = None
        J.backward()
        loss = J.data.item()
        if self.alpha:
            for layer in self._dense():
                W = layer.W.data
                layer.W.grad += W * W.dtype.type(self.alpha / total)
                loss += 0.5 * self.alpha / total * float(np.vdot(W, W))
        return loss

    def _fit_lbfgs(self, X: Any, T: np.ndarray, w: np.ndarray | None) -> None:
        flat = self._flat
        X = X.toarray() if issparse(X) else X

        def f(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            flat.data[:] = parameters
            flat.store()
            loss = self._loss_and_gradient(X, T, w)
            flat.gather()
            return loss, flat.grad.astype(float)

        found = scipy.optimize.minimize(
            f, flat.data.astype(float), method="L-BFGS-B", jac=True,
            options={"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol})
        flat.data[:] = found.x
        flat.store()
        self.loss_ = float(found.fun)
        self.n_iter_ = min(found.nit, self.max_iter)
        if self.verbose:
            print(f"{found.nit} iterations, loss = {self.loss_:.8f}: {found.message}")
        if not found.success:
            warnings.warn(f"lbfgs failed to converge after {found.nit} iteration(s) "
                          f"(status={found.status}): {found.message}", ConvergenceWarning,
                          stacklevel=4)  # fmt: skip

    def _fit_stochastic(
        self, X: Any, y: np.ndarray, T: np.ndarray, w: np.ndarray | None, incremental: bool
    ) -> None:
        held_out = None
        if self.early_stopping:
            if incremental:
                raise ValueError("partial_fit does not support early_stopping=True")
            X, T, w, held_out = self._hold_out(X, y, T, w)
        n = X.shape[0]
        size = min(200, n) if self.batch_size == "auto" else min(self.batch_size, n)
        if size != self.batch_size != "auto":
            warnings.warn("Got `batch_size` less than 1 or larger than sample size. It is going "
                          "to be clipped", stacklevel=4)  # fmt: skip
        arrays = [X, T] if w is None else [X, T, w]
        rows = np.arange(n)
        self.n_iter_ = 0
        best = self._flat.data.copy()
        try:
            while self.n_iter_ < self.max_iter:
                if self.shuffle:
                    rows = shuffle(rows, random_state=self._random_state)
                total = 0.0
                for batch in _batches(arrays, size, rows if self.shuffle else None):
                    total += self._loss_and_gradient(*batch) * len(batch[0])
                    self._optimizer.step()
                self.loss_ = total / n
                self.n_iter_ += 1
                self.t_ += n
                self.loss_curve_.append(self.loss_)
                if self.verbose:
                    print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
                if self._improved(held_out):
                    best = self._flat.data.copy()
                if self.solver == "sgd" and self.learning_rate == "invscaling":
                    self._optimizer.learning_rate = (
                        self.learning_rate_init / (self.t_ + 1) ** self.power_t)
                if self._stalled > self.n_iter_no_change and self._stops():
                    break
                if incremental:
                    break
            else:
                warnings.warn(f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached "
                              "and the optimization hasn't converged yet.", ConvergenceWarning,
                              stacklevel=4)  # fmt: skip
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        except FloatingPointError as error:
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                f"values and need to be preprocessed. ({error})") from None
        if held_out is not None:
            self._flat.data[:] = best
            self._flat.store()

    def _hold_out(self, X: Any, y: np.ndarray, T: np.ndarray, w: Any) -> tuple[Any, ...]:
        """Split off the examples by which training is stopped.

        As in scikit-learn, two classes keep their shares, and more do not.
        """
        stratify = T if isinstance(self, ClassifierMixin) and self.n_outputs_ == 1 else None
        rows, held = train_test_split(
            np.arange(X.shape[0]), random_state=self._random_state,
            test_size=self.validation_fraction, stratify=stratify)
        if len(held) < 2:
            raise ValueError("The validation set is too small. Increase 'validation_fraction' or "
                             "the size of your dataset.")  # fmt: skip
        parts = [None if w is None else w[some] for some in (rows, held)]
        return X[rows], T[rows], parts[0], (X[held], y[held], parts[1])

    def _improved(self, held_out: Any) -> bool:
        """Count the epochs without an improvement by `tol`; tell whether this was the best."""
        if held_out is None:
            loss = self.loss_curve_[-1]
            self._stalled = self._stalled + 1 if loss > self.best_loss_ - self.tol else 0
            self.best_loss_ = min(self.best_loss_, loss)
            return False
        X, y, w = held_out
        score = self._score(y, self._predict(X), w)
        self.validation_scores_.append(score)
        if self.verbose:
            print(f"Validation score: {score:f}")
        enough = score >= self.best_validation_score_ + self.tol
        self._stalled = 0 if enough else self._stalled + 1
        best = score > self.best_validation_score_
        self.best_validation_score_ = max(self.best_validation_score_, score)
        return bool(best)

    def _stops(self) -> bool:
        """Stop where there is no progress; or go on with a fifth of the learning rate."""
        what = "Validation score" if self.early_stopping else "Training loss"
        message = (f"{what} did not improve more than tol={self.tol:f} for "
                   f"{self.n_iter_no_change} consecutive epochs.")  # fmt: skip
        lower = self.solver == "sgd" and self.learning_rate == "adaptive"
        if lower and self._optimizer.rate > 1e-6:
            self._optimizer.learning_rate = self._optimizer.rate / 5
            self._stalled = 0
            then = f"Setting learning rate to {self._optimizer.rate:f}"
        else:
            lower, then = False, "Stopping."
        if self.verbose:
            print(message, then)
        return not lower

    def _outputs(self, X: Any) -> np.ndarray:
        parts = []
        with no_grad():
            for (x,) in _batches([X], 10_000, None, self.network_.dtype):
                parts.append(np.asarray(self.network_(x).data))
        return np.concatenate(parts)

    def _validated(self, X: Any) -> Any:
        check_is_fitted(self, "network_")
        kinds = (np.float64, np.float32)
        return validate_data(self, X, accept_sparse="csr", dtype=kinds, reset=False)

    def predict(self, X: Any) -> np.ndarray:
        """Predict classes or numbers for examples of shape (n_samples, n_features)."""
        return self._predict(self._validated(X))

    def _partial_fit_check(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs "
                                 "is not stochastic.")  # fmt: skip
        return True

    def _hidden(self) -> list[int]:
        sizes = self.hidden_layer_sizes
        return list(sizes) if hasattr(sizes, "__iter__") else [sizes]

    def _for_each(self, choice: Any, name: str, sizes: list[int]) -> list[Any]:
        if not isinstance(choice, (list, tuple)):
            return [choice] * len(sizes)
        if len(choice) != len(sizes):
            raise ValueError(f"{name}: {len(choice)} for {len(sizes)} hidden layers")
        return list(choice)

    def _check_parameters(self) -> None:
        if any(not isinstance(n, Integral) or n <= 0 for n in self._hidden()):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {self._hidden()}.")
        lookup("solver", self.solver, {**OPTIMIZERS, "lbfgs": None})
        lookup("learning_rate", self.learning_rate, dict.fromkeys(_RATES))
        whole = {"max_iter": 1, "n_iter_no_change": 1, "max_fun": 1}
        if self.batch_size != "auto":
            whole["batch_size"] = 1
        for name, least in whole.items():
            x = getattr(self, name)
            if x != math.inf and (not isinstance(x, Integral) or x < least):
                raise ValueError(f"{name} must be a whole number from {least}, got {x!r}.")
        for name in ("alpha", "learning_rate_init", "power_t", "tol", "epsilon"):
            x = getattr(self, name)
            if not isinstance(x, Real) or not 0 <= x < math.inf:
                raise ValueError(f"{name} must be a number >= 0, got {x!r}.")
        for name in ("momentum", "validation_fraction", "beta_1", "beta_2"):
            x = getattr(self, name)
            if not isinstance(x, Real) or not 0 <= x <= 1:
                raise ValueError(f"{name} must be a number from 0 to 1, got {x!r}.")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _batches(
    arrays: list[Any], size: int, rows: np.ndarray | None, dtype: Any = None
) -> Iterator[list[np.ndarray]]:
    """Go through examples in mini-batches; sparse ones become dense a mini-batch at a time."""
    X, *others = arrays
    if not issparse(X):
        yield from minibatches(arrays, size, rows, dtype=dtype or X.dtype)
        return
    rows = np.arange(X.shape[0]) if rows is None else rows
    for some in np.split(rows, range(size, len(rows), size)):
        yield [X[some].toarray(), *(array[some] for array in others)]


class MLPClassifier(ClassifierMixin, _MLP):
    """A network that classifies, with scikit-learn's interface.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, optional
        The neurons of each hidden layer.
    activation : str or sequence of str, optional
        ``"identity"``, ``"logistic"``, ``"tanh"``, ``"relu"`` or a name of `mlp.activations`; a
        sequence has one for each hidden layer.
    solver : str, optional
        ``"adam"``, ``"sgd"``, ``"lbfgs"`` or a name of `mlp.optimizers`.
    alpha : float, optional
        The L2 penalty, ½α|W|² divided by the examples of a batch.
    dropout : float or sequence of float, optional
        The share of outputs of each hidden layer that is set to 0 while training.
    class_weight : dict or "balanced", optional
        How much the examples of a class count.
    batch_size, learning_rate, learning_rate_init, power_t, max_iter, shuffle, random_state, tol, \
verbose, warm_start, momentum, nesterovs_momentum, early_stopping, validation_fraction, beta_1, \
beta_2, epsilon, n_iter_no_change, max_fun
        As in scikit-learn.

    Attributes
    ----------
    network_ : Sequential
        The network.
    classes_, coefs_, intercepts_, loss_, loss_curve_, best_loss_, validation_scores_, \
best_validation_score_, n_iter_, t_, n_layers_, n_outputs_, out_activation_, n_features_in_, \
feature_names_in_
        As in scikit-learn.

    References
    ----------
    scikit-learn, ``sklearn.neural_network.MLPClassifier``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((16,), dropout=0.1, max_iter=300, learning_rate_init=0.01,
    ...                       random_state=0)
    >>> model.fit(x, y).score(x, y) > 0.95
    True
    """

    def __init__(
        self, hidden_layer_sizes: Any = (100,), activation: Any = "relu", *,
        solver: str = "adam", alpha: float = 0.0001, dropout: Any = 0.0, class_weight: Any = None,
        batch_size: Any = "auto", learning_rate: str = "constant",
        learning_rate_init: float = 0.001, power_t: float = 0.5, max_iter: int = 200,
        shuffle: bool = True, random_state: Any = None, tol: float = 1e-4, verbose: Any = False,
        warm_start: bool = False, momentum: float = 0.9, nesterovs_momentum: bool = True,
        early_stopping: bool = False, validation_fraction: float = 0.1, beta_1: float = 0.9,
        beta_2: float = 0.999, epsilon: float = 1e-8, n_iter_no_change: float = 10,
        max_fun: int = 15000,
    ) -> None:  # fmt: skip
        vars(self).update({name: x for name, x in locals().items() if name != "self"})

    def _output(self) -> str:
        return "softmax" if self._binarizer.y_type_ == "multiclass" else "logistic"

    def _targets(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, ...]:
        X, y = validate_data(self, X, y, accept_sparse="csr", multi_output=True,
                             dtype=(np.float64, np.float32), reset=reset)  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if "classes_" not in vars(self) or not (self.warm_start or incremental):
            self._binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._binarizer.classes_
        else:
            new = set(unique_labels(y)) - set(self.classes_)
            if new or (self.warm_start and len(unique_labels(y)) < len(self.classes_)):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {unique_labels(y)}"
                    if self.warm_start else
                    f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                    f"'y' has {unique_labels(y)}.")  # fmt: skip
        return X, y, self._binarizer.transform(y).astype(bool)

    @available_if(_MLP._partial_fit_check)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for an epoch; the first call needs all the classes there will be."""
        if "classes_" not in vars(self):
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            known = y if type_of_target(y).startswith("multilabel") else classes
            self._binarizer = LabelBinarizer().fit(known)
            self.classes_ = self._binarizer.classes_
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to "
                             f"partial_fit, was: {self.classes_!r}")  # fmt: skip
        return self._fit(X, y, sample_weight, incremental=True)

    def _predict(self, X: Any) -> np.ndarray:
        outputs = self._outputs(X)
        return self._binarizer.inverse_transform(
            outputs.ravel() if self.n_outputs_ == 1 else outputs)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give the probability of each class, shape (n_samples, n_classes)."""
        p = self._outputs(self._validated(X))
        return np.hstack([1 - p, p]) if self.n_outputs_ == 1 else p

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Give the logarithm of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _score(self, y: np.ndarray, predicted: np.ndarray, weights: Any) -> float:
        return float(accuracy_score(y, predicted, sample_weight=weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MLPRegressor(RegressorMixin, _MLP):
    """A network that predicts numbers, with scikit-learn's interface.

    Parameters
    ----------
    loss : {"squared_error", "poisson"}, optional
        Half the mean of squares, or for counts the Poisson deviance, with an exponential output.
    hidden_layer_sizes, activation, solver, alpha, dropout
        As of `MLPClassifier`, and so are the others.

    Attributes
    ----------
    network_ : Sequential
        The network; other attributes as in scikit-learn.

    References
    ----------
    scikit-learn, ``sklearn.neural_network.MLPRegressor``. With several outputs the loss is the mean
    over them, and the gradient is the loss's; scikit-learn's is that of the sum.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=20, activation="tanh", solver="lbfgs",
    ...                      random_state=0)
    >>> model.fit(x, x.ravel() ** 2).score(x, x.ravel() ** 2) > 0.99
    True
    """

    def __init__(
        self, loss: str = "squared_error", hidden_layer_sizes: Any = (100,),
        activation: Any = "relu", *, solver: str = "adam", alpha: float = 0.0001,
        dropout: Any = 0.0, batch_size: Any = "auto", learning_rate: str = "constant",
        learning_rate_init: float = 0.001, power_t: float = 0.5, max_iter: int = 200,
        shuffle: bool = True, random_state: Any = None, tol: float = 1e-4, verbose: Any = False,
        warm_start: bool = False, momentum: float = 0.9, nesterovs_momentum: bool = True,
        early_stopping: bool = False, validation_fraction: float = 0.1, beta_1: float = 0.9,
        beta_2: float = 0.999, epsilon: float = 1e-8, n_iter_no_change: float = 10,
        max_fun: int = 15000,
    ) -> None:  # fmt: skip
        vars(self).update({name: x for name, x in locals().items() if name != "self"})

    def _output(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _check_parameters(self) -> None:
        super()._check_parameters()
        lookup("loss", self.loss, dict.fromkeys(["squared_error", "poisson"]))

    def _targets(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, ...]:
        X, y = validate_data(self, X, y, accept_sparse="csr", multi_output=True, y_numeric=True,
                             dtype=(np.float64, np.float32), reset=reset)  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError("the Poisson loss needs targets from 0")
        return X, y, y.reshape(len(y), -1).astype(X.dtype, copy=False)

    @available_if(_MLP._partial_fit_check)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for an epoch."""
        return self._fit(X, y, sample_weight, incremental=True)

    def _predict(self, X: Any) -> np.ndarray:
        outputs = self._outputs(X)
        return outputs.ravel() if self.n_outputs_ == 1 else outputs

    def _score(self, y: np.ndarray, predicted: np.ndarray, weights: Any) -> float:
        if not np.isfinite(predicted).all():
            return math.nan
        return float(r2_score(y, predicted, sample_weight=weights))
