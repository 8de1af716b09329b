"""How `mlp.estimators` train their networks: scikit-learn's solvers, rates and ways to stop."""

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.optimize
from scipy.sparse import issparse
from scipy.special import xlogy
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split

from autograd import exp, no_grad, softmax_cross_entropy, square
from autograd.modes import hunting

from ..data import minibatches
from ..lookup import lookup
from ..losses.functions import sigmoid_cross_entropy
from ..models.straight import code_of
from ..optimizers import OPTIMIZERS, SGD, Optimizer
from ..optimizers.keras_defaults import KerasAdam
from ..steps import DivergenceError, Kept

__all__ = ["Solvers"]


class Solvers:
    """What an estimator does with its ``network_``, whose parameters lie in ``_flat``."""

    def _make_optimizer(self) -> Optimizer:
        eta = self.learning_rate_init
        if self.solver == "adam":
            return KerasAdam(self._flat, eta, beta1=self.beta_1, beta2=self.beta_2,
                             eps=self.epsilon)  # fmt: skip
        if self.solver == "sgd":
            nesterov = bool(self.nesterovs_momentum and self.momentum)
            return SGD(self._flat, eta, momentum=self.momentum, nesterov=nesterov)
        return lookup("solver", self.solver, OPTIMIZERS)(self._flat, eta)

    def _cost(self, network: Any, x: Any, T: Any, w: Any) -> Any:
        """Compute the weighted mean of the examples' losses, each summed over the outputs."""
        z = network.net_input(x, training=True)
        if self.out_activation_ == "softmax":
            return softmax_cross_entropy(z, T, weights=w)
        if self.out_activation_ == "logistic":
            losses = sigmoid_cross_entropy(z, T)
        elif self.out_activation_ == "exp":
            losses = exp(z) - T * z + (xlogy(T, T) - T)
        else:
            losses = square(z - T) * 0.5
        losses = losses.sum(axis=1)
        return losses.mean() if w is None else (losses * (w / w.sum())).sum()

    def _differentiate(
        self, x: np.ndarray, T: np.ndarray, w: np.ndarray | None = None
    ) -> tuple[float, float]:
        """Compute the cost with the penalty ½α|W|² / n, and leave its gradient in place.

        Returns
        -------
        cost, loss : float
            What has that gradient, and what scikit-learn reports: there, squared errors are summed
            over the outputs for the gradient, and averaged for the loss.
        """
        cost, penalty = self._straight(x, T, w), 0.0
        if cost is None:
            J = self._cost(self.network_, x, T, w)
            for p in self._flat.parameters:
                p.grad = None
            J.backward()
            cost = J.item()
        if self.alpha:
            decay = self.alpha / (len(x) if w is None else float(w.sum()))
            for W, slope in zip(self._flat.views, self._flat.grads, strict=True):
                if W.ndim == 2:  # no bias
                    slope += W * W.dtype.type(decay)
                    penalty += 0.5 * decay * float(np.vdot(W, W))
        outputs = self.n_outputs_ if self.out_activation_ == "identity" else 1
        return cost + penalty, cost / outputs + penalty

    def _straight(self, *arrays: np.ndarray | None) -> float | None:
        """Compute the cost and its gradient by straight code; None if there is none."""
        given = [a for a in arrays if a is not None]
        key = (id(self._flat), *[(a.shape, a.dtype) for a in given])
        codes = vars(self).setdefault("_codes", Kept())
        flat = self._flat
        flat.hold()
        if key not in codes or (codes[key] is not None and codes[key].moved()):
            try:
                codes[key] = code_of(self.network_, flat, given, cost=self._cost)
            except TypeError:  # SciPy's functions do not trace
                codes[key] = None
        code = codes[key]
        if code is None or hunting():
            return None
        code.load(given, slice(None))
        code.draw(self.network_.rng)
        with np.errstate(all="ignore"):
            cost = float(code.step())
        finite = math.isfinite(cost) and math.isfinite(float(flat.grad.dot(flat.grad)))
        return cost if finite else None

    def _fit_lbfgs(self, arrays: list[Any]) -> None:
        flat = self._flat
        flat.gather()  # weights may have been set since
        (batch,) = _batches(arrays, arrays[0].shape[0], None, flat.data.dtype)

        def cost(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            flat.data[:] = parameters
            flat.store()
            J, self.loss_ = self._differentiate(*batch)
            flat.gather()
            return J, flat.grad.astype(float)

        found = scipy.optimize.minimize(
            cost, flat.data.astype(float), method="L-BFGS-B", jac=True,
            options={"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol})
        cost(found.x)
        self.n_iter_ = min(found.nit, self.max_iter)
        if self.verbose:
            print(f"{found.nit} iterations, loss = {self.loss_:.8f}: {found.message}")
        if not found.success:
            warnings.warn(f"lbfgs failed to converge after {found.nit} iteration(s) "
                          f"(status={found.status}): {found.message}", ConvergenceWarning,
                          stacklevel=4)  # fmt: skip

    def _fit_stochastic(self, arrays: list[Any], held_out: Any, incremental: bool) -> None:
        if not incremental or "_optimizer" not in vars(self):
            self._optimizer = self._make_optimizer()
        if "loss_curve_" not in vars(self) or self.early_stopping != (self.best_loss_ is None):
            self._no_improvement_count, self.loss_curve_ = 0, []  # private, and scikit-learn's own
            self.best_loss_ = None if self.early_stopping else math.inf
            self.validation_scores_ = [] if self.early_stopping else None
            self.best_validation_score_ = -math.inf if self.early_stopping else None
        n = arrays[0].shape[0]
        size = 200 if self.batch_size == "auto" else self.batch_size
        if self.batch_size != "auto" and size > n:
            warnings.warn("Got `batch_size` less than 1 or larger than sample size. It is going "
                          "to be clipped", stacklevel=4)  # fmt: skip
        rows = np.arange(n) if self.shuffle else None
        self.n_iter_ = 0
        self._flat.gather()  # weights may have been set since
        best = self._flat.data.copy()
        try:
            while self.n_iter_ < self.max_iter:
                if rows is not None:
                    rows = rows[self._random_state.permutation(n)]
                loss = self._epoch(_batches(arrays, min(size, n), rows, best.dtype)) / n
                if held_out is not None and not math.isfinite(loss):
                    raise DivergenceError(f"the loss is {loss}")
                self.loss_ = loss
                self.n_iter_ += 1
                self.t_ += n
                self.loss_curve_.append(self.loss_)
                if self.verbose:
                    print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
                if self._improved(held_out):
                    best = self._flat.data.copy()
                if self.solver == "sgd" and self.learning_rate == "invscaling":
                    self._set_rate(self.learning_rate_init / (self.t_ + 1) ** self.power_t)
                stalled = self._no_improvement_count > self.n_iter_no_change
                if (stalled and self._stops()) or incremental:
                    break
            else:
                warnings.warn(f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached "
                              "and the optimization hasn't converged yet.", ConvergenceWarning,
                              stacklevel=4)  # fmt: skip
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        except DivergenceError as error:
            if held_out is None or self.best_validation_score_ == -math.inf:
                raise ValueError(
                    "Solver produced non-finite parameter weights. The input data may contain "
                    f"large values and need to be preprocessed. ({error})") from None
            warnings.warn(f"Stochastic Optimizer: the loss stopped being finite in iteration "
                          f"{self.n_iter_ + 1}, so the training ended, with the weights of the "
                          f"best validation score, {self.best_validation_score_:.6g}: lower "
                          f"learning_rate_init, or scale the data. ({error})", ConvergenceWarning,
                          stacklevel=4)  # fmt: skip
        if held_out is not None:
            self._flat.data[:] = best
            self._flat.store()

    def _epoch(self, batches: Iterator[list[np.ndarray]]) -> float:
        """Take a step for each mini-batch; give the sum of the losses of all examples."""
        total = 0.0
        for batch in batches:
            if len(batch) == 3 and not batch[2].any():
                continue  # without any weight, there is no mean
            total += self._differentiate(*batch)[1] * len(batch[0])
            try:
                self._optimizer.step()
            except FloatingPointError as error:
                raise DivergenceError(*error.args) from None
        return total

    def _hold_out(self, arrays: list[Any], y: np.ndarray) -> tuple[list[Any], list[Any]]:
        """Split off the examples by which training is stopped.

        As in scikit-learn, two classes keep their shares, and more do not.
        """
        binary = is_classifier(self) and self.n_outputs_ == 1
        rows, held = train_test_split(
            np.arange(len(y)), random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=arrays[1].astype(bool) if binary else None)  # fmt: skip
        if len(held) < 2:
            raise ValueError("The validation set is too small. Increase 'validation_fraction' or "
                             "the size of your dataset.")  # fmt: skip
        X, _, *weights = [array[held] for array in arrays]
        return [array[rows] for array in arrays], [X, y[held], *weights]

    def _improved(self, held_out: list[Any] | None) -> bool:
        """Count the epochs without an improvement by `tol`; tell whether this was the best."""
        if held_out is None:
            loss = self.loss_curve_[-1]
            worse = loss > self.best_loss_ - self.tol
            self._no_improvement_count = self._no_improvement_count + 1 if worse else 0
            self.best_loss_ = min(self.best_loss_, loss)
            return False
        X, y, *weights = held_out
        predicted = self._predict(X)
        metric = accuracy_score if is_classifier(self) else r2_score
        score = math.nan
        if predicted.dtype.kind != "f" or np.isfinite(predicted).all():
            with np.errstate(over="ignore", invalid="ignore"):  # squares of what is finite yet
                score = float(metric(y, predicted, sample_weight=weights[0] if weights else None))
            score = score if math.isfinite(score) else math.nan
        self.validation_scores_.append(score)
        if self.verbose:
            print(f"Validation score: {score:f}")
        enough = score >= self.best_validation_score_ + self.tol
        self._no_improvement_count = 0 if enough else self._no_improvement_count + 1
        best = score > self.best_validation_score_
        self.best_validation_score_ = max(self.best_validation_score_, score)
        return best

    def _stops(self) -> bool:
        """Stop where there is no progress; or go on with a fifth of the learning rate."""
        rate = self._optimizer.rate
        adaptive = self.solver == "sgd" and self.learning_rate == "adaptive"
        slower = adaptive and rate > 1e-6
        then = "Learning rate too small. Stopping." if adaptive else "Stopping."
        if slower:
            self._set_rate(rate / 5)
            self._no_improvement_count = 0
            then = f"Setting learning rate to {rate / 5:f}"
        if self.verbose:
            what = "Validation score" if self.early_stopping else "Training loss"
            print(f"{what} did not improve more than tol={self.tol:f} for "
                  f"{self.n_iter_no_change} consecutive epochs. {then}")  # fmt: skip
        return not slower

    def _set_rate(self, eta: float) -> None:
        """Change η, and not how far the momentum goes: scikit-learn's velocity has η in it."""
        optimizer = self._optimizer
        if (velocity := optimizer._arrays.get("velocity")) is not None:
            velocity *= optimizer.rate / eta
        optimizer.learning_rate = eta

    def _outputs(self, X: Any) -> np.ndarray:
        batches = _batches([X], 10_000, None, self.network_.dtype)
        with no_grad():
            return np.concatenate([np.asarray(self.network_(x).data) for (x,) in batches])


def _batches(
    arrays: list[Any], size: int, rows: np.ndarray | None, dtype: Any
) -> Iterator[list[np.ndarray]]:
    """Go through examples in mini-batches; sparse ones become dense a mini-batch at a time."""
    X, *others = arrays
    if not issparse(X):
        yield from minibatches(arrays, size, rows, dtype=dtype)
        return
    rows = np.arange(X.shape[0]) if rows is None else rows
    for some in np.split(rows, range(size, len(rows), size)):
        yield [X[some].toarray().astype(dtype, copy=False), *(array[some] for array in others)]
