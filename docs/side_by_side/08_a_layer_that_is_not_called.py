import keras
from keras import layers

image = keras.Input((28, 28, 1))
x = layers.Conv2D(32, 3, activation="relu")(image)
x = layers.Flatten(x)
y = layers.Dense(10, activation="softmax")(x)
