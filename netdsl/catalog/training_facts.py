"""What is known of sources of data, strategies and more data sets: what they are for, what to watch for."""

from __future__ import annotations

from netdsl.catalog.objects import ObjectFacts

SOURCES: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "npz", "",
        "arrays of NumPy, named as the inputs and outputs, or `x` and `y`, or `x_train y_train x_test y_test` (and "
        "`x_val y_val`), which give all parts at once",
        "all arrays have the same number of samples; a compressed file is unpacked to disk first; arrays of Python "
        "objects are not read",
    ),
    ObjectFacts(
        "csv", "",
        "tables of text: one file, a glob or a list of them, larger than memory too; columns go to the inputs of "
        "their names, those of `features`, or all but the label into one input",
        "text in the label becomes classes in sorted order; an empty field of numbers is told before the first step, "
        "of text it is an empty text",
    ),
    ObjectFacts(
        "parquet", "",
        "tables by columns, which are read several times as fast as text",
        "what is said of csv; columns of lists are not read",
    ),
    ObjectFacts(
        "image_folder", "",
        "pictures with a folder for each class, as `keras.utils.image_dataset_from_directory` reads them; folders "
        "train, validation and test below it are taken as such",
        "pixels run from 0 to 255, so a Rescaling comes first; pictures take the size of the input, which squeezes "
        "those of another form unless `crop_to_aspect_ratio` or `pad_to_aspect_ratio` says otherwise; labels are as "
        "the loss takes them, unless `label_mode` says otherwise",
    ),
    ObjectFacts(
        "text_folder", "",
        "files of text with a folder for each class, as `keras.utils.text_dataset_from_directory` reads them",
        "the input takes strings, `input text: string[1]`, and a TextVectorization comes first",
    ),
    ObjectFacts(
        "tfrecord", "",
        "files of examples as TensorFlow writes them, much data on slow or remote disks",
        "records keep no shapes: those of the inputs are taken; a file says nothing of how many samples it has, so "
        "a split reads all of them once",
    ),
    ObjectFacts(
        "dataset", "",
        "data sets that are known by their names: those of `keras.datasets`, which are downloaded once, and digits, "
        "iris, wine, breast_cancer and diabetes, which ship with scikit-learn",
        "a set that has its own test part is tested on it; `netdsl layers mnist` tells what one holds",
    ),
)  # fmt: skip

ENGINES: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "MirroredStrategy", "",
        "several GPUs of one machine, with TensorFlow: each has the whole model and a part of each batch",
        "`batch_size` is the whole batch and divides by the devices; neither `jit_compile` nor several steps at once "
        "go with it; layers that look at a batch, such as BatchNormalization, see a part of it",
    ),
    ObjectFacts(
        "TPUStrategy", "",
        "TPUs, with TensorFlow",
        "it is written as Keras documents it, and untested here; `tpu` is the name or address of the TPU",
    ),
    ObjectFacts(
        "DataParallel", "",
        "several devices, and several machines, with JAX: each has the whole model and a part of each batch",
        "the module is for `keras` on JAX; `batch_size` is the whole batch and divides by the devices",
    ),
    ObjectFacts(
        "ModelParallel", "",
        "weights too large for one device, with JAX: `layout` says which axis of which variables is spread along "
        "which axis of the `mesh`",
        "a key of `layout` is a regular expression for whole paths of variables, `encoder/.*/kernel`; batches are "
        "spread along the first axis of the mesh, or `batch_dim_name`",
    ),
)  # fmt: skip

STARTS: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "weights", "", "going on from weights in a file, of this network or of one that shares its first layers",
        "weights go to layers in their order; which fit and which did not is told before the first step",
    ),
    ObjectFacts(
        "run", "", "going on from the model of an earlier run, by its folder",
        "a relative path is relative to the current folder, not to the spec; to continue a run that was broken off, "
        "`netdsl train --resume` is meant",
    ),
)  # fmt: skip

_SMALL = "it has no test part of its own: set `test_split`"

SHIPPED: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "breast_cancer", "569 rows of 30 numbers, benign or malignant", "a first classifier of two classes",
        f"the columns have very different scales: a Normalization comes first; {_SMALL}",
    ),
    ObjectFacts(
        "diabetes", "442 rows of 10 numbers, and how far the disease has gone a year later",
        "a first regression that trains in a second", f"little can be explained: an R2Score of 0.5 is good; {_SMALL}",
    ),
    ObjectFacts(
        "digits", "1,797 pictures of 8x8 in grey, 10 digits",
        "a first net without a network, in seconds: `input image: [8, 8, 1]`, or `[64]` in a row",
        f"pixels run from 0 to 16; {_SMALL}",
    ),
    ObjectFacts(
        "iris", "150 rows of 4 numbers, 3 kinds of flowers", "to see that everything runs",
        f"it is so small that accuracy moves by 3 % with a flower; {_SMALL}",
    ),
    ObjectFacts(
        "wine", "178 rows of 13 numbers, 3 kinds of wine", "a first classifier of several classes",
        f"the columns have very different scales: a Normalization comes first; {_SMALL}",
    ),
)  # fmt: skip
