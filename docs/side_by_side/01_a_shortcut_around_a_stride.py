import keras
from keras import layers

image = keras.Input((32, 32, 64))
x = layers.Conv2D(64, 3, strides=2, padding="same")(image)
x = layers.BatchNormalization()(x)
x = layers.ReLU()(x)
x = layers.Conv2D(64, 3, padding="same")(x)
x = layers.Add()([x, image])
