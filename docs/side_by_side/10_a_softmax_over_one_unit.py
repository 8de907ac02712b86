import keras
import numpy as np
from keras import layers

features = keras.Input((20,))
x = layers.Dense(32, activation="relu")(features)
spam = layers.Dense(1, activation="softmax")(x)
model = keras.Model(features, spam)
model.compile(optimizer="adam", loss="binary_crossentropy")
model.fit(np.zeros((8, 20)), np.zeros(8), verbose=0)
