"""Small data sets: scikit-learn's, toy problems, and images of shapes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import as_array, check_masked
from ..given import generator, number, whole
from .moments import moments

__all__ = [
    "Dataset", "blobs", "circles", "diabetes", "digits", "iris", "moons", "one_hot", "shapes",
    "spiral", "standardize", "xor",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Dataset:
    """A small data set; it unpacks as x, y.

    Attributes
    ----------
    x : ndarray of float64
        Examples, of shape (examples, features).
    y : ndarray
        Classes from 0 (int64), or the numbers to predict (float64), of shape (examples,).
    feature_names, target_names : tuple of str
        What the columns of x and the classes are called; empty where they have no names.
    description : str
        What it is, in a sentence.
    image_shape : tuple of int
        Rows and columns where an example is an image; empty where it is not.
    encoder : TableEncoder or None
        What made x and y of a table's rows, and makes them of new ones.

    Examples
    --------
    >>> train, test = iris().split(0.2, seed=0)
    >>> x, y = train
    >>> x.shape, len(test)
    ((120, 4), 30)
    """

    x: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    description: str = ""
    image_shape: tuple[int, ...] = ()
    encoder: Any = None

    def __post_init__(self) -> None:
        check_masked(self.x, "Dataset: x")
        check_masked(self.y, "Dataset: y")

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.x, self.y))

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        examples, features = self.x.shape
        kind = f"{len(np.unique(self.y))} classes" if self.y.dtype.kind == "i" else "a number each"
        return f"<Dataset: {examples} examples of {features} features, {kind}>"

    def split(self, test: float = 0.2, *, seed: int = 0) -> tuple["Dataset", "Dataset"]:
        """Divide it at random into a part to learn from and a part to test on.

        Each class has the same share of both, as nearly as can be.

        Parameters
        ----------
        test : float or int, optional
            The share of examples to test on, or their number.
        seed : int, optional
            The same seed gives the same parts.

        Raises
        ------
        ValueError
            If one of the parts would be empty, or a class would be in the second alone.
        """
        classes = self.y if self.y.dtype.kind == "i" else None
        parts = split_rows(len(self), test, classes, seed)
        return tuple(replace(self, x=self.x[rows], y=self.y[rows]) for rows in parts)


def split_rows(
    n: int, test: float, classes: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Divide the row numbers below n at random; with classes, each by the same share."""
    share = isinstance(test, float) and test < 1
    wanted = round(n * test) if share else whole(test, "split: test, where it is no share,", 0)
    order = generator(seed, "split: seed").permutation(n)
    keep = np.zeros(0, np.int64)
    if classes is not None:  # sorted by class, every k-th row is a fair share of each
        order = order[np.argsort(classes[order], kind="stable")]
        first = np.unique(classes[order], return_index=True)[1]
        keep, order = order[first], np.delete(order, first)  # no class is only to be tested
    least = max(len(keep), 1)
    if not 1 <= wanted <= n - least:
        raise ValueError(f"split: test={test!r} makes {wanted} of {n} examples the test set; "
                         f"at least 1 must be there, and {least} must remain")  # fmt: skip
    chosen = ((np.arange(wanted) + 0.5) * len(order) / wanted).astype(int)
    parts = np.concatenate([keep, np.delete(order, chosen)]), order[chosen]
    return tuple(np.random.default_rng(seed).permutation(part) for part in parts)


def standardize(train: Dataset, *others: Dataset) -> tuple[Dataset, ...]:
    """Shift and scale each feature to mean 0 and standard deviation 1 on the first data set.

    The others are shifted and scaled by the same numbers, so that nothing of a test set is learned.
    A feature that is always the same, but for the rounding of its type, becomes 0. All is computed
    in float64; float16 and float32 stay what they are.

    Examples
    --------
    >>> train, test = standardize(*iris().split())
    >>> bool(abs(train.x.mean()) < 1e-12), bool(abs(test.x.mean()) < 1e-12)
    (True, False)
    """
    for some in (train, *others):
        if not isinstance(some, Dataset):
            raise TypeError(f"standardize: train and others are Datasets, got {some!r:.60}: write "
                            "Dataset(x, y)")  # fmt: skip
    kind = train.x.dtype if train.x.dtype.kind == "f" else np.dtype(float)
    mean, deviation = moments(train.x)
    deviation[deviation == 0] = 1

    def standardized(x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            distance = x.astype(float) - mean
        far = np.isinf(distance)
        y = distance / deviation
        if far.any():
            y = np.where(far, (x / 4 - mean / 4) / (deviation / 4), y)
        return y.astype(kind, copy=False)

    return tuple(replace(some, x=standardized(some.x)) for some in (train, *others))


def one_hot(y: Any, classes: int | None = None) -> np.ndarray:
    """Write classes from 0 as rows with a 1 in the place of the class, and 0 elsewhere.

    Parameters
    ----------
    y : array_like of int
        Classes, of shape (examples,).
    classes : int, optional
        How many there are; as many as y shows if not given.

    Raises
    ------
    ValueError
        If y is not one whole number from 0 to below `classes` an example.

    Examples
    --------
    >>> one_hot([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    """
    y = as_array(y, "one_hot: y")
    if y.ndim != 1 or y.dtype.kind not in "biu" or not len(y):
        raise ValueError(f"one_hot: one whole number an example, got {y!r:.60}")
    y = y.astype(np.int64)
    classes = int(y.max()) + 1 if classes is None else whole(classes, "one_hot: classes")
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(f"one_hot: classes are 0…{classes - 1}, got {y.min()}…{y.max()}")
    return np.eye(classes)[y]


def digits() -> Dataset:
    """Load scikit-learn's handwritten digits: 1797 images of 8 × 8, numbers from 0 to 16.

    Examples
    --------
    >>> digits().x.shape, digits().target_names[:3]
    ((1797, 64), ('0', '1', '2'))
    """
    from sklearn.datasets import load_digits

    return _named(load_digits(), "Handwritten digits, scaled down to 8 × 8 pixels.", (8, 8))


def iris() -> Dataset:
    """Load Fisher's irises: 150 flowers, 4 lengths in cm, 3 species.

    Examples
    --------
    >>> iris().x.shape, iris().target_names
    ((150, 4), ('setosa', 'versicolor', 'virginica'))
    """
    from sklearn.datasets import load_iris

    return _named(load_iris(), "Irises of three species, by the sizes of their leaves.")


def diabetes() -> Dataset:
    """Load a regression: 442 patients, 10 features (centred, scaled), the disease a year later.

    Examples
    --------
    >>> diabetes().x.shape, diabetes().feature_names[:3]
    ((442, 10), ('age', 'sex', 'bmi'))
    """
    from sklearn.datasets import load_diabetes

    return _named(load_diabetes(), "How far diabetes has progressed a year later.")


def _named(bunch: Any, description: str, image_shape: tuple[int, ...] = ()) -> Dataset:
    names = (tuple(map(str, bunch.get(key, ()))) for key in ("feature_names", "target_names"))
    return Dataset(bunch.data, bunch.target, *names, description, image_shape)


def _points(x: np.ndarray, y: np.ndarray, description: str) -> Dataset:
    features = tuple(f"x{i + 1}" for i in range(x.shape[1]))
    classes = tuple(f"class {k}" for k in range(int(y.max()) + 1))
    return Dataset(x, y.astype(np.int64), features, classes, description)


def xor(n: int = 4, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """Make n points at the corners of the unit square in turn, of class x₁ XOR x₂.

    `noise` is the standard deviation of what is added to each coordinate.

    Examples
    --------
    >>> x, y = xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    corner = np.arange(whole(n, "xor: n")) % 4
    x = np.stack([corner // 2, corner % 2], axis=1)
    return _points(x + _noise("xor", noise, x.shape, seed), x[:, 0] ^ x[:, 1], "XOR of two bits.")


def moons(n: int = 200, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Make n points on two half circles that interlock, with noise of a standard deviation.

    Examples
    --------
    >>> moons(100).x.shape
    (100, 2)
    """
    from sklearn.datasets import make_moons

    x, y = make_moons(whole(n, "moons: n"), noise=number(noise, "moons: noise", "from 0"),
                      random_state=_seed(seed, "moons"))  # fmt: skip
    return _points(x, y, "Two half circles that interlock.")


def circles(n: int = 200, *, noise: float = 0.1, factor: float = 0.5, seed: int = 0) -> Dataset:
    """Make n points on two circles, of radius 1 (class 0) and `factor` (class 1), with noise.

    Examples
    --------
    >>> circles(100).x.shape
    (100, 2)
    """
    from sklearn.datasets import make_circles

    x, y = make_circles(
        whole(n, "circles: n"), noise=number(noise, "circles: noise", "from 0"),
        factor=number(factor, "circles: factor", "from 0 to below 1"),
        random_state=_seed(seed, "circles"))  # fmt: skip
    return _points(x, y, "A circle within a circle.")


def spiral(
    n: int = 300, *, classes: int = 3, turns: float = 0.75, noise: float = 0.1, seed: int = 0
) -> Dataset:
    """Make n points on as many spiral arms as classes, which wind from the centre to radius 1.

    An arm goes round `turns` times; `noise` is the standard deviation of the angle, in radians.

    Examples
    --------
    >>> spiral(6).y.tolist()
    [0, 1, 2, 0, 1, 2]
    """
    k = np.arange(whole(n, "spiral: n"))
    y = k % whole(classes, "spiral: classes")
    radius = (k + 1) / n
    turns = number(turns, "spiral: turns")
    angle = 2 * np.pi * (turns * radius + y / classes) + _noise("spiral", noise, k.shape, seed)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _points(x, y, "Spiral arms that wind around each other.")


def blobs(
    n: int = 200, *, classes: int = 3, features: int = 2, spread: float = 1.0, seed: int = 0
) -> Dataset:
    """Make n points in Gaussian clouds, one a class, of the standard deviation `spread`.

    Examples
    --------
    >>> blobs(100, features=5).x.shape
    (100, 5)
    """
    from sklearn.datasets import make_blobs

    x, y = make_blobs(
        whole(n, "blobs: n"), whole(features, "blobs: features"),
        centers=whole(classes, "blobs: classes"),
        cluster_std=number(spread, "blobs: spread", "from 0"),
        random_state=_seed(seed, "blobs"))  # fmt: skip
    return _points(x, y, "Gaussian clouds.")


SHAPES = ("disc", "square", "triangle", "cross")


def shapes(n: int = 400, *, size: int = 16, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Make n small images of discs, squares, triangles and crosses in turn.

    They differ in place, size and angle, and have `size` pixels a side, of a brightness from 0 to
    1; `noise` is the standard deviation of what is added to each before it is cut off there.

    Examples
    --------
    >>> images = shapes(100)
    >>> images.x.shape, images.image_shape, images.target_names
    ((100, 256), (16, 16), ('disc', 'square', 'triangle', 'cross'))
    """
    rng, noise = generator(seed, "shapes: seed"), number(noise, "shapes: noise", "from 0")
    y = np.arange(whole(n, "shapes: n")) % len(SHAPES)
    place, radius, angle = (
        rng.uniform(low, high, (count, n, 1, 1))
        for low, high, count in ((0.4, 0.6, 2), (0.2, 0.36, 1), (0, 2 * np.pi, 1))
    )
    pixels = (np.arange(whole(size, "shapes: size")) + 0.5) / size
    across, down = (pixels - place[0]) / radius[0], (pixels[:, None] - place[1]) / radius[0]
    u = across * np.cos(angle[0]) + down * np.sin(angle[0])
    v = down * np.cos(angle[0]) - across * np.sin(angle[0])
    longest = np.maximum(np.abs(u), np.abs(v))
    distance = np.choose(y[:, None, None], [  # from the edge, below 0 inside
        np.hypot(u, v) - 1,
        longest - 0.85,
        np.maximum(v, np.abs(u) * np.sqrt(0.75) - v / 2) - 0.6,
        np.maximum(np.minimum(np.abs(u), np.abs(v)) - 0.3, longest - 1),
    ])  # fmt: skip
    x = np.clip(0.5 - distance * radius[0] * size, 0, 1) + rng.normal(0, noise, distance.shape)
    return Dataset(np.clip(x, 0, 1).reshape(n, -1), y, (), SHAPES, "Small images of four shapes.",
                   (size, size))  # fmt: skip


def _seed(seed: Any, name: str) -> int | None:
    return None if seed is None else whole(seed, f"{name}: seed", 0)


def _noise(name: str, deviation: float, shape: tuple[int, ...], seed: int) -> np.ndarray:
    deviation = number(deviation, f"{name}: noise", "from 0")
    return generator(seed, f"{name}: seed").normal(0.0, deviation, shape)
