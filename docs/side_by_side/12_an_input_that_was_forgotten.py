import keras
from keras import layers

image = keras.Input((28, 28, 1))
age = keras.Input((1,))
x = layers.Flatten()(image)
x = layers.Concatenate()([x, age])
risk = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(image, risk)
