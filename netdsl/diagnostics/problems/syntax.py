"""N01: text that is not netdsl."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnexpectedToken(Problem, code="N0101", title="`{found}` does not fit here"):
    """What it means

    The text up to this place can be read, and what stands here cannot follow it. The message lists what could. The
    statement is left out, and reading goes on with the next one.

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

    Outside strings and comments a `.net` file is made of names, numbers and Python's punctuation. Text that was copied
    from a page or a document often carries look-alikes: curly quotes, long dashes, arrows, no-break spaces.

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

    A bracket or brace is opened and what follows cannot belong to it any more: the next statement begins, or the file
    ends.

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

    A closing bracket or brace has no partner before it, or its partner is of another kind.

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

    A string in single quotes ends on the line it began on; one that runs over several lines is put in triple quotes.

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

    Numbers are written as in Python: `64`, `10_000`, `0x1F`, `0.5`, `1e-3`. A name does not begin with a digit, and a
    number is no larger than Python can read.

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

    Strings and f-strings are written as in Python: a backslash escapes the next character, the braces of an f-string
    hold an expression. There are no byte strings, because no Keras argument takes one.

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

    The arrow binds last of all operators, so `x -> f() + y` would read as `x -> (f() + y)`. Parentheses say
    which of the two is meant.

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


class TooDeep(Problem, code="N0120", title="nesting is too deep"):
    """What it means

    Brackets stand in brackets, or one expression runs on, further than any network needs. The limits are a hundred levels
    of brackets and braces and a thousand operators in one expression.

    Example
    ```
    let depth = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1
        ))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
    ```

    Use instead
    ```
    let depth = 1
    ```
    """


class ArgumentOrder(Problem, code="N0121", title="arguments in an order that Python refuses"):
    """What it means

    As in Python, an argument without a name stands before those with one, and no name is given twice. Likewise a parameter
    without a default stands before those with one, and no two parameters have one name.

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
