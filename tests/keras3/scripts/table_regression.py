"""A regression on a table: normalization as a layer, a validation split, early stopping."""

import keras
import pandas as pd
from keras import layers
from sklearn.datasets import load_diabetes

dataset = load_diabetes(as_frame=True).frame
train_dataset = dataset.sample(frac=0.8, random_state=0)
test_dataset = dataset.drop(train_dataset.index)
train_features, test_features = train_dataset.copy(), test_dataset.copy()
train_labels, test_labels = train_features.pop("target"), test_features.pop("target")

normalizer = layers.Normalization(axis=-1)
normalizer.adapt(train_features.to_numpy())


def build_and_compile_model(norm):
    model = keras.Sequential([
        norm,
        layers.Dense(64, activation="relu"),
        layers.Dense(64, activation="relu", kernel_regularizer=keras.regularizers.l2(0.001)),
        layers.Dense(1),
    ])  # fmt: skip
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=50, decay_rate=0.9)
    model.compile(loss="mean_absolute_error", optimizer=keras.optimizers.RMSprop(schedule),
                  metrics=["mse", keras.metrics.RootMeanSquaredError(), keras.metrics.R2Score()]
                  )  # fmt: skip
    return model


model = build_and_compile_model(normalizer)
early_stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=10)
history = model.fit(train_features, train_labels, validation_split=0.2, verbose=0, epochs=12,
                    callbacks=[early_stop])  # fmt: skip
hist = pd.DataFrame(history.history)
hist["epoch"] = history.epoch
print(hist.tail())
results = model.evaluate(test_features, test_labels, verbose=0)
predictions = model.predict(test_features).flatten()
