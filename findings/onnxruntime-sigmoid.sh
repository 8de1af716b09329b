#!/usr/bin/env bash
# Expected: the sigmoid of −20 is 2.06e-9, far inside float32, which reaches down to 1e-38.
# Seen: onnxruntime's float32 Sigmoid of it is exactly 0 (on x86-64), and the Log of that −inf. In
# float64 it is 2.06e-9, and so it is in onnx's own reference implementation, in either type.
# Hurt: whoever exports a classifier with its sigmoid, and takes a logarithm, or ranks by small
# probabilities: all are equal there. Remedy: export the logits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'numpy==2.4.6' 'onnx==1.23.2' \
    'onnxruntime==1.32.0'

bin/python - >seen <<'END'
import numpy as np, onnx, onnxruntime
from onnx.helper import make_graph, make_model, make_node, make_tensor_value_info
from onnx.reference import ReferenceEvaluator

print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
for kind, dtype in [(onnx.TensorProto.FLOAT, "float32"), (onnx.TensorProto.DOUBLE, "float64")]:
    x, p, y = (make_tensor_value_info(name, kind, [2]) for name in "xpy")
    nodes = [make_node("Sigmoid", ["x"], ["p"]), make_node("Log", ["p"], ["y"])]
    model = make_model(make_graph(nodes, "log_sigmoid", [x], [p, y]))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    for name, runtime in [("onnxruntime", session), ("reference", ReferenceEvaluator(model))]:
        for numbers in runtime.run(None, {"x": np.array([-10, -20], dtype)}):
            print(dtype, name, *(f"{number:.3g}" for number in numbers))
END
cat seen
diff - seen <<'END'
onnx 1.23.2 onnxruntime 1.32.0
float32 onnxruntime 4.54e-05 0
float32 onnxruntime -10 -inf
float32 reference 4.54e-05 2.06e-09
float32 reference -10 -20
float64 onnxruntime 4.54e-05 2.06e-09
float64 onnxruntime -10 -20
float64 reference 4.54e-05 2.06e-09
float64 reference -10 -20
END
