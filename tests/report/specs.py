"""Specs whose summaries the tests look at."""

LENET = """model LeNet(classes: int = 10) {
    input image: [32, 32, 3]
    output logits = image
        -> Conv2D(6, 5, activation=tanh) -> AveragePooling2D(2)
        -> Conv2D(16, 5, activation=tanh) -> AveragePooling2D(2)
        -> Flatten() -> Dense(120) -> Dense(84) -> Dense(classes)
}
"""

RESIDUAL = """block conv_bn(filters: int, act: activation = relu) =
    Conv2D(filters, 3, padding="same", use_bias=False) -> BatchNormalization() -> Activation(act)

block residual(filters: int) {
    input x
    output x + (x -> conv_bn(filters) -> conv_bn(filters, act=linear)) -> ReLU()
}

model Net(depth: int = 4) {
    input image: [8, 8, 3]
    output probs = image -> conv_bn(16) -> repeat depth { residual(16) } -> Flatten() -> Dense(10)
}
"""

SHARED = """model Siamese {
    input a: [8]
    input b: [8]
    layer embed = Dense(4)
    output y = [a -> embed, b -> embed] -> Concatenate()
}
"""

FROZEN = """model Frozen {
    input x: [8]
    output y = x -> Dense(4, trainable=False) -> BatchNormalization() -> Dense(2)
}
"""

SYMBOLIC = """model U {
    input x: [H, W, 3]
    low = x -> MaxPooling2D(2) -> MaxPooling2D(2) -> UpSampling2D(4)
    output y = [x, low] -> Concatenate() -> Conv2D(1, 1)
}
"""

NESTED = """model Inner {
    input x: [8]
    output y = x -> Dense(4) -> Dense(4, trainable=False)
}

model Outer {
    input x: [8]
    output y = x -> Inner() -> Dense(2)
}
"""
