"""N09: files that can't be read or written, and settings of the command line that fit no model."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problem import Problem
from netdsl.source import SourceFile, Span


class UnreadableFile(Problem, code="N0901", title="cannot read `{name}`"):
    """What it means

    The file named on the command line is not there, is a folder, or may not be read. `-` stands for standard
    input.

    Example
    ```console
    $ netdsl check resnet.net
    error[N0901]: cannot read `resnet.net`
     --> resnet.net
      = note: No such file or directory
    ```

    Use instead
    ```console
    $ netdsl check specs/resnet50.net
    ```
    """


class NotText(Problem, code="N0902", title="`{name}` is not UTF-8 text"):
    """What it means

    A `.net` file is text in UTF-8. The file holds bytes that are none: it was saved in another encoding, or it
    is not a spec at all (a saved `.keras` model, for instance, which `netdsl import` reads).

    Example
    ```console
    $ netdsl check model.keras
    error[N0902]: `model.keras` is not UTF-8 text
     --> model.keras
      = note: byte 14 is 0x8f
    ```

    Use instead
    ```console
    $ iconv -f latin1 -t utf-8 old.net > new.net
    $ netdsl check new.net
    ```
    """


def not_text(file: SourceFile, error: UnicodeDecodeError) -> Diagnostic:
    """Report the first byte that is no UTF-8, of the file as a whole."""
    reason = f"byte {error.start} is 0x{error.object[error.start]:02x}"
    return NotText.at(Span(file, 0, 0), reason, name=file.name)


class WouldOverwrite(Problem, code="N0903", title="`{name}` is not as netdsl left it"):
    """What it means

    The file that would be written exists, and netdsl did not make it or it was edited since. Nothing was
    written. Take the changes into the spec, write elsewhere with `-o`, or write over the file with `--force`.

    Example
    ```console
    $ netdsl compile tiny.net
    error[N0903]: `tiny.py` is not as netdsl left it
     --> tiny.py
      = note: it was edited after netdsl wrote it
      = help: write elsewhere with `-o OUT`, or write over it with `--force`
    ```

    Use instead
    ```console
    $ netdsl compile tiny.net --force
    ```
    """


class UnwritableFile(Problem, code="N0904", title="cannot write `{name}`"):
    """What it means

    The result could not be written: the folder is not there, the disk is full, or it may not be written. A file
    that was there before is as it was.

    Example
    ```console
    $ netdsl compile tiny.net -o build/tiny.py
    error[N0904]: cannot write `build/tiny.py`
     --> build/tiny.py
      = note: No such file or directory
    ```

    Use instead
    ```console
    $ mkdir build
    $ netdsl compile tiny.net -o build/tiny.py
    ```
    """


class UnknownHyperparameter(Problem, code="N0905", title="no model has a hyperparameter `{name}`"):
    """What it means

    `--set name=value` gives a hyperparameter of a model, one of those in the parentheses after its name. No model
    of the file has one of this name. Constants made with `let` cannot be set.

    Example
    ```console
    $ netdsl compile tiny.net --set clases=10
    error[N0905]: no model has a hyperparameter `clases`
     --> --set:1:1
      |
    1 | clases=10
      | ^^^^^^ `Tiny` has `classes`
      = help: did you mean `classes`?
    ```

    Use instead
    ```console
    $ netdsl compile tiny.net --set classes=10
    ```
    """


class FixedHyperparameter(Problem, code="N0910", title="every model fixes `{name}`"):
    """What it means

    `--set name=value` reaches the parameters that a model leaves open. A model that is made from another with a value
    for the parameter, `model Wide = Tiny(width=2.0)`, keeps that value. `--model` says that a setting is for one model;
    it then takes the place of what that model fixes.

    Example
    ```console
    $ cat wide.net
    from "tiny.net" import Tiny
    model Wide = Tiny(width=2.0)
    $ netdsl summary wide.net --set width=1.0
    error[N0910]: every model fixes `width`
     --> --set:1:1
      |
    1 | width=1.0
      | ^^^^^ `Wide` fixes it
     --> wide.net:2:14
      |
    2 | model Wide = Tiny(width=2.0)
      |              --------------- fixed here
      = help: change it there; `summary`, `diff` and `breaking` set it for one model: `--model Wide`
    ```

    Use instead
    ```console
    $ netdsl summary wide.net --model Wide --set width=1.0
    ```
    """


class NotAValue(Problem, code="N0906", title="`--{option}` takes `name=value`"):
    """What it means

    The value of `--set` is written as in a spec: a number, a string in quotes, `True`, a list such as `[16, 32]`,
    or an identifier such as `relu`. Quotes that the shell takes away need a second pair around them. `--at` takes
    whole numbers.

    Example
    ```console
    $ netdsl compile tiny.net --set data=flowers/train.csv
    error[N0906]: `--set` takes `name=value`
     --> --set:1:6
      |
    1 | data=flowers/train.csv
      |      ^^^^^^^^^^^^^^^^^ is not a value of a spec
      = help: a string keeps its quotes: `--set 'data="flowers/train.csv"'`
    ```

    Use instead
    ```console
    $ netdsl compile tiny.net --set 'data="flowers/train.csv"'
    ```
    """


class UnknownSize(Problem, code="N0907", title="no model has a symbolic dimension `{name}`"):
    """What it means

    `--at H=224` tries the file's models at a size of a symbolic dimension, and none of their inputs has a dimension
    of this name.

    Example
    ```console
    $ netdsl check tiny.net --at height=224
    error[N0907]: no model has a symbolic dimension `height`
     --> --at:1:1
      |
    1 | height=224
      | ^^^^^^ the inputs have `H`, `W`
    ```

    Use instead
    ```console
    $ netdsl check tiny.net --at H=224
    ```
    """


class UnknownModel(Problem, code="N0908", title="no model `{name}` in this file"):
    """What it means

    `--model` names a model that the file does not declare, or the file declares none at all: blocks, functions
    and constants alone make a library that other files import.

    Example
    ```console
    $ netdsl summary tiny.net --model tiny
    error[N0908]: no model `tiny` in this file
     --> tiny.net
      = note: it declares `Tiny`
    ```

    Use instead
    ```console
    $ netdsl summary tiny.net --model Tiny
    ```
    """


class WrongConfiguration(Problem, code="N0909", title="`[tool.netdsl]` of `{name}` cannot be used"):
    """What it means

    The nearest `pyproject.toml` above a spec may say in `[tool.netdsl]` which advice is wanted (`select` and
    `ignore`, lists of codes or of beginnings of codes) and what to assume of the GPU (`device`, `batch`).

    Example
    ```console
    $ cat pyproject.toml
    [tool.netdsl]
    ignore = "N0646"
    $ netdsl check tiny.net
    error[N0909]: `[tool.netdsl]` of `pyproject.toml` cannot be used
     --> pyproject.toml
      = note: `ignore` is a list of codes such as `N0612`, or of beginnings of them
    ```

    Use instead
    ```console
    $ cat pyproject.toml
    [tool.netdsl]
    ignore = ["N0646"]
    ```
    """


class WrongVersions(Problem, code="N0920", title="two versions of a spec are needed"):
    """What it means

    `netdsl diff` and `netdsl breaking` compare two networks: two files, or one file and what it was at a
    commit, branch or tag of git.

    Example
    ```console
    $ netdsl diff tiny.net
    error[N0920]: two versions of a spec are needed
     --> tiny.net
      = note: 1 given
      = help: give two specs, or one and `--against git:REF`
    ```

    Use instead
    ```console
    $ netdsl diff tiny.net --against git:HEAD
    ```
    """
