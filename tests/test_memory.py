"""An epoch of MNIST takes little more memory than the images themselves."""

import gzip
import struct
import tracemalloc

import numpy as np

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
