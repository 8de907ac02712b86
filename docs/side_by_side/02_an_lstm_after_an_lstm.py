import keras
from keras import layers

words = keras.Input((100,), dtype="int32")
x = layers.Embedding(10_000, 64)(words)
x = layers.LSTM(128)(x)
x = layers.LSTM(64)(x)
y = layers.Dense(1, activation="sigmoid")(x)
