"""What the catalogue says of losses, metrics and optimizers that would surprise, asked of Keras itself."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

pytestmark = pytest.mark.keras


def value(tensor: Any) -> Any:
    from keras import ops

    return numpy.asarray(ops.convert_to_numpy(tensor))


def test_tversky_weighs_what_is_missed_by_alpha() -> None:
    from keras.losses import Tversky

    one, all_four = numpy.array([[1.0, 0, 0, 0]]), numpy.ones((1, 4))
    assert value(Tversky(alpha=1.0, beta=0.0)(one, all_four)) == pytest.approx(0, abs=1e-5)
    assert value(Tversky(alpha=1.0, beta=0.0)(all_four, one)) == pytest.approx(0.75, abs=1e-5)


def test_categorical_crossentropy_divides_outputs_by_their_sum() -> None:
    from keras.losses import categorical_crossentropy

    label = numpy.array([[0.0, 1.0]])
    for both in (0.5, 0.9):
        assert value(categorical_crossentropy(label, numpy.array([[both, both]]))) == pytest.approx(
            numpy.log(2)
        )
    one = categorical_crossentropy(numpy.array([[1.0]]), numpy.array([[0.3]]))
    assert value(one) == pytest.approx(0, abs=1e-6)


def test_generalized_crossentropy_takes_class_numbers() -> None:
    from keras.losses import CategoricalGeneralizedCrossEntropy

    loss = CategoricalGeneralizedCrossEntropy(q=0.5)
    found = value(loss(numpy.array([1]), numpy.array([[0.4, 0.6]])))
    assert found == pytest.approx((1 - 0.6**0.5) / 0.5)


def test_cosine_similarity_has_the_opposite_sign_as_a_loss() -> None:
    from keras.losses import CosineSimilarity
    from keras.metrics import CosineSimilarity as Metric

    same = numpy.array([[1.0, 2.0]])
    metric = Metric()
    metric.update_state(same, same)
    assert value(CosineSimilarity()(same, same)) == pytest.approx(-1)
    assert value(metric.result()) == pytest.approx(1)


@pytest.mark.parametrize("name", ["PearsonCorrelation", "ConcordanceCorrelation"])
def test_correlations_go_along_the_last_axis(name: str) -> None:
    from keras import metrics

    targets = numpy.random.default_rng(0).normal(size=(16, 1)).astype("float32")
    within, across = getattr(metrics, name)(), getattr(metrics, name)(axis=0)
    within.update_state(targets, targets)
    across.update_state(targets, targets)
    assert not value(within.result()) > 0.5
    assert value(across.result()) == pytest.approx(1, abs=1e-4)


def test_f1_score_is_a_list_without_an_average() -> None:
    from keras.metrics import F1Score

    score = F1Score()
    score.update_state(numpy.eye(3, dtype="float32"), numpy.eye(3, dtype="float32"))
    assert value(score.result()).shape == (3,)


def _after(optimizer: Any, start: float, gradient: float) -> float:
    from keras import Variable, ops

    weight = Variable(numpy.array([start], "float32"))
    optimizer.build([weight])
    optimizer.apply([ops.convert_to_tensor(numpy.array([gradient], "float32"))])
    return float(value(weight)[0])


def test_the_first_step_of_ftrl_forgets_where_weights_were() -> None:
    from keras.optimizers import Ftrl

    assert abs(_after(Ftrl(), 1.0, 0.01)) < 0.01


def test_the_rate_of_adafactor_is_a_share_of_the_weight() -> None:
    from keras.optimizers import Adafactor

    assert _after(Adafactor(), 1.0, 0.01) == pytest.approx(0.999, abs=1e-4)
    assert _after(Adafactor(), 10.0, 0.01) == pytest.approx(9.99, abs=1e-3)


def test_a_callback_cannot_change_the_rate_that_a_schedule_sets() -> None:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(optimizer=keras.optimizers.SGD(schedule), loss="mse")
    slower = keras.callbacks.ReduceLROnPlateau("loss", patience=1)
    data = numpy.zeros((4, 2)), numpy.zeros((4, 1))
    with pytest.raises(TypeError, match="LearningRateSchedule"):
        model.fit(*data, epochs=4, verbose=0, callbacks=[slower])


def test_the_decay_of_a_cosine_comes_after_its_warm_up() -> None:
    from keras.optimizers.schedules import CosineDecay

    rate = CosineDecay(0.0, 100, warmup_target=1.0, warmup_steps=50)
    assert [float(value(rate(step))) for step in (0, 50, 100, 150)] == pytest.approx(
        [0, 1, 0.5, 0], abs=1e-6
    )
