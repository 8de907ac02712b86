"""N02: names and imports that cannot be resolved."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnknownName(Problem, code="N0201", title="unknown name `{name}`"):
    """What it means

    A name is used that nothing binds: no `let`, parameter, input, tensor or declaration of the
    file, and no import brings it.

    Example
    ```
    model M {
        input x: [8]
        output y = hidden -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
    }
    ```
    """


class NameBoundTwice(Problem, code="N0202", title="`{name}` is bound twice"):
    """What it means

    Every name is bound once in its scope. A later step of a chain needs no new name; where it
    deserves one, give it its own.

    Example
    ```
    model M {
        input x: [8]
        h = x -> Dense(4)
        h = x -> Dense(5)
        output y = h
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        h = x -> Dense(4)
        output y = h
    }
    ```
    """


class UnknownImport(Problem, code="N0203", title="`{name}` is not in the imported file"):
    """What it means

    An import names a block, model, function or constant that the other file does not declare.

    Example
    ```
    from std.vision import conv_norm
    model M {
        input x: [8]
        output y = x -> conv_norm(4)
    }
    ```

    Use instead
    ```
    from std.vision import conv_bn
    model M {
        input x: [8, 8, 3]
        output y = x -> conv_bn(4, 3)
    }
    ```
    """


class UnknownModule(Problem, code="N0204", title="there is no library `{name}`"):
    """What it means

    `from std.… import` reads the library that ships with netdsl, and it has no file of that name.

    Example
    ```
    from std.visions import conv_bn
    model M {
        input x: [8]
        output y = x -> conv_bn(4)
    }
    ```

    Use instead
    ```
    from std.vision import conv_bn
    model M {
        input x: [8, 8, 3]
        output y = x -> conv_bn(4, 3)
    }
    ```
    """


class UnreadableImport(Problem, code="N0205", title="`{name}` cannot be imported"):
    """What it means

    The file that an import names cannot be read. The path is relative to the importing file and
    ends in `.net`.

    Example
    ```
    from "no_such_file.net" import head
    model M {
        input x: [8]
        output y = x -> head(4)
    }
    ```

    Use instead
    ```
    block head(units) = Dense(units)
    model M {
        input x: [8]
        output y = x -> head(4)
    }
    ```
    """


class UnknownStage(Problem, code="N0207", title="unknown layer or block `{name}`"):
    """What it means

    What follows an arrow is not a layer of Keras, nor a block, model or shared layer that the file
    declares or imports.

    Example
    ```
    model M {
        input x: [8]
        output y = x -> Dens(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x -> Dense(4)
    }
    ```
    """


class UnsupportedKind(Problem, code="N0208", title="netdsl has no rule for `{name}`"):
    """What it means

    The class exists in Keras, but the catalogue does not know what it makes of its input, and
    netdsl does not guess.

    Example
    ```console
    $ netdsl check tomorrow.net
    error[N0208]: netdsl has no rule for `LayerOfTomorrow`
    ```

    Use instead
    ```console
    $ netdsl layers
    ```
    """


class UnknownMember(Problem, code="N0209", title="there is no `{name}` here"):
    """What it means

    A value has no such attribute or output. Outputs of a block or model are reached by the names it
    gives them, `x.shape` and `x.dtype` belong to a tensor.

    Example
    ```
    model M {
        input x: [8]
        output y = x.size
    }
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x
    }
    ```
    """


class UnknownModel(Problem, code="N0210", title="unknown model `{name}`"):
    """What it means

    A statement names a model that the file does not declare or import.

    Example
    ```
    model M {
        input x: [8]
        output y = x
    }
    assert params(Other) < 100
    ```

    Use instead
    ```
    model M {
        input x: [8]
        output y = x
    }
    assert params(M) < 100
    ```
    """


class ImportCycle(Problem, code="N0206", title="`{name}` imports itself"):
    """What it means

    Files may import one another, but not in a circle. Move what both need into a third file. The example is the
    file `example.net`, which imports itself.

    Example
    ```
    from "example.net" import head
    ```

    Use instead
    ```
    block head(units) = Dense(units)
    ```
    """


class UnusedName(Problem, code="N0211", title="`{name}` is not used", severity="warning"):
    """What it means

    A block, model or function declares a parameter that nothing in it reads: whoever sets it changes nothing. The same
    goes for a `let`, a `fn` or a shared `layer` in a body. Names that begin with `_` are left alone, and so are the
    parameters of functions that are handed on by name, to be exchanged for others.

    Example
    ```
    block conv_bn(filters, kernel) = Conv2D(filters, 3, padding="same") -> BatchNormalization() -> ReLU()

    model M {
        input image: [32, 32, 3]
        output y = image -> conv_bn(16, 5)
    }
    ```

    Use instead
    ```
    block conv_bn(filters, kernel) = Conv2D(filters, kernel, padding="same") -> BatchNormalization() -> ReLU()

    model M {
        input image: [32, 32, 3]
        output y = image -> conv_bn(16, 5)
    }
    ```
    """
