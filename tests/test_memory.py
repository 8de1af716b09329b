"""Memory: little more than the data, and what a step frees is there for the next one."""

import gzip
import platform
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from autograd import softmax_cross_entropy
from mlp import Adam, Dense, Sequential, data


def test_an_epoch_fits_in_one_and_a_half_times_the_data(tmp_path):
    row = np.arange(784, dtype=np.uint8).tobytes()
    for name, n in ("train", 60_000), ("t10k", 10_000):
        for kind, head, numbers in (
            ("images-idx3", struct.pack(">4i", 0x803, n, 28, 28), row * n),
            ("labels-idx1", struct.pack(">2i", 0x801, n), bytes(range(10)) * (n // 10)),
        ):
            with gzip.open(tmp_path / f"{name}-{kind}-ubyte.gz", "wb", compresslevel=1) as file:
                file.write(head + numbers)

    model = Sequential([Dense(64, "relu"), Dense(32, "relu"), Dense(10)], seed=0).build(784)
    optimizer = Adam(model.parameters())
    tracemalloc.start()
    try:
        mnist = data.mnist(tmp_path)
        for images, labels in data.batches(mnist.x_train.reshape(-1, 784), mnist.y_train, 512, 0):
            loss = softmax_cross_entropy(model(images, training=True), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    own = sum(array.nbytes for array in mnist)
    assert own < peak < 1.5 * own


STEPS = """
import resource
import numpy as np
from autograd import Tensor

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def step():
    x = Tensor(np.ones((512, 512), np.float32))
    ((x * 2).relu() + 1).sum().backward()

for _ in range(3):
    step()
before = faults()
for _ in range(20):
    step()
print((faults() - before) / 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="how glibc gives memory back")
def test_what_a_step_frees_is_there_for_the_next():
    run = [sys.executable, "-c", STEPS]  # a fresh process: another may have freed large arrays
    pages = float(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
    assert pages < 256  # those of one array; without care they are 2,000
