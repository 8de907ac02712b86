import keras
import numpy as np
from keras import layers

image = keras.Input((28, 28))
x = layers.Flatten()(image / 255.0)
digit = layers.Dense(10, activation="softmax")(x)
model = keras.Model(image, digit)
model.compile(optimizer="adam", loss="categorical_crossentropy")
images, labels = np.zeros((8, 28, 28)), np.arange(8)  # as keras.datasets.mnist gives them
model.fit(images, labels, verbose=0)
