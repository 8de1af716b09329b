"""Two classes: a sigmoid, input_dim, class weights, and what is found and missed."""

import numpy as np
from keras import callbacks, metrics
from keras.layers import BatchNormalization, Dense, Dropout
from keras.models import Sequential
from sklearn.datasets import load_breast_cancer

data = load_breast_cancer()
X, y = data.data, data.target
X = (X - X.mean(axis=0)) / X.std(axis=0)
counts = np.bincount(y)
class_weight = {0: len(y) / (2.0 * counts[0]), 1: len(y) / (2.0 * counts[1])}

model = Sequential()
model.add(Dense(12, input_dim=30, activation="relu", kernel_initializer="he_uniform"))
model.add(BatchNormalization())
model.add(Dropout(0.3))
model.add(Dense(8, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=[
    "accuracy",
    metrics.TruePositives(name="tp"), metrics.FalsePositives(name="fp"),
    metrics.TrueNegatives(name="tn"), metrics.FalseNegatives(name="fn"),
    metrics.Precision(name="precision"), metrics.Recall(name="recall"),
    metrics.AUC(name="auc"), metrics.AUC(name="prc", curve="PR"),
])  # fmt: skip
plateau = callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=0.05)
history = model.fit(X, y, epochs=6, batch_size=10, verbose=0, class_weight=class_weight,
                    callbacks=[plateau])  # fmt: skip
results = model.evaluate(X, y, verbose=0)
print(f"Accuracy: {results[1] * 100:.2f}")
predictions = model.predict(X[:50])
classes = (predictions > 0.5).astype(int)
