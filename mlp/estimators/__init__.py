"""scikit-learn's interface: `MLPClassifier` and `MLPRegressor`; searches, here and elsewhere."""

from .estimators import MLPClassifier, MLPRegressor
from .parallel import workers
from .search import kept_search, results_table

__all__ = ["MLPClassifier", "MLPRegressor", "kept_search", "results_table", "workers"]
