import keras
from keras import layers

image = keras.Input((32, 32, 3))
x = image
for filters in [16, 32, 64, 128]:
    x = layers.Conv2D(filters, 3, activation="relu")(x)
    x = layers.MaxPooling2D()(x)
x = layers.Flatten()(x)
y = layers.Dense(10, activation="softmax")(x)
