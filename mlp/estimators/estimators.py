"""Estimators as scikit-learn has them: what is behind `MLPClassifier` is a `Sequential`.

Parameters, attributes and behaviour are those of ``sklearn.neural_network``; from one random state
come the same initial weights and the same order of examples. Beside these there are dropout, an
activation for each layer, class weights and every optimizer of this package.
"""

import copy
import inspect
import math
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import sklearn.neural_network as theirs
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    check_classification_targets,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from autograd import Tensor, exp, sigmoid

from ..arrays import as_array, check_finite, check_masked
from ..layers import Dense, Dropout, Layer
from ..lookup import lookup
from ..models import Sequential
from ..optimizers import OPTIMIZERS
from ..optimizers.parameters import FlatParameters
from .descriptions import ATTRIBUTES, PARAMETERS
from .solvers import Solvers

__all__ = ["MLPClassifier", "MLPRegressor"]

_FLOATS = (np.float64, np.float32)
_NAMES = {"identity": "linear", "logistic": "sigmoid", "exp": exp}  # scikit-learn's
_WIDER: dict[str, list[Any]] = {  # than scikit-learn's own
    "activation": [str, callable, "array-like"],
    "solver": [str, callable],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "class_weight": [dict, list, StrOptions({"balanced"}), None],
}


class Arrays(list[np.ndarray]):
    """The arrays of Tensors, as a list: what is set in it is set in the Tensors."""

    def __init__(self, name: str, tensors: list[Tensor]) -> None:
        super().__init__(t.data for t in tensors)
        self.name = name
        self.tensors = tensors

    def __setitem__(self, i: Any, arrays: Any) -> None:
        one = not isinstance(i, slice)
        tensors = [self.tensors[i]] if one else self.tensors[i]
        arrays = [as_array(x, self.name, float) for x in ([arrays] if one else arrays)]
        given, wanted = [x.shape for x in arrays], [t.shape for t in tensors]
        if given != wanted:
            raise ValueError(f"{self.name}: arrays of shapes {wanted} wanted, got {given}")
        for t, x in zip(tensors, arrays, strict=True):
            check_finite(x, self.name, t.dtype)
        for t, x in zip(tensors, arrays, strict=True):
            t.data = x.astype(t.dtype)
        super().__init__(t.data for t in self.tensors)

    def _refuse(self, *_: Any) -> Any:
        raise TypeError(f"{self.name} has an array for each layer of the network, not more or less "
                        f"or in another order: set one, {self.name}[0] = W")  # fmt: skip

    append = extend = insert = remove = pop = clear = reverse = _refuse
    sort = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce_ex__(self, _: Any) -> tuple[Any, ...]:
        return list, (list(self),)  # a copy has no network behind it


class _MLP(Solvers, BaseEstimator):
    """What both estimators do: the parameters are looked at in `fit`, as scikit-learn wants it."""

    class_weight: Any = None
    _doc_link_module = "mlp"  # the diagram of an estimator links to the page of scikit-learn's

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        kind = next(k.__name__ for k in type(self).__mro__ if k.__name__ in theirs.__all__)
        return {"estimator_module": theirs.__name__, "estimator_name": kind}

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weights, a matrix (fan_in, fan_out) for each layer; one that is set is the network's.

        Those that are set before there is a network are those that `partial_fit`, or `fit` with
        ``warm_start``, begins with.

        Examples
        --------
        >>> model = MLPClassifier((2,), max_iter=300, tol=1, random_state=0).fit([[0], [1]], [0, 1])
        >>> model.coefs_[1] = np.zeros((2, 1))
        >>> model.intercepts_ = [[0, 0], [0]]
        >>> model.predict_proba([[0]])
        array([[0.5, 0.5]])
        """
        return self._arrays("coefs_", "W")

    @coefs_.setter
    def coefs_(self, arrays: Any) -> None:
        self._set("coefs_", arrays)

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases, a vector for each layer; one that is set is the network's."""
        return self._arrays("intercepts_", "b")

    @intercepts_.setter
    def intercepts_(self, arrays: Any) -> None:
        self._set("intercepts_", arrays)

    def _arrays(self, name: str, parameter: str) -> list[np.ndarray]:
        if "network_" in vars(self):
            return Arrays(name, [getattr(layer, parameter) for layer in self._dense()])
        if name in (start := vars(self).get("_start", {})):
            return start[name]
        raise AttributeError(f"this {type(self).__name__} is not fitted yet")

    def _set(self, name: str, arrays: Any) -> None:
        if "network_" in vars(self):
            getattr(self, name)[:] = arrays
        else:
            self._start = {**vars(self).get("_start", {}), name: list(arrays)}

    def _dense(self) -> list[Dense]:
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
        checked = copy.copy(self)  # so that bad input leaves this one as it was
        arrays, held_out = checked._prepare(X, y, weights, incremental)
        self.__dict__ = vars(checked)
        if self.solver == "lbfgs":
            self._fit_lbfgs(arrays)
        else:
            self._fit_stochastic(arrays, held_out, incremental)
        if not np.isfinite(self._flat.data).all():
            raise ValueError("Solver produced non-finite parameter weights. The input data may "
                             "contain large values and need to be preprocessed.")  # fmt: skip
        return self

    def _prepare(self, X: Any, y: Any, weights: Any, incremental: bool) -> tuple[Any, ...]:
        """Check parameters and data; build the network, unless training goes on.

        Returns
        -------
        arrays : list of ndarray
            Examples, targets and, if there are any, weights to train with.
        held_out : list of ndarray or None
            The same, for `early_stopping`, with the targets as they were given.
        """
        for name, x in ("X", X), ("y", y), ("sample_weight", weights):
            check_masked(x, name)
        hidden = self._hidden_layers()
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        first = "network_" not in vars(self) or not (self.warm_start or incremental)
        X, y, T = self._targets(X, y, incremental, first)
        if weights is not None:
            weights = check_sample_weight(weights, X)
        if self.class_weight is not None:
            if incremental and self.class_weight == "balanced":
                raise ValueError("class_weight 'balanced' is not supported for partial_fit, which "
                                 "does not see all examples: give a dict")  # fmt: skip
            if isinstance(self.class_weight, (list, tuple)) and y.ndim == 1:
                pairs = dict(zip(self.classes_.tolist(), self.class_weight, strict=False))
                raise ValueError("class_weight is a dict of a number for each class, or 'balanced',"
                                 f" got {self.class_weight!r:.60}: write {pairs!r:.60}"
                                 )  # fmt: skip
            balance = compute_sample_weight(self.class_weight, y)
            weights = balance if weights is None else weights * balance
        self._random_state = check_random_state(self.random_state)
        if first:
            self._initialize(hidden, X.shape[1], T.shape[1], X.dtype)
            for name, arrays in vars(self).pop("_start", {}).items():
                if self.warm_start or incremental:
                    self._set(name, arrays)
        sizes = [*(layer.units for layer in hidden if isinstance(layer, Dense)), T.shape[1]]
        if sizes != (built := [len(b) for b in self.intercepts_]):
            raise ValueError(f"warm_start: the layers have {built} neurons, asked for are {sizes}")
        dtype = self.network_.dtype
        check_finite(T, "y", dtype)
        T = T.argmax(axis=1) if self.out_activation_ == "softmax" else T.astype(dtype, copy=False)
        arrays = [X, T] if weights is None else [X, T, weights.astype(dtype, copy=False)]
        if self.early_stopping and self.solver != "lbfgs":
            return self._hold_out(arrays, y)
        return arrays, None

    def _hidden_layers(self) -> list[Layer]:
        """Check the parameters, and make the hidden layers that they ask for."""
        self._validate_params()
        lookup("solver", self.solver, {**OPTIMIZERS, "lbfgs": None})
        sizes = self.hidden_layer_sizes
        sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
        if any(not isinstance(size, Integral) or size <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, and whole, got {sizes}.")
        rates = _for_each("dropout", self.dropout, len(sizes))
        if self.solver == "lbfgs" and any(rates):
            raise ValueError("lbfgs needs a cost that is the same each time it is computed, which "
                             "dropout is not: choose another solver")  # fmt: skip
        layers: list[Layer] = []
        activations = _for_each("activation", self.activation, len(sizes))
        for size, phi, rate in zip(sizes, activations, rates, strict=True):
            layers.append(Dense(int(size), _NAMES.get(phi, phi)))
            layers += [Dropout(rate)] if rate else []
        return layers

    def _initialize(self, hidden: list[Layer], inputs: int, outputs: int, dtype: Any) -> None:
        """Build the network; draw weights and biases in ±√(6 / (fan_in + fan_out)), in order."""
        self.n_iter_ = self.t_ = 0
        self.n_outputs_ = outputs
        self.out_activation_ = phi = self._output()
        drops = any(isinstance(layer, Dropout) for layer in hidden)
        self.network_ = Sequential(
            [*hidden, Dense(outputs, _NAMES.get(phi, phi))], dtype=dtype,
            seed=self._random_state.randint(2**31) if drops else 0).build(inputs)
        dense = self._dense()
        self.n_layers_ = len(dense) + 1
        narrow = [layer.activation is sigmoid for layer in dense[:-1]]
        narrow.append(narrow[-1] if narrow else self.activation == "logistic")
        for layer, third in zip(dense, narrow, strict=True):
            limit = math.sqrt((2 if third else 6) / sum(layer.W.shape))
            for parameter in (layer.W, layer.b):
                drawn = self._random_state.uniform(-limit, limit, parameter.shape)
                parameter.data = drawn.astype(dtype)
        self._flat = FlatParameters([layer.W for layer in dense] + [layer.b for layer in dense])
        for name in ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_"):
            vars(self).pop(name, None)

    def _validated(self, X: Any) -> Any:
        check_is_fitted(self, "network_")
        check_masked(X, "X")
        return validate_data(self, X, accept_sparse="csr", dtype=_FLOATS, reset=False)

    def predict(self, X: Any) -> np.ndarray:
        """Predict classes or numbers for examples of shape (n_samples, n_features)."""
        return self._predict(self._validated(X))

    def _partial_fit_check(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs "
                                 "is not stochastic.")  # fmt: skip
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _for_each(name: str, choice: Any, layers: int) -> list[Any]:
    """Give as many choices as there are hidden layers."""
    if isinstance(choice, str) or not hasattr(choice, "__iter__"):
        return [choice] * layers
    if len(choice) != layers:
        raise ValueError(f"{name}: {len(choice)} for {layers} hidden layers")
    return list(choice)


def _constructor(model: type, **more: Any) -> Any:
    """Make an ``__init__`` that keeps scikit-learn's parameters, and more, as they are given."""
    of_theirs = inspect.signature(model.__init__)
    signature = of_theirs.replace(parameters=[*of_theirs.parameters.values(), *(
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        for name, default in more.items())])  # fmt: skip

    def init(self: Any, *args: Any, **settings: Any) -> None:
        given = signature.bind(self, *args, **settings)
        given.apply_defaults()
        vars(self).update(list(given.arguments.items())[1:])

    init.__signature__ = signature  # type: ignore[attr-defined]
    return init


def _documented(model: type) -> type:
    """Write what both estimators take and have into the text of one."""
    for name, text in ("{parameters}", PARAMETERS), ("{attributes}", ATTRIBUTES):
        model.__doc__ = str(model.__doc__).replace(name, text)
    return model


@_documented
class MLPClassifier(ClassifierMixin, _MLP):
    """A network that classifies, with scikit-learn's interface.

    Parameters
    ----------
    {parameters}
    class_weight : dict or "balanced", optional
        How much the examples of a class count: by its label, or so that all classes count alike.

    Attributes
    ----------
    classes_ : ndarray or list of ndarray, shape (n_classes,)
        The labels of the classes.
    {attributes}

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

    loss = "log_loss"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **theirs.MLPClassifier._parameter_constraints, **_WIDER}

    __init__ = _constructor(theirs.MLPClassifier, dropout=0.0, class_weight=None)

    def _output(self) -> str:
        return "softmax" if self._binarizer.y_type_ == "multiclass" else "logistic"

    def _targets(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, ...]:
        X, y = validate_data(self, X, y, accept_sparse="csr", multi_output=True,
                             dtype=_FLOATS, reset=reset)  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if "classes_" not in vars(self) or not (self.warm_start or incremental):
            check_classification_targets(y)
            self._binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._binarizer.classes_
        else:
            classes = unique_labels(y)
            if self.warm_start and set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {classes}")
            if set(classes) - set(self.classes_):
                raise ValueError(f"`y` has classes not in `self.classes_`. `self.classes_` has "
                                 f"{self.classes_}. 'y' has {classes}.")  # fmt: skip
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

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


@_documented
class MLPRegressor(RegressorMixin, _MLP):
    """A network that predicts numbers, with scikit-learn's interface.

    Parameters
    ----------
    loss : {"squared_error", "poisson"}, optional
        Half the mean of squares, or for counts the Poisson deviance, with an exponential output.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    scikit-learn, ``sklearn.neural_network.MLPRegressor``.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=20, activation="tanh", solver="lbfgs",
    ...                      random_state=0)
    >>> model.fit(x, x.ravel() ** 2).score(x, x.ravel() ** 2) > 0.99
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **theirs.MLPRegressor._parameter_constraints, **_WIDER}

    __init__ = _constructor(theirs.MLPRegressor, dropout=0.0)

    def _output(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _targets(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, ...]:
        X, y = validate_data(self, X, y, accept_sparse="csr", multi_output=True, y_numeric=True,
                             dtype=_FLOATS, reset=reset)  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError("the Poisson loss needs targets from 0")
        return X, y, y.reshape(len(y), -1)

    @available_if(_MLP._partial_fit_check)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for an epoch."""
        return self._fit(X, y, sample_weight, incremental=True)

    def _predict(self, X: Any) -> np.ndarray:
        outputs = self._outputs(X)
        return outputs.ravel() if self.n_outputs_ == 1 else outputs
