"""Trainable parameters of the shelf's networks: figures that were published, or worked out here from the papers."""

from __future__ import annotations

from itertools import pairwise

import pytest

from netdsl.analyse.receptive import receptive_fields
from tests.language.front_door import compiled
from tests.zoo.specs import made, path_of, spec

#: By file and model, what is trained, and who says so.
PUBLISHED = [
    ("lenet1998", "LeNet1998", 60_000),  # section II.B of the paper
    ("alexnet", "AlexNet", 60_965_224),  # bvlc_alexnet of Caffe
    ("alexnet", "AlexNetUndivided", 62_378_344),
    ("alexnet", "OneWeirdTrick", 61_100_840),  # alexnet of torchvision
    ("network_in_network", "NetworkInNetwork", 966_986),
    ("network_in_network", "NetworkInNetworkImageNet", 7_595_176),  # 29 MB in Caffe's model zoo
    ("resnext50", "ResNeXt50", 25_028_904),  # resnext50_32x4d of torchvision
    ("se_resnet50", "SEResNet50", 28_088_024),  # seresnet50 of timm
    ("wide_resnet", "WideResNet", 36_479_194),  # 36.5 million in the paper's table 4
    ("squeezenet", "SqueezeNet", 1_248_424),  # table 1 of the paper
    ("squeezenet", "SqueezeNet11", 1_235_496),  # squeezenet1_1 of torchvision
    (
        "shufflenet_v2",
        "ShuffleNetV2Half",
        1_366_792,
    ),  # shufflenet_v2_x0_5 of torchvision, and so on
    ("shufflenet_v2", "ShuffleNetV2", 2_278_604),
    ("shufflenet_v2", "ShuffleNetV2OneAndAHalf", 3_503_624),
    ("shufflenet_v2", "ShuffleNetV2Double", 7_393_996),
    (
        "efficientnet_lite",
        "EfficientNetLite0",
        4_652_008,
    ),  # 4.7, 5.4, 6.1, 8.2, 13.0 million of the authors
    ("efficientnet_lite", "EfficientNetLite1", 5_416_680),
    ("efficientnet_lite", "EfficientNetLite2", 6_092_072),
    ("efficientnet_lite", "EfficientNetLite3", 8_197_096),
    ("efficientnet_lite", "EfficientNetLite4", 13_006_568),
    ("regnet_y", "RegNetY400MF", 4_344_144),  # regnet_y_400mf of torchvision
    (
        "regnet_y",
        "RegNetY8GF",
        39_180_068,
    ),  # regnety_080 of timm; 39.2 million in the paper's table 4
    ("yolov3", "YOLOv3", 61_949_149),  # yolov3 of Ultralytics for 80 classes
    ("yolov8", "YOLOv8n", 3_157_200 - 16),  # as Ultralytics prints them; sixteen are not trained
    ("yolov8", "YOLOv8s", 11_166_560 - 16),
    ("yolov8", "YOLOv8m", 25_902_640 - 16),
    ("yolov8", "YOLOv8l", 43_691_520 - 16),
    ("yolov8", "YOLOv8x", 68_229_648 - 16),
    ("cyclegan", "CycleGANGenerator", 11_378_179),  # 11.378 million in the authors' code
    ("cyclegan", "CycleGANDiscriminator", 2_764_737),  # 2.765 million there
    ("autoencoder", "Autoencoder", 28_353),  # the example of keras.io
    ("text_classifiers", "LSTMClassifier", 2_757_761),  # the example of keras.io
    ("mlp_mixer", "MixerS16", 18_528_264),  # mixer_s16_224 of timm, and so on
    ("mlp_mixer", "MixerB16", 59_880_472),
    ("mlp_mixer", "MixerL16", 208_196_168),
    (
        "mobilevit",
        "MobileViTS",
        5_578_632,
    ),  # mobilevit_s of timm; 5.6, 2.3, 1.3 million in the paper
    ("mobilevit", "MobileViTXS", 2_317_848),
    ("mobilevit", "MobileViTXXS", 1_272_024),
    ("unet", "UNet", 31_030_658),
    ("ddpm", "DDPM", 35_746_307),  # 35.7 million in appendix B of the paper
    ("vit", "ViTB16", 86_567_656),  # vit_b_16 of torchvision, and so on
    ("vit", "ViTB32", 88_224_232),
    ("vit", "ViTL16", 304_326_632),
    ("swin", "SwinT", 28_288_354),  # swin_t of torchvision, and so on
    ("swin", "SwinS", 49_606_258),
    ("swin", "SwinB", 87_768_224),
    ("bert", "BERTBase", 109_482_240),  # bert-base-uncased without heads
    ("bert", "BERTLarge", 335_141_888),
    ("gpt2", "GPT2", 124_439_808),  # 124, 355, 774 and 1,558 million of the authors' files
    ("gpt2", "GPT2Medium", 354_823_168),
    ("gpt2", "GPT2Large", 774_030_080),
    ("gpt2", "GPT2XL", 1_557_611_200),
]


def trained(stem: str, model: str) -> int:
    return int(made(path_of(stem)).model(model).totals["trainable_parameters"])


@pytest.mark.parametrize(
    ("stem", "model", "parameters"), PUBLISHED, ids=[m for _, m, _ in PUBLISHED]
)
def test_what_is_trained_is_what_was_published(stem: str, model: str, parameters: int) -> None:
    assert trained(stem, model) == parameters


# -- worked out from the papers ---------------------------------------------------------------------


def conv(kernel: int, before: int, after: int, bias: bool = True) -> int:
    """Weights of a convolution with a square kernel."""
    return kernel * kernel * before * after + bias * after


def test_wide_resnet_is_the_sum_of_its_groups() -> None:
    total = conv(3, 3, 16, bias=False)
    before = 16
    for filters in (160, 320, 640):
        for unit in range(4):
            arrives = before if unit == 0 else filters
            total += 2 * arrives + conv(3, arrives, filters, bias=False)
            total += 2 * filters + conv(3, filters, filters, bias=False)
            total += conv(1, arrives, filters, bias=False) if unit == 0 else 0
        before = filters
    assert trained("wide_resnet", "WideResNet") == total + 2 * 640 + 641 * 10


def norm(channels: int) -> int:
    """A scale and a shift for each channel."""
    return 2 * channels


#: ResNet-101 of torchvision without its classifier.
RESNET101 = 44_549_160 - 2_049_000


def test_retinanet_is_torchvisions_with_its_sixth_level_from_the_fifth_stage() -> None:
    """That has 34,014,999 for 91 classes: norms of the backbone frozen, P6 made of P5 in place of C5."""
    frozen, from_p5, from_c5 = 53_120, conv(3, 256, 256), conv(3, 2048, 256)
    other_classes = (91 - 80) * 9 * (9 * 256 + 1)
    expected = 34_014_999 + frozen - from_p5 + from_c5 - other_classes
    assert trained("retinanet", "RetinaNet") == expected


def test_deeplab_is_its_backbone_its_pyramid_and_its_decoder() -> None:
    pyramid = 2 * (conv(1, 2048, 256, bias=False) + norm(256))
    pyramid += 3 * (conv(3, 2048, 256, bias=False) + norm(256))
    pyramid += conv(1, 5 * 256, 256, bias=False) + norm(256)
    decoder = conv(1, 256, 48, bias=False) + norm(48)
    decoder += conv(3, 256 + 48, 256, bias=False) + norm(256)
    decoder += conv(3, 256, 256, bias=False) + norm(256) + conv(1, 256, 21)
    assert trained("deeplabv3_plus", "DeepLabV3Plus") == RESNET101 + pyramid + decoder


def test_unet_plus_plus_is_the_sum_of_its_nodes() -> None:
    """The paper's table 3 says 9.04 million."""
    widths = [32, 64, 128, 256, 512]
    total = 0
    for level, width in enumerate(widths):
        before = 3 if level == 0 else widths[level - 1]
        total += conv(3, before, width) + conv(3, width, width)
        for place in range(1, 5 - level):
            total += conv(2, widths[level + 1], width)
            total += conv(3, (place + 1) * width, width) + conv(3, width, width)
    assert trained("unet_plus_plus", "UNetPlusPlus") == total + 4 * conv(1, 32, 1)
    assert round(total / 1e6, 2) == 9.04


def test_dcgan_is_the_sum_of_figure_1() -> None:
    widths = [1024, 512, 256, 128]
    between = sum(conv(5, a, b, bias=False) for a, b in pairwise(widths))
    norms = sum(norm(width) for width in widths)
    generator = 100 * 16 * 1024 + norms + between + conv(5, 128, 3)
    discriminator = conv(5, 3, 128) + between + norms - norm(128) + (16 * 1024 + 1)
    assert trained("dcgan", "DCGANGenerator") == generator
    assert trained("dcgan", "DCGANDiscriminator") == discriminator


def test_critic_is_the_sum_of_its_units() -> None:
    first = conv(3, 3, 128) + conv(3, 128, 128) + conv(1, 3, 128)
    halved = 2 * conv(3, 128, 128) + conv(1, 128, 128)
    assert trained("wgan_gp", "WGANGPCritic") == first + halved + 4 * conv(3, 128, 128) + 129


def lstm(before: int, units: int) -> int:
    return 4 * (before + units + 1) * units


def test_crnn_is_the_sum_of_table_1() -> None:
    """The paper says 8.3 million."""
    total = conv(3, 1, 64) + conv(3, 64, 128) + conv(3, 128, 256) + conv(3, 256, 256)
    total += conv(3, 256, 512, bias=False) + conv(3, 512, 512, bias=False) + 2 * norm(512)
    total += conv(2, 512, 512) + 2 * lstm(512, 256) + (512 + 1) * 256 + 2 * lstm(256, 256)
    assert trained("crnn", "CRNN") == total + (512 + 1) * 37
    assert round(total / 1e6, 1) == 8.3


def test_convlstm_is_the_papers_network_without_its_forecaster_and_peepholes() -> None:
    """Table 1 of the paper has 7,585,296; its forecaster's first layer takes nothing but a state."""
    widths, peepholes = [128, 64, 64], 3 * (128 + 64 + 64)
    biases = sum(4 * width for width in widths)
    forecaster = 4 * 25 * (128 * 128 + (128 + 64) * 64 + (64 + 64) * 64) + biases
    encoder = 7_585_296 - 2 * peepholes - forecaster
    assert trained("convlstm", "ConvLSTM") == encoder


def test_vae_is_two_small_networks() -> None:
    encoder = (784 + 1) * 500 + 2 * (500 + 1) * 20
    assert trained("vae", "VAE") == encoder + (20 + 1) * 500 + (500 + 1) * 784


def test_wavenet_is_thirty_layers_and_two_convolutions() -> None:
    layer = 2 * (2 * 32 * 32 + 32) + (32 + 1) * 512
    handed_on = 29 * (32 + 1) * 32
    first, last = (2 * 256 + 1) * 32, (512 + 1) * 512 + (512 + 1) * 256
    assert trained("wavenet", "WaveNet") == first + 30 * layer + handed_on + last


def test_gated_units_have_three_quarters_of_the_weights() -> None:
    def gru(before: int) -> int:
        return 3 * (before + 64 + 2) * 64

    assert trained("text_classifiers", "GRUClassifier") == 20_000 * 128 + 4 * gru(128) + 129


def dense(*widths: int) -> int:
    """Weights of dense layers from each width to the next."""
    return sum((before + 1) * after for before, after in pairwise(widths))


@pytest.mark.parametrize(
    ("model", "width", "hidden", "millions"),
    [("Transformer", 512, 2048, 65), ("TransformerBig", 1024, 4096, 213)],
)
def test_transformer_is_the_sum_of_its_layers(
    model: str, width: int, hidden: int, millions: int
) -> None:
    """The paper rounds: its table 3 has 65 and 213 million, and its vocabulary "about" 37,000 words."""
    attention = 4 * dense(width, width)
    encoder = attention + dense(width, hidden, width) + 2 * norm(width)
    decoder = 2 * attention + dense(width, hidden, width) + 3 * norm(width)
    total = 37_000 * width + 6 * (encoder + decoder)
    assert trained("transformer", model) == total
    assert total / 1e6 == pytest.approx(millions, rel=0.03)


def test_attention_adds_three_matrices_to_the_sequence_to_sequence_network() -> None:
    """One for the score, and one of twice the height for what is told from context and state."""
    two_stacks = 2 * 4 * lstm(1000, 1000)
    words = 2 * 50_000 * 1000 + dense(1000, 50_000)
    assert trained("seq2seq_attention", "Seq2SeqAttention") == words + two_stacks + 3 * 1000**2


def test_experts_are_shared_and_gates_are_not() -> None:
    tasks = 2 * (499 * 8 + dense(16, 8, 1))
    assert trained("multi_task", "MMoE") == 8 * dense(499, 16) + tasks


def test_dlrm_is_its_tables_and_two_networks() -> None:
    products = 27 * 26 // 2
    networks = dense(13, 512, 256, 64, 16) + dense(16 + products, 512, 256, 1)
    assert trained("dlrm", "DLRM") == 26 * 100_000 * 16 + networks


def test_dcn_has_two_square_layers_before_its_deep_ones() -> None:
    features = 13 + 26 * 39
    networks = dense(features, features, features, 768, 768, 1)
    assert trained("dcn_v2", "DCNV2") == 26 * 100_000 * 39 + networks


@pytest.mark.parametrize(
    ("model", "kernels"),
    [("Canny", 4 * 9 + 2 * 9), ("SobelEdges", 2 * 9), ("ZeroCrossings", 4 * 17), ("Outlines", 0)],
)
def test_edge_detectors_learn_nothing(model: str, kernels: int) -> None:
    assert trained("edges", model) == 0
    assert made(path_of("edges")).model(model).totals["parameters"] == kernels


def encoder_layer(width: int, hidden: int) -> int:
    return 4 * dense(width, width) + dense(width, hidden, width) + 2 * norm(width)


def test_tab_transformer_is_its_columns_its_layers_and_its_head() -> None:
    columns = 8 * (1000 * 28 + 4)
    head = norm(5) + dense(8 * 32 + 5, 4 * 261, 2 * 261, 1)
    assert (
        trained("tab_transformer", "TabTransformer") == columns + 6 * encoder_layer(32, 128) + head
    )


def test_the_wide_part_sees_pairs_and_the_deep_one_vectors() -> None:
    """Ten bounds of age make eleven groups; sixteen educations, fourteen occupations, two sexes, and others of each."""
    rows = 17 + 15 + 3
    wide = 11 + rows + 2 * 1000
    deep = rows * 32 + dense(3 + 3 * 32, 1024, 512, 256, 1)
    assert trained("wide_and_deep", "WideAndDeep") == wide + deep


def test_both_towers_are_alike_but_for_their_tables() -> None:
    tables = (10_000 + 200 + 5_000 + 50) * 32
    tower = dense(2 * 32 + 1, 512, 256, 128)
    assert trained("two_tower", "TwoTower") == tables + 2 * tower


def test_a_window_has_a_bias_for_each_distance_and_head() -> None:
    """Stages of the tiny Swin: layers as an encoder has them, a table each, and what merges four places."""
    total = conv(4, 3, 96) + norm(96) + norm(768) + dense(768, 1000)
    for depth, heads, width in zip((2, 2, 6, 2), (3, 6, 12, 24), (96, 192, 384, 768), strict=True):
        total += depth * (encoder_layer(width, 4 * width) + 13 * 13 * heads)
        total += norm(4 * width) + 4 * width * 2 * width if width < 768 else 0
    assert trained("swin", "SwinT") == total


# -- the library ------------------------------------------------------------------------------------

IMAGE, SEQUENCE = "input x: [16, 16, 8]", "input x: [12, 32]"

#: What a block of the library weighs: its file, how it is called, on what, and the sum of its parts.
WEIGHED = [
    (
        "detection",
        "dense_head(5, 3, 4, depth=2)",
        IMAGE,
        conv(3, 8, 4) + conv(3, 4, 4) + conv(3, 4, 15),
    ),
    ("tabular", "hashed_embeddings(20, 4)", "input x: string[6]", 6 * 20 * 4),
    ("tabular", "pairwise_products()", SEQUENCE, 0),
    ("attention", "sinusoidal_positions()", SEQUENCE, 0),
    ("attention", "learned_positions()", SEQUENCE, 12 * 32),
    ("attention", "prepend(2)", SEQUENCE, 2 * 32),
    ("attention", "learned_queries(3, 8)", SEQUENCE, 3 * 8),
    ("attention", "transformer_encoder(4, 64)", SEQUENCE, encoder_layer(32, 64)),
    ("attention", "pre_norm_encoder(4, 64)", SEQUENCE, encoder_layer(32, 64)),
    ("sequence", "gated_causal_conv(8, 4)", SEQUENCE, 2 * (2 * 32 + 1) * 8),
    ("sequence", "temporal_block(8)", SEQUENCE, (3 * 32 + 1) * 8 + (3 * 8 + 1) * 8 + (32 + 1) * 8),
    ("sequence", "temporal_block(32)", SEQUENCE, 2 * (3 * 32 + 1) * 32),
    ("sequence", "global_attention(8)(memory=x)", SEQUENCE, 32 * 32 + 2 * 32 * 8),
    ("vision", "ceil_pool()", IMAGE, 0),
]


@pytest.mark.parametrize(
    ("module", "call", "inputs", "weights"), WEIGHED, ids=[w[1] for w in WEIGHED]
)
def test_block_of_the_library_has_the_weights_of_its_parts(
    module: str, call: str, inputs: str, weights: int
) -> None:
    block = call.partition("(")[0]
    text = f"from std.{module} import {block}\nmodel M {{ {inputs}\n output y = x -> {call} }}"
    assert compiled(text).model().totals["parameters"] == weights


@pytest.mark.parametrize(
    ("stem", "model", "field"),
    [
        ("cyclegan", "CycleGANDiscriminator", (70, 70)),  # "70x70 PatchGANs", section 4
        (
            "wavenet",
            "WaveNet",
            (3 * 1023 + 2,),
        ),  # three times 1, 2, 4, ..., 512, and the first layer
        ("lenet1998", "LeNet1998", (32, 32)),
        ("alexnet", "AlexNet", (227, 227)),
        ("shufflenet_v2", "ShuffleNetV2", (224, 224)),
        ("vit", "ViTB16", (224, 224)),
    ],
)
def test_an_output_sees_as_much_as_its_paper_says(
    stem: str, model: str, field: tuple[int, ...]
) -> None:
    graph = spec(stem).graphs[model]
    fields = receptive_fields(graph)
    assert {fields[output.node].sizes for output in graph.outputs.values()} == {field}
