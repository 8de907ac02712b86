"""What the catalogue knows of a layer kind, and the small language its rules are written in.

A layer kind is declared once, as a `LayerKind` in the `KINDS` tuple of a file in `catalog/layers/`. The names,
order and defaults of its arguments come from `signatures.json`; by hand come the types of arguments that a
name alone does not tell, and one `rule`: a pure function from a `Call` to an `Inference`. Rules know no
spans and no graph. They refuse with `Refusal`, which blames an argument, an input or a call-time argument.

    def repeat_vector(call: Call) -> Inference:
        '''Repeat a row n times. (None, 5), n=3 -> (None, 3, 5)'''
        x = call.one(rank=2)
        return call.gives((x.shape[0], call.n, x.shape[1]))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from netdsl.catalog.initial_values import check_filling
from netdsl.catalog.object_value import ObjectValue as ObjectValue
from netdsl.catalog.refusal import Refusal as Refusal
from netdsl.catalog.weight import Weight as Weight
from netdsl.record import record
from netdsl.tensor import UNKNOWN, Demand, Dim, Shape, TensorSpec, Verdict, spell_shape
from netdsl.value import Arguments, Entity, Value

if TYPE_CHECKING:
    from netdsl.catalog.argument_types import ArgumentType
    from netdsl.graph import Held

#: One tensor, or a (nested) tuple of them, as a layer's output or the value of a call-time argument.
Structure: TypeAlias = TensorSpec | tuple["Structure", ...]


def flatten_structure(structure: Structure) -> Iterator[TensorSpec]:
    """Give the tensors of an output structure in order."""
    if isinstance(structure, TensorSpec):
        yield structure
    else:
        for part in structure:
            yield from flatten_structure(part)


@record
class Inference:
    """What applying a layer gives: outputs, the layer's own weights (in Keras's order), its work.

    `macs` counts multiply-accumulates of matrix products, convolutions and attention for one sample; it is
    UNKNOWN (or symbolic) where a size is. `kept` counts the elements of one sample that it makes on the way to
    its output and needs again backwards: the scores of attention, the gates of a recurrence. `nested` weights of
    wrapped layers are included in `weights`.
    `caveats` are sentences about what Keras builds in silence and then cannot run, or runs otherwise than it
    said; they are warned of as `BuildsButFails`. Those of `unsaved` hold of a model that is saved and loaded,
    wherever in it the layer stands. `no_model` is why Keras makes no model of a layer that stands in one by itself, not
    inside another layer: there it is refused. `when_run` is what it gives where Keras runs it instead of asking for
    its shape, as a `Pipeline` does, if that is something else.
    """

    outputs: Structure
    weights: tuple[Weight, ...] = ()
    macs: Dim = 0
    caveats: tuple[str, ...] = ()
    no_model: str = ""
    when_run: Structure | None = None
    kept: Dim = 0
    unsaved: tuple[str, ...] = ()


#: What tensors of a rank are, for those who bring another.
_RANKS: Mapping[int, str] = {
    3: "rank 3 is a sequence: (batch, steps, features)",
    4: "rank 4 is a picture: (batch, height, width, channels)",
    5: "rank 5 is a volume or a video: (batch, depth, height, width, channels)",
}


@record
class ExternFunction(Entity):
    """A Python function of the user's own: `extern fn name from "module"`."""

    name: str
    module: str


@record
class Identifier(Entity):
    """A bare name bound to nothing in the file, where an argument may take one: `relu`, `keras.activations.relu`."""

    name: str  # as written, dots and all

    @property
    def last(self) -> str:
        """The name without the modules before it."""
        return self.name.rpartition(".")[2]

    def __str__(self) -> str:
        return self.name


@record(eq=False)
class Ambiguous(Entity):
    """A call of a name that Keras has in several families (`Identity()`), until an argument says which one it takes.

    `made` gives the object of a family, or UNRESOLVED after reporting what is wrong with its arguments.
    """

    name: str
    families: tuple[str, ...]
    made: Callable[[str], Value]

    def __str__(self) -> str:
        return f"{self.name}(…)"


class Unresolved(Entity):
    """Stands for a value whose mistake was reported where it was evaluated; every argument takes it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "?"


UNRESOLVED = Unresolved()


@record(eq=False)
class BoundLayer(Entity):
    """A layer with its arguments bound but not applied: what `layer=`, `cell=` and friends receive.

    `infer` applies the kind's rule to inputs and is what wrapper rules call. A chain given where a layer is
    taken arrives as one of kind `Sequential`-like whose `infer` runs the chain. `infer` may be asked several
    times for one layer, with other inputs; it has no effect on the graph.
    """

    kind: str
    arguments: Mapping[str, Value]  # every constructor argument, defaults filled in
    infer: Callable[..., Inference]  # infer(inputs: tuple[TensorSpec, ...], **call_arguments)
    written: Mapping[str, Value] = field(default_factory=dict)  # the arguments that the spec wrote
    definition: LayerKind | None = None
    module: str = ""  # the Python module of a layer of the user's own
    name: str = ""  # its `name`, where the spec gives it one
    shared: Held | None = None  # of `layer name = …`: what others hold of it too
    called: str = ""  # its name among the layers that are written beside it, where it has none
    #: Where the call stands that makes it, and the parameters that it was handed through, by their places.
    made_at: tuple[str, int, int] | None = None
    through: tuple[tuple[str, int, int], ...] = ()

    @property
    def label(self) -> str:
        """What a message calls it: its class, or its own name where it stands for several layers."""
        if self.shared is None or self.shared.form == "layer":
            return self.kind
        return self.shared.declared

    def __getattr__(self, name: str) -> Any:  # of the argument's own type, which the rule knows
        try:
            return self.arguments[name]
        except KeyError:
            raise AttributeError(name) from None


FLOAT_DTYPES = ("float16", "bfloat16", "float32", "float64")


@record
class Call:
    """One application of a layer, as a rule sees it.

    `call.units` is a constructor argument (every one is bound; defaults are filled in; identifiers of the
    catalogue arrive as strings or `ObjectValue`s; wrapped layers as `BoundLayer`). `inputs` are the tensors
    that arrived, flat and in order; `is_list` says whether they came as a list. `call_arguments` are those
    of the second pair of parentheses, tensors among them as `TensorSpec` (or tuples of them).
    `demand` records what must hold of symbolic sizes.
    """

    kind: LayerKind
    arguments: Arguments
    inputs: tuple[TensorSpec, ...]
    is_list: bool = False
    call_arguments: Arguments = field(default_factory=dict)
    written: frozenset[str] = (
        frozenset()
    )  # names of the constructor arguments the spec itself wrote
    demands: list[Demand] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:  # of the argument's own type, which the rule knows
        arguments = object.__getattribute__(self, "arguments")
        if name in arguments:
            return arguments[name]
        raise AttributeError(name)

    @property
    def _arriving(self) -> str:
        count = len(self.inputs)
        return f"a list of {count} arrives" if self.is_list else f"{count} arrive"

    @property
    def x(self) -> TensorSpec:
        return self.inputs[0]

    def one(
        self,
        *,
        rank: int | None = None,
        min_rank: int | None = None,
        max_rank: int | None = None,
        help: str = "",
    ) -> TensorSpec:
        """Give the only input; refuse several, and a rank outside the bounds (batch included)."""
        from netdsl.diagnostics.problems.shapes import SeveralInputs, WrongRank

        if len(self.inputs) != 1 or self.is_list:
            raise Refusal(
                SeveralInputs,
                f"takes one tensor, {self._arriving}",
                help="join them first, for example with `Concatenate()` or `Add()`",
            )
        x = self.inputs[0]
        wanted = (
            f"{rank}"
            if rank is not None and x.rank != rank
            else f"at least {min_rank}"
            if min_rank is not None and x.rank < min_rank
            else f"at most {max_rank}"
            if max_rank is not None and x.rank > max_rank
            else None
        )
        if wanted is not None:
            raise Refusal(
                WrongRank,
                f"needs rank {wanted} with the batch, {spell_shape(x.shape)} has rank {x.rank}",
                help=help or _RANKS.get(rank or min_rank or 0, ""),
                needs=rank,
            )
        return x

    def known(self, dim: Dim, axis: int, what: str = "") -> int:
        """Give a dimension that Keras needs as a number to make weights; refuse an unknown one."""
        from netdsl.diagnostics.problems.shapes import UnknownDimension

        if isinstance(dim, int):
            return dim
        raise Refusal(
            UnknownDimension,
            f"axis {axis} of {spell_shape(self.x.shape)} is {dim}, and {what or 'the weights'} "
            "need a number there",
            help="give that dimension of the input as a number",
        )

    def holds(self, verdict: Verdict) -> bool:
        """Turn a verdict into a yes or no; one that depends on a size is recorded and counts as yes."""
        if isinstance(verdict, Demand):
            self.demands.append(verdict)
            return True
        return verdict

    @property
    def compute_dtype(self) -> str:
        """The dtype that the layer computes in, from its `dtype` policy."""
        return policy_dtypes(self.arguments.get("dtype"))[0]

    @property
    def variable_dtype(self) -> str:
        """The dtype of the layer's weights, from its `dtype` policy."""
        return policy_dtypes(self.arguments.get("dtype"))[1]

    def cast(self, x: TensorSpec) -> TensorSpec:
        """Give an input as it is inside the layer: floats are cast to the compute dtype, others stay.

        Keras forgets that a tensor is sparse where it casts it.
        """
        if x.dtype not in FLOAT_DTYPES or x.dtype == self.compute_dtype:
            return x
        return replace(x, dtype=self.compute_dtype, sparse=False)

    def gives(
        self,
        shape: Iterable[Dim],
        *,
        dtype: str | None = None,
        weights: Iterable[Weight] = (),
        macs: Dim = 0,
    ) -> Inference:
        """Give the usual result: one tensor of the compute dtype."""
        spec = TensorSpec(tuple(shape), dtype or self.compute_dtype)
        return Inference(spec, tuple(weights), macs)

    def weight(self, name: str, shape: Iterable[Dim], *, trainable: bool = True) -> Weight:
        """Describe a variable of the layer's own variable dtype; its dimensions are numbers by now.

        Refuses where the layer's initializer for it cannot fill it.
        """
        sizes = tuple(int(d) for d in shape)  # type: ignore[arg-type]
        made = Weight(name, sizes, trainable, self.variable_dtype)
        check_filling(self.arguments, made)
        return made


def policy_dtypes(policy: object) -> tuple[str, str]:
    """Give (compute, variable) dtype of a policy: "mixed_float16" -> ("float16", "float32")."""
    if policy is None:
        return "float32", "float32"
    name = str(policy).rpartition("_from_")[2]  # "int8_from_mixed_bfloat16" computes as its source
    if name.startswith("mixed_"):
        return name.removeprefix("mixed_"), "float32"
    return name, name


Rule: TypeAlias = Callable[[Call], Inference]

#: The sizes of a cell's states, nested as Keras nests them: 5, (5, 5), ((5, 5), 4).
StateSize: TypeAlias = int | tuple["StateSize", ...]

#: How several tensors reach a layer: as one list (`Add()([a, b])`), or each as an argument of `call`
#: in order (`MultiHeadAttention(8, 64)(query, value)`). `one` layers take a single tensor.
Takes: TypeAlias = Literal["one", "list", "positional"]

#: What happens to a Keras mask: carried to the output, dropped (Keras warns or loses it), used up, or made.
#: A function of the call says whether the output is masked; a tuple tells it of the first outputs, and those
#: after them are not.
Masking: TypeAlias = Literal["carry", "drop", "use", "make"]


#: Of a weight: the axes that lead into one unit, over which a constraint takes its norm, and how many axes it has.
UnitAxes: TypeAlias = tuple[tuple[int, ...], int]


#: What a layer is to those who read a whole network, beyond its rule: advice, memory and fixes ask for these.
Role: TypeAlias = Literal[
    # that multiply by a kernel
    "dense", "einsum", "convolution", "transposed", "depthwise", "separable",
    # that take the values of a map together
    "pooling", "maximum", "global_pooling",
    # that work on each place of a map by itself; of these, those that change nothing
    "each_place", "identity",
    # that move values, copy them, or add and drop borders
    "view", "reordering", "repeating", "resizing", "padding", "cropping",
    # that join tensors
    "merging", "sum", "difference", "product", "mean", "concatenation", "contraction",
    "activation", "batch_normalization", "normalization", "scaling",
    # that drop units; of these, those that set them to 0, and those that keep mean and variance
    "dropout", "zeroing", "self_normalizing",
    "recurrent", "attention", "embedding", "lookup", "step_by_step", "user_code", "leaves_out_masked",
    # that change pictures at random and keep the range of their pixels; of these, those that go wrong where
    # `value_range` is not that of the pixels, those that mirror, and those that turn
    "augmentation", "by_range", "mirroring", "turning",
]  # fmt: skip


@record
class LayerKind:
    """Everything netdsl knows about one Keras layer class.

    `arguments` adds to, or replaces, the argument types that `catalog/argument_types.py` finds by name.
    `stochastic`, `needs_static_batch` and such facts are for advice. `shape_rule`, `use_for` and `watch_for` are
    the lines that `netdsl layers NAME` prints; `example` is a stage such as `Conv2D(32, 3)` with the input type
    it is shown on.
    """

    name: str
    rule: Rule
    takes: Takes = "one"
    arguments: Mapping[str, ArgumentType] = field(default_factory=dict)
    mask: Masking | Callable[[Call], bool | tuple[bool, ...]] = "carry"
    group: str = ""
    shape_rule: str = ""
    use_for: str = ""
    watch_for: str = ""
    example: str = ""  # "[32, 32, 3] -> Conv2D(8, 3)"
    off_cudnn: Callable[[Arguments], Iterable[str]] | None = (
        None  # of a layer that cuDNN runs, the arguments that keep it from that
    )
    categories: Callable[[Arguments], Dim | None] | None = (
        None  # of how many categories it gives the numbers, from its arguments; None where it gives codes
    )
    bounded_by: str = ""  # the argument that says how many categories it takes
    learns: Callable[[Arguments], bool] | None = (
        None  # whether, with these arguments, `adapt` must be called before it can be used
    )
    settling: Callable[[Arguments], Mapping[str, str]] | None = (
        None  # arguments that make a number of a size that nobody knows before it has learned
    )
    idle: Callable[[Arguments], bool] | None = (
        None  # whether, with these arguments, it changes nothing and costs nothing
    )
    unit_axes: Mapping[str, UnitAxes] = field(default_factory=dict)  # by the name of a constraint
    with_itself: str = ""  # what joining `{0}` with itself comes to, where it has no use
    tensor_arguments: frozenset[str] = frozenset()  # call-time arguments that take tensors
    list_arguments: frozenset[str] = (
        frozenset()
    )  # of `inputs` and these, what Keras takes in no tuple
    roles: tuple[Role, ...] = ()
    state_size: Callable[[BoundLayer | Call], StateSize] | None = None  # of a recurrent cell
    #: What its outputs are called where it has several, by the arguments that are given and their number.
    output_words: Callable[[frozenset[str], int], tuple[str, ...]] = lambda given, count: ()
    traced: bool = False  # Keras finds its output shape only by running its `call`
    counts: Literal["", "sides", "channels", "all"] = (
        ""  # what of an image must be numbers where Keras runs the layer to learn its shape
    )
    keeps_rank: bool = False  # once it is built, it takes no other rank
    holds_layers: bool = (
        False  # layers inside own its weights; the constructor's `trainable` misses them
    )

    role_set: frozenset[Role] = field(init=False)  # advice asks every layer for its roles, often

    def __post_init__(self) -> None:
        object.__setattr__(self, "role_set", frozenset(self.roles))

    def is_a(self, *roles: Role) -> bool:
        """Tell whether the layer has one of these roles."""
        return not self.role_set.isdisjoint(roles)


def as_shape(dims: Iterable[int | None]) -> Shape:
    """Turn a shape of Keras into one of netdsl: None becomes UNKNOWN."""
    return tuple(UNKNOWN if dim is None else dim for dim in dims)
