"""The lines between two parts: none lies on another, whatever changes places with what."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

import pytest

import netdsl
from netdsl.picture.draw import flatten
from netdsl.picture.joints import Joint, Pin, Track, route
from netdsl.picture.picture import Direction, Options, Picture
from tests.picture.geometry import faults

SIDE_BY_SIDE = 16.0


def _on_one_another(tracks: Sequence[Track]) -> Iterator[tuple[int, int]]:
    """Give the tensors of which a line lies on that of another, or nearly."""
    pieces = [(t.net, a, b) for t in tracks for a, b in pairwise(t.points)]
    for at, (net, a, b) in enumerate(pieces):
        for other, c, d in pieces[at + 1 :]:
            for along in (0, 1):
                beside = 1 - along
                are_near = abs(a[beside] - c[beside]) < 2 and a[beside] == b[beside]
                shared = min(max(a[along], b[along]), max(c[along], d[along])) - max(
                    min(a[along], b[along]), min(c[along], d[along])
                )
                if net != other and are_near and c[beside] == d[beside] and shared > 0:
                    yield net, other


def _joint(order: Sequence[int], beside: Sequence[float] = ()) -> Joint:
    joint = Joint(beside)
    for net, place in enumerate(order):
        joint.above(net, Pin(net * SIDE_BY_SIDE))
        joint.below(net, Pin(place * SIDE_BY_SIDE, True))
    return joint


def _drawn(seed: int) -> Joint:
    """Tensors that go to several places, many of them below those of others."""
    chance = random.Random(seed)
    places = [at * SIDE_BY_SIDE for at in range(40)]
    joint = Joint()
    downs = iter(chance.sample(places, 40))
    for net, up in enumerate(chance.sample(places, 30)):
        joint.above(net, Pin(up))
        for _ in range(1 + (net % 3 == 0)):
            joint.below(net, Pin(next(downs), True))
    return joint


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_tensors_in_every_order(count: int) -> None:
    for order in permutations(range(count)):
        routed = route(_joint(order))
        assert not [*_on_one_another(routed.tracks)], order
        for track in routed.tracks:
            assert track.points[0] == (track.net * SIDE_BY_SIDE, 0.0)
            assert track.points[-1] == (order[track.net] * SIDE_BY_SIDE, routed.length)


@pytest.mark.parametrize("seed", range(3))
def test_many_tensors_that_wait_for_one_another(seed: int) -> None:
    assert not [*_on_one_another(route(_drawn(seed)).tracks)]


def test_what_turns_twice_keeps_away_from_lines_that_pass() -> None:
    way = {x for track in route(_joint([1, 0])).tracks for x, _ in track.points} - {0.0, 16.0}
    assert way == {8.0}
    other = {x for track in route(_joint([1, 0], [8.0])).tracks for x, _ in track.points}
    assert 8.0 not in other


def test_only_as_many_turn_twice_as_have_to() -> None:
    corners = [len(track.points) for track in route(_joint([1, 0, 4, 2, 3, 5])).tracks]
    assert sorted(corners) == [2, 4, 4, 4, 6, 6]


ON_THE_WAY = """
model M {
    input deep: [4]
    input skip: [4]
    relu = deep -> ReLU()
    weight wide: [4] = ones
    end = relu -> Dense(4) -> (_ * wide + wide)
    output all = [deep, skip, relu, end] -> Concatenate()
}
"""


@pytest.mark.parametrize("direction", ["down", "right"])
def test_lanes_stand_in_the_order_in_which_their_tensors_come(direction: Direction) -> None:
    """What leaves the chain in a lane of its own goes on in that order beside the layers that follow."""
    picture = Picture(netdsl.compile_text(ON_THE_WAY).model().net, Options(direction=direction))
    assert faults(picture) == []
    along = 1 if direction == "down" else 0
    deep, _, relu = (
        {
            a[1 - along]
            for track in flatten(picture.composed[1], direction == "down").tracks
            for a, b in pairwise(track.points)
            if track.net == box.outs[0] and abs(a[along] - b[along]) > 50
        }
        for box in picture.nested.root.children[:3]
    )
    assert min(deep) > max(relu)


def test_inputs_stand_in_the_order_in_which_a_block_takes_them() -> None:
    text = (
        "block swap() { input a  input b  output b -> Dense(4) -> ([_, a] -> Add()) }\n"
        "model M { input a: [4]  input b: [4]  output y = a -> swap()(b=b) }"
    )
    picture = Picture(netdsl.compile_text(text).model().net, Options(depth=9))
    assert faults(picture) == []
    left = {
        picture.cells.boxes[number].lines[0].name: x
        for number, x, *_ in flatten(picture.composed[1], True).boxes
        if picture.cells.boxes[number].role == "input"
    }
    assert left["b"] < left["a"]


def _crossings(tracks: Sequence[Track]) -> int:
    pieces = [(t.net, a, b) for t in tracks for a, b in pairwise(t.points)]
    lying = [(net, *sorted((a[0], b[0])), a[1]) for net, a, b in pieces if a[1] == b[1]]
    standing = [(net, a[0], *sorted((a[1], b[1]))) for net, a, b in pieces if a[0] == b[0]]
    return sum(
        net != other and low < u < high and top < v < bottom
        for net, low, high, v in lying
        for other, u, top, bottom in standing
    )


@pytest.mark.parametrize("way", [1, -1])
def test_lines_cross_only_where_they_must(way: int) -> None:
    """Tensors that all go to one side turn one below the other, so that none crosses another; two that change places
    cross once."""
    joint = Joint()
    for net in range(5):
        joint.above(net, Pin(way * net * SIDE_BY_SIDE))
        joint.below(net, Pin(way * (net * SIDE_BY_SIDE + 40.0), True))
    assert _crossings(route(joint).tracks) == 0
    apart = Joint()
    for net, (up, down) in enumerate(((0.0, 50.0), (60.0, 10.0))):
        apart.above(net, Pin(up))
        apart.below(net, Pin(down, True))
    assert _crossings(route(apart).tracks) <= 1
