import keras
from keras import layers


def level(filters, x):
    return layers.Conv2D(filters, 3, padding="same", activation="relu")(x)


image = keras.Input((100, 100, 1))
e1 = level(16, image)
e2 = level(32, layers.MaxPooling2D()(e1))
e3 = level(64, layers.MaxPooling2D()(e2))
middle = level(128, layers.MaxPooling2D()(e3))
d3 = level(64, layers.Concatenate()([layers.UpSampling2D()(middle), e3]))
d2 = level(32, layers.Concatenate()([layers.UpSampling2D()(d3), e2]))
d1 = level(16, layers.Concatenate()([layers.UpSampling2D()(d2), e1]))
mask = layers.Conv2D(1, 1, activation="sigmoid")(d1)
