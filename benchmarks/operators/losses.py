"""Losses and normalizations, in NumPy's spelling."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.array_ops import log_softmax

from .table import F, data, same, softmax_of

__all__: list[str] = []


def _reduced(f: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, reduction: str = "mean", size_average: Any = None, reduce: Any = None,
             **kwargs: Any) -> Any:  # fmt: skip
        y = f(*args, **kwargs)
        return {"mean": np.mean, "sum": np.sum, "none": np.positive}[reduction](y)

    return call


same("softmax softmax:with_dtype", softmax_of)
same(F + "softmin " + F + "softmin:with_dtype", lambda x, dim, dtype=None, **_:
     softmax_of(-x, dim))  # fmt: skip
same("log_softmax log_softmax:with_dtype", lambda x, dim, dtype=None, **_: (
    log_softmax(x, dim) if x.ndim and x.size else x * 0))  # fmt: skip
same(F + "mse_loss", _reduced(lambda x, y, weight=None: (x - y) ** 2 * (
    1 if weight is None else weight)))  # fmt: skip
same(F + "l1_loss", _reduced(lambda x, y, weight=None: np.abs(x - y)))
same(F + "smooth_l1_loss", _reduced(lambda x, y, beta=1.0: np.where(
    (d := np.abs(x - y)) < beta, d**2 / 2 / (beta or 1), d - beta / 2)))  # fmt: skip
same(F + "huber_loss", _reduced(lambda x, y, delta=1.0, weight=None: np.where(
    (d := np.abs(x - y)) < delta, d**2 / 2, delta * (d - delta / 2))))  # fmt: skip
same(F + "soft_margin_loss", _reduced(lambda x, y: np.logaddexp(0, -y * x)))
same(F + "hinge_embedding_loss", _reduced(lambda x, y, margin=1.0: np.where(
    y == 1, 0, np.maximum(0, margin - x)) + np.where(y == -1, 0, x)))  # fmt: skip
same(F + "margin_ranking_loss", _reduced(lambda a, b, y, margin=0.0: np.maximum(
    0, -y * (a - b) + margin)))  # fmt: skip
same(F + "binary_cross_entropy", _reduced(lambda p, y, weight=None: -(
    y * np.maximum(np.log(p), -100) + (1 - y) * np.maximum(np.log1p(-p), -100)) * (
        1 if weight is None else weight)))  # fmt: skip
same(F + "binary_cross_entropy_with_logits", _reduced(
    lambda z, y, weight=None, pos_weight=None: (
        (1 - y) * np.logaddexp(0, z) + y * (1 if pos_weight is None else pos_weight)
        * np.logaddexp(0, -z)) * (1 if weight is None else weight)))  # fmt: skip
same(F + "poisson_nll_loss", _reduced(
    lambda x, y, log_input=True, full=False, eps=1e-8: (
        np.exp(x) - y * x if log_input else x - y * np.log(x + eps))
    + (np.where(y > 1, (s := np.where(y > 1, y, 1)) * np.log(s) - s + np.log(2 * np.pi * s) / 2, 0)
       if full else 0)))  # fmt: skip


def _gaussian(x: Any, y: Any, var: Any, full: bool = False, eps: float = 1e-6) -> Any:
    var = np.expand_dims(var, -1) if np.ndim(var) == x.ndim - 1 else var
    limited = np.where(var < eps, eps, var)  # but the gradient is that of var
    v = var + (limited - var).detach() if hasattr(limited, "detach") else limited
    return (np.log(v) + (x - y) ** 2 / v) / 2 + full * np.log(2 * np.pi) / 2


same(F + "gaussian_nll_loss", _reduced(_gaussian))
same(F + "kl_div", lambda x, y, reduction="mean", log_target=False, **_: (
    lambda z: np.sum(z) / x.shape[0] if reduction == "batchmean" and x.ndim else np.sum(z)
    if reduction in ("sum", "batchmean") else np.mean(z) if reduction == "mean" else z)(
        np.exp(y) * (y - x) if log_target else np.where(
            y > 0, y * np.log(np.where(y > 0, y, 1)), 0) - y * x))  # fmt: skip
same(F + "multilabel_soft_margin_loss", _reduced(lambda z, y, weight=None: np.mean((
    y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)) * (
        1 if weight is None else weight), axis=-1)))  # fmt: skip


def _cosine(a: Any, b: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    a, b = np.broadcast_arrays(a, b)
    lengths = (np.maximum(np.linalg.norm(x, axis=dim), eps) for x in (a, b))
    return np.sum(a * b, axis=dim) / np.prod(np.stack([*lengths]), axis=0)


same(F + "cosine_similarity", _cosine)
same(F + "cosine_embedding_loss", _reduced(lambda a, b, y, margin=0.0: (lambda c: np.where(
    y == 1, 1 - c, np.maximum(0, c - margin)))(np.sum(a * b, axis=-1) / np.sqrt(
        (np.sum(a * a, axis=-1) + 1e-12) * (np.sum(b * b, axis=-1) + 1e-12)))))  # fmt: skip
same(F + "triplet_margin_loss", _reduced(
    lambda a, p, n, margin=1.0, p_=2, eps=1e-6, swap=False, **k: (lambda far: np.maximum(
        0, margin + _distance(a, p, k.get("p", 2), eps) - far))(
            np.minimum(_distance(a, n, k.get("p", 2), eps), _distance(p, n, k.get("p", 2), eps))
            if swap else _distance(a, n, k.get("p", 2), eps))))  # fmt: skip


def _distance(a: Any, b: Any, p: Any = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    return np.linalg.norm(a - b + eps, p, axis=-1, keepdims=keepdim)


same(F + "pairwise_distance", _distance)
same("dist", lambda a, b, p=2: np.linalg.norm(np.ravel(a - b), p))
same("cdist", lambda a, b, p=2, compute_mode=None: np.linalg.norm(
    np.expand_dims(a, -2) - np.expand_dims(b, -3), p, axis=-1))  # fmt: skip
same(F + "pdist", lambda x, p=2: np.linalg.norm(
    x[(k := np.triu_indices(x.shape[0], 1))[0]] - x[k[1]], p, axis=-1))  # fmt: skip
same(F + "normalize", lambda x, p=2.0, dim=1, eps=1e-12, out=None: x / np.maximum(
    np.linalg.norm(x, p, axis=dim, keepdims=True) if x.ndim else np.abs(x), eps))  # fmt: skip


def _layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(-len(shape), 0))
    mean, var = (f(x, axis=axes, keepdims=True) for f in (np.mean, np.var))
    y = (x - mean) / np.sqrt(var + eps)
    return y * (1 if weight is None else weight) + (0 if bias is None else bias)


def _group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None,
                eps: float = 1e-5) -> Any:  # fmt: skip
    y = _layer_norm(z := np.reshape(x, (x.shape[0], groups, -1)), z.shape[2:], eps=eps)
    form = (1, -1) + (1,) * (x.ndim - 2)
    return np.reshape(y, x.shape) * (1 if weight is None else np.reshape(weight, form)) + (
        0 if bias is None else np.reshape(bias, form))


def _batch_norm(x: Any, mean: Any, var: Any, weight: Any = None, bias: Any = None,
                training: bool = False, momentum: float = 0.1,
                eps: float = 1e-5) -> Any:  # fmt: skip
    form, axes = (1, -1)[-x.ndim :] + (1,) * (x.ndim - 2), (0, *range(2, x.ndim))
    mean = np.mean(x, axis=axes, keepdims=True) if training else np.reshape(data(mean), form)
    var = np.var(x, axis=axes, keepdims=True) if training else np.reshape(data(var), form)
    y = (x - mean) / np.sqrt(var + eps)
    return y * (1 if weight is None else np.reshape(weight, form)) + (
        0 if bias is None else np.reshape(bias, form))


same(F + "layer_norm", _layer_norm)
same(F + "rms_norm", lambda x, shape, weight=None, eps=None: x / np.sqrt(
    np.mean(x * x, axis=tuple(range(-len(shape), 0)), keepdims=True) + (
        np.finfo(float).eps if eps is None else eps)) * (1 if weight is None else weight))
same(F + "group_norm", _group_norm)
same(F + "batch_norm", _batch_norm)
same(F + "instance_norm", lambda x, running_mean=None, running_var=None, weight=None, bias=None,
     use_input_stats=True, momentum=0.1, eps=1e-5: _group_norm(
         x, x.shape[1], weight, bias, eps))  # fmt: skip
same(F + "linear", lambda x, w, b=None: np.matmul(x, w.T) + (0 if b is None else b))
same(F + "bilinear", lambda a, b, w, bias=None: np.einsum("...i,kij,...j->...k", a, w, b) + (
    0 if bias is None else bias))  # fmt: skip
same(F + "embedding", lambda w, k, *_, **__: np.take(w, k, axis=0))


def _shuffle(x: Any, r: int) -> Any:
    *batch, c, h, w = x.shape
    y = np.moveaxis(np.reshape(x, (*batch, c // r**2, r, r, h, w)), (-4, -3), (-3, -1))
    return np.reshape(y, (*batch, c // r**2, h * r, w * r))


def _unshuffle(x: Any, r: int) -> Any:
    *batch, c, h, w = x.shape
    y = np.moveaxis(np.reshape(x, (*batch, c, h // r, r, w // r, r)), (-3, -1), (-4, -3))
    return np.reshape(y, (*batch, c * r**2, h // r, w // r))


same(F + "pixel_shuffle", lambda x, upscale_factor: _shuffle(x, upscale_factor))
same(F + "pixel_unshuffle", lambda x, downscale_factor: _unshuffle(x, downscale_factor))
same(F + "channel_shuffle", lambda x, groups: np.reshape(np.swapaxes(np.reshape(
    x, (x.shape[0], groups, -1, *x.shape[2:])), 1, 2), x.shape))  # fmt: skip
