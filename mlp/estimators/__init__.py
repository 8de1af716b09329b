"""scikit-learn's interface: `MLPClassifier` and `MLPRegressor`."""

from .estimators import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
