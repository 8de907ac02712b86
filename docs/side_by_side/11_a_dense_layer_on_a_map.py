import keras
import numpy as np
from keras import layers

image = keras.Input((32, 32, 3))
x = layers.Conv2D(32, 3, activation="relu")(image)
x = layers.MaxPooling2D()(x)
x = layers.Dense(64, activation="relu")(x)
kind = layers.Dense(10, activation="softmax")(x)
model = keras.Model(image, kind)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(np.zeros((8, 32, 32, 3)), np.arange(8), verbose=0)
