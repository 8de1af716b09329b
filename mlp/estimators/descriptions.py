"""What both estimators take and have, said once: for ``help``, and for the tips in their diagrams.

scikit-learn reads these lines from the text of a class, in NumPy's style, a parameter each.
"""

import textwrap

__all__ = ["ATTRIBUTES", "PARAMETERS"]

PARAMETERS = """\
hidden_layer_sizes : int or sequence of int, optional
    The neurons of each hidden layer.
activation : str, callable or sequence of these, optional
    ``"identity"``, ``"logistic"``, ``"tanh"``, ``"relu"``, a name of `mlp.activations` or a
    function of a Tensor; a sequence has one for each hidden layer.
solver : str or callable, optional
    ``"adam"``, ``"sgd"``, ``"lbfgs"``, a name of `mlp.optimizers` or a class from there.
alpha : float, optional
    The L2 penalty, ½α|W|² divided by the examples of a batch.
batch_size : int or "auto", optional
    The examples of a step; ``"auto"`` is 200, or all where there are fewer.
learning_rate : {"constant", "invscaling", "adaptive"}, optional
    How the rate of ``"sgd"`` goes on: as it is; divided by a power of the steps; or a fifth of it
    whenever the loss has stopped to fall.
learning_rate_init : float, optional
    The rate to begin with, of all solvers but ``"lbfgs"``.
power_t : float, optional
    The power of ``"invscaling"``.
max_iter : int, optional
    The most epochs; of ``"lbfgs"``, iterations.
shuffle : bool, optional
    Whether each epoch takes the examples in another order.
random_state : int or RandomState, optional
    Where the initial weights, the order of the examples and dropout come from.
tol : float, optional
    What counts as an improvement of the loss, or of the validation's score.
verbose : bool, optional
    Whether to print the loss of each epoch.
warm_start : bool, optional
    Whether `fit` goes on from the weights that there are.
momentum : float, optional
    The momentum of ``"sgd"``.
nesterovs_momentum : bool, optional
    Whether that is Nesterov's.
early_stopping : bool, optional
    Whether to keep examples apart, and to stop where their score improves no longer, with the
    weights of the best.
validation_fraction : float, optional
    The share that is kept apart.
beta_1 : float, optional
    How much of the mean gradient Adam keeps from step to step.
beta_2 : float, optional
    How much of the mean square Adam keeps.
epsilon : float, optional
    What Adam adds to the root of that square.
n_iter_no_change : int, optional
    After how many epochs without an improvement it ends.
max_fun : int, optional
    How often ``"lbfgs"`` may compute the loss.
dropout : float or sequence of float, optional
    The share of outputs of each hidden layer that is set to 0 while training."""

ATTRIBUTES = """\
network_ : Sequential
    The network.
coefs_ : list of ndarray
    The weights of each layer, (fan_in, fan_out); one that is set is the network's.
intercepts_ : list of ndarray
    The biases of each layer; one that is set is the network's.
loss_ : float
    The loss of the last epoch.
loss_curve_ : list of float
    The loss of each epoch.
best_loss_ : float or None
    The lowest; None with ``early_stopping``.
validation_scores_ : list of float or None
    The score of each epoch, with ``early_stopping``.
best_validation_score_ : float or None
    The highest of them.
n_iter_ : int
    The epochs of the last `fit`.
t_ : int
    How many examples were looked at.
n_layers_ : int
    The layers, inputs among them.
n_outputs_ : int
    The outputs.
out_activation_ : str
    Their activation.
n_features_in_ : int
    The features of an example.
feature_names_in_ : ndarray of str
    Their names, where the examples had names."""

PARAMETERS, ATTRIBUTES = (
    textwrap.indent(text, "    ").strip() for text in (PARAMETERS, ATTRIBUTES))  # fmt: skip
