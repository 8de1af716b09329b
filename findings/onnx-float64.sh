#!/usr/bin/env bash
# Expected: an ONNX model of float64 is computed with 16 digits, wherever its operators are known.
# Seen: a number that is an attribute, as the slope of LeakyRelu, is stored in float32 whatever the
# model's type: 0.1 becomes 0.10000000149011612. And onnxruntime has no float64 LeakyRelu, Elu,
# Softplus, Erf, … at all: the model passes onnx's full check, and its loading is an error.
# Hurt: whoever exports a float64 network and compares it, or means to run it.
# Remedy: write max(x, 0.1 x) with a constant tensor, which is float64.
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
x, y = (make_tensor_value_info(name, onnx.TensorProto.DOUBLE, [2]) for name in "xy")
for op, attributes in [("Relu", {}), ("LeakyRelu", {"alpha": 0.1}), ("Softplus", {})]:
    model = make_model(make_graph([make_node(op, ["x"], ["y"], **attributes)], op, [x], [y]))
    onnx.checker.check_model(model, full_check=True)
    print(op, ReferenceEvaluator(model).run(None, {"x": np.array([-1.0, 1.0])})[0].tolist())
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        print("    loads in onnxruntime")
    except Exception as error:
        print("   ", type(error).__name__)
END
cat seen
diff - seen <<'END'
onnx 1.23.2 onnxruntime 1.32.0
Relu [0.0, 1.0]
    loads in onnxruntime
LeakyRelu [-0.10000000149011612, 1.0]
    NotImplemented
Softplus [0.31326168751822286, 1.3132616875182228]
    NotImplemented
END
