"""Irises, by layers with names: one-hot targets, a summary, scikit-learn around it."""

from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import Adam
from keras.utils import to_categorical
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

iris = load_iris()
X = StandardScaler().fit_transform(iris["data"])
y = to_categorical(iris["target"], num_classes=3)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=2)

model = Sequential(name="iris")
model.add(Dense(10, input_shape=(4,), activation="relu", name="fc1"))
model.add(Dense(10, activation="relu", name="fc2"))
model.add(Dense(3, activation="softmax", name="output"))

optimizer = Adam(learning_rate=0.001)
model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
print("Neural Network Model Summary: ")
model.summary()

history = model.fit(X_train, y_train, verbose=2, batch_size=5, epochs=20)
results = model.evaluate(X_test, y_test)
print(f"Final test set loss: {results[0]:.4f}, accuracy: {results[1]:.4f}")
predictions = model.predict(X_test)
