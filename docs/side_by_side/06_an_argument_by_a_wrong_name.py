import keras
from keras import layers

image = keras.Input((32, 32, 3))
x = layers.Conv2D(32, 3, stride=2, padding="same")(image)
x = layers.GlobalAveragePooling2D()(x)
y = layers.Dense(10)(x)
