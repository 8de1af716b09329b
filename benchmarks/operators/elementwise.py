"""Elementwise, in NumPy's spelling."""


import numpy as np

from autograd.ops import erf, erfc, sigmoid, silu, softplus

from .table import F, same

__all__: list[str] = []

same("abs ceil copysign cos cosh deg2rad exp exp2 expm1 floor fmax fmin fmod hypot i0 log log10 "
     "log1p log2 logaddexp logaddexp2 maximum minimum positive rad2deg reciprocal remainder sign "
     "sin sinc sinh sqrt square tan tanh trunc float_power true_divide angle")  # fmt: skip
same("acos", np.arccos)
same("acosh", np.arccosh)
same("asin", np.arcsin)
same("asinh", np.arcsinh)
same("atan", np.arctan)
same("atan2", np.arctan2)
same("atanh", np.arctanh)
same("neg", np.negative)
same("mul", np.multiply)
same("pow", np.power)
same("sgn", np.sign)
same("real conj conj_physical resolve_conj resolve_neg clone contiguous alias_copy double to "
     "", lambda x, *_, **__: np.positive(x))  # fmt: skip
same("add", lambda a, b, alpha=1: a + alpha * b)
same("sub", lambda a, b, alpha=1: a - alpha * b)
same("rsub", lambda a, b, alpha=1: b - alpha * a)
same("__radd__", lambda a, b: b + a)
same("__rdiv__", lambda a, b: b / a)
same("__rmul__", lambda a, b: b * a)
same("__rmod__", lambda a, b: b % a)
same("__rpow__", lambda a, b: b**a)
same("__rsub__", lambda a, b: b - a)
same("__rmatmul__", lambda a, b: b @ a)
same("div:no_rounding_mode", lambda a, b, rounding_mode=None: a / b)
same("div:trunc_rounding", lambda a, b, rounding_mode: np.trunc(a / b))
same("div:floor_rounding", lambda a, b, rounding_mode: np.floor_divide(a, b))
same("addcmul", lambda x, a, b, value=1: x + value * a * b)
same("addcdiv", lambda x, a, b, value=1: x + value * a / b)
same("lerp", lambda a, b, w: a + w * (b - a))
same("max:binary", np.maximum)
same("min:binary", np.minimum)
same("clamp", lambda x, min=None, max=None: np.clip(x, min, max))
same("clamp_max", lambda x, high: np.minimum(x, high))
same("clamp_min", lambda x, low: np.maximum(x, low))
same("frac", lambda x: x - np.trunc(x))
same("rsqrt", lambda x: 1 / np.sqrt(x))
same("round round:decimals_0 round:decimals_3 round:decimals_neg_3",
     lambda x, decimals=0: np.round(x, decimals))  # fmt: skip
same("nan_to_num", lambda x, nan=0.0, posinf=None, neginf=None: np.nan_to_num(
    x, nan=nan or 0.0, posinf=posinf, neginf=neginf))  # fmt: skip
same("xlogy", lambda a, b: a * np.log(np.where(a == 0, 1, b)))
same("special.xlog1py", lambda a, b: a * np.log1p(np.where(a == 0, 0, b)))
same("special.entr", lambda x: -x * np.log(x))
same("logit", lambda x, eps=None: np.log(
    (p := x if eps is None else np.clip(x, eps, 1 - eps)) / (1 - p)))  # fmt: skip
same("ldexp", lambda x, n: x * 2.0**n)
same("where", lambda x, condition, y: np.where(condition, x, y))
same("masked_fill", lambda x, mask, value: np.where(mask, value, x))
same("fill", lambda x, value: x * 0 + value)
same("zero_", lambda x: x * 0)

same("sigmoid", sigmoid)
same("erf", erf)
same("erfc", erfc)
same("special.ndtr", lambda x: erfc(-x / np.sqrt(2)) / 2)
same("special.i0e", lambda x: np.i0(x) * np.exp(-np.abs(x)))
same(F + "relu", lambda x, inplace=False: np.maximum(x, 0))
same(F + "relu6", lambda x, inplace=False: np.clip(x, 0, 6))
same(F + "hardtanh", lambda x, min_val=-1.0, max_val=1.0, inplace=False: np.clip(
    x, min_val, max_val))  # fmt: skip
same(F + "hardsigmoid", lambda x, inplace=False: np.clip(x + 3, 0, 6) / 6)
same(F + "hardswish", lambda x, inplace=False: x * np.clip(x + 3, 0, 6) / 6)
same(F + "leaky_relu", lambda x, negative_slope=0.01, inplace=False: np.where(
    x > 0, x, negative_slope * x))  # fmt: skip
same(F + "prelu", lambda x, weight: np.where(x > 0, x, x * np.reshape(
    weight, (1, -1, *(1,) * (x.ndim - 2))[-x.ndim:] if x.ndim else ())))  # fmt: skip
same(F + "elu", lambda x, alpha=1.0, inplace=False: np.where(
    x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x))))  # fmt: skip
same(F + "celu", lambda x, alpha=1.0, inplace=False: np.where(
    x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x) / alpha)))  # fmt: skip
same(F + "selu", lambda x, inplace=False: 1.0507009873554804934193349852946 * np.where(
    x > 0, x, 1.6732632423543772848170429916717 * np.expm1(np.where(x > 0, 0, x))))  # fmt: skip
same(F + "silu", lambda x, inplace=False: silu(x))
same(F + "mish", lambda x, inplace=False: x * np.tanh(softplus(x)))
same(F + "softsign", lambda x: x / (1 + np.abs(x)))
same(F + "tanhshrink", lambda x: x - np.tanh(x))
same(F + "logsigmoid", lambda x: -np.logaddexp(0, -x))
same(F + "softplus", lambda x, beta=1, threshold=20: np.where(
    x * beta > threshold, x, np.logaddexp(0, np.where(x * beta > threshold, 0, x) * beta) / beta))
same(F + "threshold", lambda x, threshold, value, inplace=False: np.where(
    x > threshold, x, value))  # fmt: skip
same(F + "hardshrink", lambda x, lambd=0.5: np.where(np.abs(x) > lambd, x, 0))
same(F + "softshrink", lambda x, lambd=0.5: np.sign(x) * np.maximum(np.abs(x) - lambd, 0))
same(F + "gelu", lambda x, approximate="none": x * erfc(-x / np.sqrt(2)) / 2 if (
    approximate == "none") else x / 2 * (1 + np.tanh(
        np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))  # fmt: skip
same(F + "glu", lambda x, axis=-1, dim=-1: (lambda a, b: a * sigmoid(b))(
    *np.split(x, 2, dim if axis == -1 else axis)))  # fmt: skip
