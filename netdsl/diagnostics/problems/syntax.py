"""N01: text that is not netdsl."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnexpectedToken(Problem, code="N0101", title="`{found}` does not fit here"):
    """What it means

    The text up to this place can be read, and what stands here cannot follow it. The message lists
    what could. The statement is left out, and reading goes on with the next one.

    Example
    ```
    model M {
        input x [10]
        output y = x -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4)
    }
    ```
    """


class UnknownCharacter(Problem, code="N0102", title="a character that netdsl has no use for"):
    """What it means

    Outside strings and comments a `.net` file is made of names, numbers and Python's punctuation.
    Text that was copied from a page or a document often carries look-alikes: curly quotes, long
    dashes, no-break spaces.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, activation=“relu”)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, activation="relu")
    }
    ```
    """


class UnclosedBracket(Problem, code="N0103", title="`{bracket}` is never closed"):
    """What it means

    A bracket or brace is opened, and what follows cannot belong to it any more: the next statement
    begins, or the file ends.

    Example
    ```
    model M {
        input x: [10]
        hidden = x -> Dense(4
        output y = hidden -> Dense(2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        hidden = x -> Dense(4)
        output y = hidden -> Dense(2)
    }
    ```
    """


class StrayBracket(Problem, code="N0104", title="`{bracket}` closes nothing"):
    """What it means

    A closing bracket or brace has no partner before it, or the bracket that is open is of another
    kind.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4))
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4)
    }
    ```
    """


class UnclosedString(Problem, code="N0105", title="a string is never closed"):
    """What it means

    A string between single quotation marks ends on the line where it begins; one that runs over
    several lines stands between triple ones.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, activation="relu)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, activation="relu")
    }
    ```
    """


class MalformedNumber(Problem, code="N0106", title="`{text}` is not a number"):
    """What it means

    Numbers are written as in Python: `64`, `10_000`, `0x1F`, `0.5`, `1e-3`. A name does not begin
    with a digit, and a number is no larger than Python can read.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dropout(0.5f)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dropout(0.5)
    }
    ```
    """


class MalformedString(Problem, code="N0107", title="a string that cannot be read"):
    """What it means

    Strings and f-strings are written as in Python 3.11: a backslash escapes the next character, and
    the braces of an f-string hold an expression without the string's own quotation marks. There are
    no byte strings, because no argument takes one.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, name=f"head_{")
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, name=f"head_{4}")
    }
    ```
    """


class ArrowBindsLast(Problem, code="N0108", title="an operator after an arrow needs parentheses"):
    """What it means

    The arrow binds last of all operators, so `x -> f() + y` would mean `x -> (f() + y)`.
    Parentheses say which of the two is wanted.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(10) + x
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = (x -> Dense(10)) + x
    }
    ```
    """


class BreaksOff(Problem, code="N0109", title="a statement breaks off"):
    """What it means

    A statement ends in the middle: the next one begins, or the file ends, where a value, a name or
    a bracket is still missing.

    Example
    ```
    model M {
        input x: [10]
        hidden = x ->
        output y = hidden -> Dense(2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        hidden = x -> Dense(4)
        output y = hidden -> Dense(2)
    }
    ```
    """


class MissingComma(Problem, code="N0110", title="a comma is missing"):
    """What it means

    The items of a list, the arguments of a call and the parameters of a block are separated by
    commas.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4 activation=relu)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, activation=relu)
    }
    ```
    """


class MissingArrow(Problem, code="N0111", title="an arrow is missing"):
    """What it means

    Two stages of a chain stand side by side. The arrow between them hands the tensor on.

    Example
    ```
    model M {
        input x: [10]
        output y = x
            -> Dense(4)
            Dense(2)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x
            -> Dense(4)
            -> Dense(2)
    }
    ```
    """


class OtherArrow(Problem, code="N0112", title="`{written}` is not netdsl's arrow"):
    """What it means

    The arrow that applies a layer is written `->`.

    Example
    ```
    model M {
        input x: [10]
        output y = x => Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4)
    }
    ```
    """


class DoubledArrow(Problem, code="N0113", title="an arrow follows an arrow"):
    """What it means

    Between two arrows stands a stage. For the tensor unchanged, write `_`.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4)
    }
    ```
    """


class SingleEquals(Problem, code="N0114", title="`=` does not compare"):
    """What it means

    A single `=` gives a name or an argument its value. Two values are compared with `==`.

    Example
    ```
    block narrow(filters) {
        input x
        output x -> if filters = 4 { Dense(4) }
    }
    ```

    Use instead
    ```
    block narrow(filters) {
        input x
        output x -> if filters == 4 { Dense(4) }
    }
    ```
    """


class ForeignOperator(Problem, code="N0115", title="`{written}` is no operator of netdsl"):
    """What it means

    Operators are Python's, without those that work on bits and without assignments that change a
    name: a name is bound once.

    Example
    ```
    block narrow(wide, deep) {
        input x
        output x -> if wide && deep { Dense(4) }
    }
    ```

    Use instead
    ```
    block narrow(wide, deep) {
        input x
        output x -> if wide and deep { Dense(4) }
    }
    ```
    """


class Semicolon(Problem, code="N0116", title="statements end without a semicolon"):
    """What it means

    A statement ends where the next one begins, so nothing stands between them.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4);
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4)
    }
    ```
    """


class ForeignComment(Problem, code="N0117", title="a comment begins with `#`"):
    """What it means

    A comment runs from `#` to the end of its line. `//` divides and drops the remainder, as in
    Python.

    Example
    ```
    model M {
        input x: [10]
        // the head
        output y = x -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        # the head
        output y = x -> Dense(4)
    }
    ```
    """


class ColonBlock(Problem, code="N0118", title="a body stands in braces"):
    """What it means

    The body of a block, a model, a loop or a condition stands between `{` and `}`; line ends and
    indentation carry no meaning.

    Example
    ```
    block narrow(wide):
        Dense(4)
    ```

    Use instead
    ```
    block narrow(wide) = Dense(4)
    ```
    """


class PythonStatement(Problem, code="N0119", title="`{word}` is Python, not netdsl"):
    """What it means

    A `.net` file describes a network. It holds Python's values and expressions, but none of its
    statements: a function is declared with `fn`, a layer made of layers with `block`, a result is
    given with `output`, and Keras need not be imported.

    Example
    ```
    import keras

    let width = 4
    ```

    Use instead
    ```
    let width = 4
    ```
    """


class TooDeep(Problem, code="N0120", title="nesting is too deep"):
    """What it means

    Brackets stand in brackets, or an expression runs on, further than any network needs. The limits
    are a hundred levels of brackets and braces, a thousand operators in a row, and twenty loops
    inside one another.

    Example
    ```
    let depth = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((
        ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
        ))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
    ```

    Use instead
    ```
    let depth = 1
    ```
    """


class ArgumentOrder(
    Problem,
    code="N0121",
    title="arguments or parameters that Python would refuse",
):
    """What it means

    As in Python, an argument without a name stands before those with one, and no name is given
    twice. A parameter without a default stands before those with one, and no two parameters share a
    name.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(units=4, relu)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, relu)
    }
    ```
    """


class ReservedWord(Problem, code="N0122", title="`{word}` cannot be a name"):
    """What it means

    The words that Python's expressions are made of (`if`, `else`, `for`, `in`, `is`, `not`, `and`,
    `or`, `True`, `False`, `None`) and `_`, which stands for what arrives, name nothing else. All
    other words may be names.

    Example
    ```
    let in = 3
    ```

    Use instead
    ```
    let inside = 3
    ```
    """


class MisplacedStatement(Problem, code="N0123", title="`{word}` stands in the wrong place"):
    """What it means

    `input`, `output`, `layer` and bare `name = tensor` belong in the body of a block or a model;
    `block`, `model`, `train`, `extern` and `from` belong at top level; a `train` block holds
    settings alone.

    Example
    ```
    width = 4
    ```

    Use instead
    ```
    let width = 4
    ```
    """


class UnusedExpression(Problem, code="N0124", title="a statement that names nothing"):
    """What it means

    In a body each statement declares something: a tensor gets a name (`hidden = …`) or leaves the
    body (`output …`). A chain on its own would have no effect.

    Example
    ```
    model M {
        input x: [10]
        x -> Dense(4)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4)
    }
    ```
    """


class LowercaseConstant(Problem, code="N0125", title="`{word}` is not Python's spelling"):
    """What it means

    The constants are spelled as in Python: `True`, `False` and `None`.

    Example
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, use_bias=true)
    }
    ```

    Use instead
    ```
    model M {
        input x: [10]
        output y = x -> Dense(4, use_bias=True)
    }
    ```
    """
