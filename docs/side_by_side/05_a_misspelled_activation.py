import keras
from keras import layers

image = keras.Input((28, 28, 1))
x = layers.Flatten()(image)
x = layers.Dense(128, activation="rleu")(x)
y = layers.Dense(10, activation="softmax")(x)
