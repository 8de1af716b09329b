"""The beginners' script on handwritten digits: Flatten, one hidden layer, dropout, logits."""

import keras
import numpy as np

print("Keras", keras.__version__)
mnist = keras.datasets.mnist

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0

model = keras.models.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dropout(0.2),
    keras.layers.Dense(10),
])  # fmt: skip
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])

history = model.fit(x_train, y_train, epochs=3)
results = model.evaluate(x_test, y_test, verbose=2)

probability_model = keras.Sequential([model, keras.layers.Softmax()])
predictions = probability_model.predict(x_test[:5])
print(np.argmax(predictions, axis=1), y_test[:5])
