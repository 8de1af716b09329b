"""Checks that several modules of tests use: of derivatives, and of what wrong arguments get."""

import importlib.util
import inspect
import traceback
from pathlib import Path

import numpy as np
import pytest

import autograd
import mlp
from autograd import Tensor, Value, grad, gradients, hvp, jvp, vjp


def difference(f, xs, vs, h=1e-5):
    """The derivative of `f` along `vs`: a central difference, extrapolated to step 0."""

    def slope(h):
        above = f(*(x + h * v for x, v in zip(xs, vs, strict=True)))
        below = f(*(x - h * v for x, v in zip(xs, vs, strict=True)))
        return (above - below) / (2 * h)

    return (4 * slope(h) - slope(2 * h)) / 3


def data_of(x):
    return x.data if isinstance(x, Tensor) else x


@pytest.fixture(scope="session")
def check_tensors():
    """A function that tests the derivatives of `f` at arrays, to second order, in both modes.

    The gradient is compared with central differences number by number, everything else along
    random directions.
    """

    def check(f, *arrays, second=True, tolerance=1e-6):
        rng = np.random.default_rng(0)
        close = {"rtol": tolerance, "atol": tolerance}
        xs = [np.asarray(x, float) for x in arrays]
        tensors = [Tensor(x) for x in xs]
        y = f(*tensors)
        w = np.asarray(rng.normal(size=y.shape))
        vs = [np.asarray(rng.normal(size=x.shape)) for x in xs]

        def loss(*xs):
            return np.sum(w * data_of(f(*map(Tensor, xs))))

        y.backward(w)
        for i, (x, t) in enumerate(zip(xs, tensors, strict=True)):
            assert t.grad is None or t.grad.shape == x.shape
            for k in np.ndindex(x.shape):
                unit = [np.zeros(z.shape) for z in xs]
                unit[i][k] = 1
                found = 0.0 if t.grad is None else t.grad[k]
                np.testing.assert_allclose(found, difference(loss, xs, unit), **close)

        primals = [x if x.ndim else Tensor(x) for x in xs]  # a 0-d array would be a Value
        value, forward = map(data_of, jvp(f, primals, vs))
        np.testing.assert_array_equal(value, y.data)
        np.testing.assert_allclose(
            forward, difference(lambda *xs: data_of(f(*map(Tensor, xs))), xs, vs), **close)
        pulled = map(data_of, vjp(f, *primals)[1](w))
        along = sum(np.sum(v * g) for v, g in zip(vs, pulled, strict=True))
        np.testing.assert_allclose(np.sum(w * forward), along, rtol=1e-10, atol=1e-10)

        if second:
            def scalar(i):
                return lambda x: (f(*xs[:i], x, *xs[i + 1 :]) * w).sum()

            for i, (x, v) in enumerate(zip(xs, vs, strict=True)):
                product = hvp(scalar(i), Tensor(x), v).data
                wanted = difference(lambda x, i=i: grad(scalar(i))(Tensor(x)).data, [x], [v])
                np.testing.assert_allclose(product, wanted, rtol=1e-5, atol=1e-5)
                twice = grad(lambda x, i=i, v=v: (grad(scalar(i))(x) * v).sum())(Tensor(x)).data
                np.testing.assert_allclose(twice, product, rtol=1e-9, atol=1e-9)

    return check


@pytest.fixture(scope="session")
def against_pytorch():
    """A function that compares an operation with PyTorch's: results, first and second derivatives.

    The second is that of a sum in which the result stands squared, along a random direction.
    """
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed: pip install 'chainrule[bench]'")
    import torch

    def check(ours, theirs, arrays):
        rng = np.random.default_rng(0)
        dtype = arrays[0].dtype
        xs, ts = [Tensor(x) for x in arrays], [torch.tensor(x, requires_grad=True) for x in arrays]
        y, wanted = ours(*xs), theirs(torch, *ts)
        assert (y.shape, y.dtype) == (tuple(wanted.shape), dtype)
        w = np.asarray(rng.normal(size=y.shape), dtype)
        v = [np.asarray(rng.normal(size=x.shape), dtype) for x in arrays]
        rtol = 1e-4 if dtype == "float32" else 1e-9
        close = {"rtol": rtol, "atol": rtol / 10}
        np.testing.assert_allclose(y.data, wanted.detach().numpy(), **close)

        first = gradients((y * w).sum() + (y * y).sum(), xs, create_graph=True)
        square = (wanted * torch.tensor(w)).sum() + (wanted * wanted).sum()
        expected = torch.autograd.grad(
            square, ts, create_graph=True, allow_unused=True, materialize_grads=True)
        for g, e in zip(first, expected, strict=True):
            assert g.dtype == dtype
            np.testing.assert_allclose(g.data, e.detach().numpy(), **close)
        second = gradients(sum((g * u).sum() for g, u in zip(first, v, strict=True)), xs)
        along = sum((g * torch.tensor(u)).sum() for g, u in zip(expected, v, strict=True))
        for g, e in zip(second, torch.autograd.grad(
                along, ts, allow_unused=True, materialize_grads=True), strict=True):
            assert g.dtype == dtype
            np.testing.assert_allclose(g, e.numpy(), rtol=10 * rtol, atol=rtol)

    return check


# --- calls with one wrong argument -------------------------------------------------------------

FOLDERS = tuple(str(Path(package.__file__).parent) for package in (autograd, mlp))
WRONG = {
    "None": None, "text": "text", "a list of text": ["a", "b"], "a negative number": -7,
    "a float": 2.5, "a wrong shape": np.ones((2, 3, 5)), "a dict": {}, "an object": object(),
    "a function": lambda *_: 3.0, "nan": float("nan"), "complex": 1j, "a Value": Value(2.0),
    "rows that differ": [[1], [1, 2]],
}  # fmt: skip
OTHERS = {"text", "a list of text", "a wrong shape", "a dict", "an object", "a function", "complex"}
OTHER_WORDS = {  # what errors call an argument, where that is not its name alone
    "losses": "loss", "callbacks": "callback", "metrics": "metric", "path": "file", "x": "images",
    "y_true": "target|label|classes", "y_pred": "output|target|classes", "probability": "outputs",
    "logit": "outputs", "logits": "z is", "score": "outputs",
}  # fmt: skip
LOOKED_UP = "there is no "  # an error that names the kind, what was given, and what there is


@pytest.fixture(scope="session")
def falls_short():
    """A function that calls f with one wrong argument after the other, and lists what falls short.

    An error is to name the function by one of some words, and the argument.
    """

    def calls(f, words, right, but=()):
        if error := error_of(f, right):
            return [f"{words}, which is right: {error!r:.150}"]
        short = []
        for argument in right:
            for kind, wrong in WRONG.items():
                if (words, argument, kind) in but:
                    continue
                error = error_of(f, right | {argument: wrong})
                if error is None and is_other(wrong, kind, f, argument):
                    short.append(f"{words}({argument}={kind}): taken")
                elif error is not None and (reason := shortcoming(error, words, argument)):
                    short.append(f"{words}({argument}={kind}): {reason}: {error!r:.150}")
        return short

    return calls


def error_of(f, arguments):
    try:
        with np.errstate(all="ignore"):
            f(**arguments)
    except Exception as error:
        return error
    return None


def is_other(wrong, kind, f, argument):
    """Tell whether what was taken is of another kind than the annotation of the argument says."""
    parameter = inspect.signature(f).parameters.get(argument)
    said = parameter.annotation if parameter else None
    taken = {said, *getattr(said, "__args__", ())} - {type(None)}
    if not taken or not taken <= {bool, int, float, str}:
        return False  # what it may be, is not said by its type
    return kind in OTHERS and not isinstance(wrong, tuple(taken))


def shortcoming(error, words, argument):
    """Say what an error falls short in."""
    text = str(error).lower()
    last = traceback.extract_tb(error.__traceback__)[-1]
    if type(error) is FileNotFoundError:
        return None  # Python's own, which names the file
    if not isinstance(error, (TypeError, ValueError, NotImplementedError)):
        return "its type"
    if not last.filename.startswith(FOLDERS) or not last.line.startswith("raise"):
        return f"not raised by us, but by {last.filename}:{last.lineno}"
    if text.startswith(LOOKED_UP):
        return None
    if not has_one(text, words.lower()):
        return "it does not name the function"
    if not has_one(text, f"{argument}|{OTHER_WORDS.get(argument, argument)}".lower()):
        return "it does not name the argument"
    return None


def has_one(text, words):
    return any(word in text for word in words.split("|"))
