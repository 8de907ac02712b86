"""Sparse and ragged tensors: which layers and functions take them when data arrives.

Keras builds nearly every layer on `keras.Input(sparse=True)` or `ragged=True` without a word, because it only computes
a shape there; few of them then run on TensorFlow, the one backend that has such tensors. What is listed here was run.
"""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.catalog.kind import Call, Refusal
from netdsl.diagnostics.problems.shapes import TakesNoSuchTensor
from netdsl.tensor import TensorSpec

#: Layers that run on a sparse tensor.
SPARSE_LAYERS = frozenset(
    "Add Average Maximum Minimum Multiply Subtract Concatenate Dot Dense Embedding ReversibleEmbedding "
    "Flatten Identity Permute Reshape Hashing StringLookup IntegerLookup TextVectorization CategoryEncoding "
    "Discretization GaussianDropout MaxNumBoundingBoxes".split()
)

#: Layers that run on no ragged tensor, or not while they are trained.
NOT_RAGGED_LAYERS = frozenset(
    "Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D "
    "SeparableConv1D SeparableConv2D ConvLSTM1D ConvLSTM2D ConvLSTM3D AveragePooling1D AveragePooling2D "
    "AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D AdaptiveAveragePooling1D "
    "AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D "
    "AdaptiveMaxPooling3D SimpleRNN GRU LSTM RNN SimpleRNNCell GRUCell LSTMCell StackedRNNCells Bidirectional "
    "TimeDistributed EinsumDense MultiHeadAttention GroupQueryAttention Attention AdditiveAttention Masking "
    "Permute Reshape RepeatVector Dense Dot LayerNormalization BatchNormalization GroupNormalization "
    "RMSNormalization Normalization PReLU Dropout AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D "
    "SpatialDropout2D SpatialDropout3D ActivityRegularization HashedCrossing MelSpectrogram STFTSpectrogram "
    "UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D".split()
)

#: Layers that hand what arrives on to others, or to code of the user's own.
HANDED_ON = frozenset("Lambda Pipeline SpectralNormalization".split())

#: Functions of `keras.ops` that run on a sparse tensor.
SPARSE_FUNCTIONS = frozenset(
    "abs absolute add arccos arccosh arcsin arcsinh arctan arctanh array bincount cast ceil concatenate conj "
    "conjugate convert_to_tensor copy cos cosh deg2rad digitize divide dtype empty_like erf exp exp2 "
    "expand_dims expm1 fabs floor full_like hstack imag isfinite isinf isnan isneginf isposinf isreal log "
    "log10 log1p log2 matmul maximum minimum multiply ndim negative ones_like rad2deg real reciprocal reshape "
    "round shape sign signbit sin sinh size sqrt square squeeze stop_gradient subtract sum tan tanh transpose "
    "true_divide trunc vstack zeros_like".split()
)

#: Functions of `keras.ops` that run on no ragged tensor.
NOT_RAGGED_FUNCTIONS = frozenset(
    "adaptive_average_pool adaptive_max_pool argpartition argsort array_split average_pool "
    "binary_crossentropy broadcast_to categorical_crossentropy cholesky cholesky_inverse conv conv_transpose "
    "count_nonzero cross ctc_decode ctc_loss depth_to_space depthwise_conv det diag diagonal digitize dot "
    "dot_product_attention eig eigh extract_sequences fft fft2 gcd geomspace hsplit ifft2 "
    "image.affine_transform image.crop_images image.extract_patches image.extract_patches_3d "
    "image.gaussian_blur image.hsv_to_rgb image.pad_images image.perspective_transform image.rgb_to_hsv "
    "image.scale_and_translate image.sobel_edges image.ssim in_top_k inner inv irfft istft kron lcm linspace "
    "log_softmax logaddexp2 logdet logspace lstsq lu_factor matmul matrix_rank max_pool meshgrid moveaxis pad "
    "pinv qr rfft scatter scatter_update separable_conv slice slice_update slogdet solve solve_triangular "
    "sort space_to_depth sparse_categorical_crossentropy sparsemax squeeze stft svd swapaxes take_along_axis "
    "tensordot threshold top_k trace transpose tril triu unfold unique unravel_index unstack view_as_complex".split()
)


#: Activation functions that do.
SPARSE_ACTIVATIONS = frozenset({"linear", "tanh"})

INSTEAD = {
    "sparse": "declare the input without `sparse=True`, or begin with `Dense` (of rank 2) or `Embedding`",
    "ragged": "declare the input without `ragged=True` and pad the rows to one length",
}


def check_layer(call: Call) -> None:
    """Refuse a sparse or ragged tensor at a layer that Keras builds on it and cannot run."""
    for index, x in enumerate(call.inputs):
        if x.sparse and not _runs_sparse(call, x):
            raise _refusal(x, "sparse", ("input", index))
        if x.ragged and call.kind.name in NOT_RAGGED_LAYERS:
            raise _refusal(x, "ragged", ("input", index))


def _runs_sparse(call: Call, x: TensorSpec) -> bool:
    match call.kind.name:
        case "Dense":
            return x.rank == 2
        case "CategoryEncoding":
            return bool(call.output_mode != "one_hot")
        case "Activation":
            return call.activation in SPARSE_ACTIVATIONS
        case kind:
            return kind in SPARSE_LAYERS or kind in HANDED_ON


def check_function(function: str, tensors: Iterable[TensorSpec]) -> None:
    """Refuse a sparse or ragged tensor at a function of `keras.ops` that cannot be run on it."""
    for x in tensors:
        if x.sparse and function not in SPARSE_FUNCTIONS:
            raise _refusal(x, "sparse", None)
        if x.ragged and function in NOT_RAGGED_FUNCTIONS:
            raise _refusal(x, "ragged", None)


def _refusal(x: TensorSpec, form: str, blames: tuple[str, int] | None) -> Refusal:
    return Refusal(
        TakesNoSuchTensor,
        f"{x} arrives and is {form}: Keras builds this and fails when data arrives",
        blames=blames,
        help=INSTEAD[form],
        form=form,
    )
