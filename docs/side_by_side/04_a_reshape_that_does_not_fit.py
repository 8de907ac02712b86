import keras
from keras import layers

noise = keras.Input((100,))
x = layers.Dense(7 * 7 * 128)(noise)
x = layers.Reshape((7, 7, 64))(x)
x = layers.Conv2DTranspose(64, 4, strides=2, padding="same")(x)
y = layers.Conv2DTranspose(1, 4, strides=2, padding="same")(x)
