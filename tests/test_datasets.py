"""The embedded digits, and the split into training and test parts."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl.datasets import Digits, digits
from microdl.datasets.digits import load_digits_arrays, stratified_split

# ---------------------------------------------------------------- the file


def test_the_arrays():
    images, labels = load_digits_arrays()
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == (
        (1797, 8, 8),
        np.uint8,
        (1797,),
        np.uint8,
    )
    assert (images.min(), images.max()) == (0, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_first_image_is_the_known_zero():
    images, labels = load_digits_arrays()
    assert labels[0] == 0
    assert images[0].tolist() == [
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
        [0, 3, 15, 2, 0, 11, 8, 0],
        [0, 4, 12, 0, 0, 8, 8, 0],
        [0, 5, 8, 0, 0, 9, 8, 0],
        [0, 4, 11, 0, 1, 12, 7, 0],
        [0, 2, 14, 5, 10, 12, 0, 0],
        [0, 0, 6, 13, 10, 0, 0, 0],
    ]


def test_equal_to_what_scikit_learn_distributes():
    reference = pytest.importorskip("sklearn.datasets", reason=".ci/run installs scikit-learn").load_digits()
    images, labels = load_digits_arrays()
    np.testing.assert_array_equal(images, reference.images)
    np.testing.assert_array_equal(labels, reference.target)


def test_each_call_returns_arrays_of_its_own():
    images, labels = load_digits_arrays()
    images[:] = 0
    labels[:] = 0
    assert load_digits_arrays()[0].any()
    assert load_digits_arrays()[1].any()


def test_the_file_is_small():
    assert digits.PATH.stat().st_size < 60_000


def test_a_missing_file(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"the digits are missing: there is no file .*none.npz. Install microdl"
    ):
        load_digits_arrays(tmp_path / "none.npz")


def damage(content: bytes, how: str) -> bytes:
    middle = len(content) // 2
    return {
        "empty": b"",
        "cut": content[:middle],
        "not a zip file": b"<html>not found</html>",
        "one bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
    }[how]


@pytest.mark.parametrize("how", ["empty", "cut", "not a zip file", "one bit"])
def test_a_damaged_file(tmp_path, how):
    path = tmp_path / "digits.npz"
    path.write_bytes(damage(digits.PATH.read_bytes(), how))
    with pytest.raises(RuntimeError, match=r"the digits in .*digits.npz are damaged .*pip install --force-reinstall"):
        load_digits_arrays(path)


@pytest.mark.parametrize("change", ["pixel", "label", "dtype", "names"])
def test_a_readable_file_with_other_content(tmp_path, change):
    images, labels = load_digits_arrays()
    images[0, 0, 0] += change == "pixel"
    labels[0] += change == "label"
    arrays = {"images": images.astype("u2") if change == "dtype" else images, "labels": labels}
    if change == "names":
        arrays["pictures"] = arrays.pop("images")
    np.savez_compressed(tmp_path / "digits.npz", **arrays)
    with pytest.raises(RuntimeError, match="are damaged"):
        load_digits_arrays(tmp_path / "digits.npz")


def test_an_intact_copy_is_read(tmp_path):
    (tmp_path / "copy.npz").write_bytes(digits.PATH.read_bytes())
    np.testing.assert_array_equal(load_digits_arrays(tmp_path / "copy.npz")[1], load_digits_arrays()[1])


# ---------------------------------------------------------------- the split


def test_the_fixed_split_never_changes():
    train, test = stratified_split(load_digits_arrays()[1])
    assert (len(train), len(test)) == (1348, 449)
    assert train[:8].tolist() == [0, 1, 2, 4, 5, 6, 8, 9]
    assert test[:8].tolist() == [3, 7, 13, 16, 19, 22, 26, 36]
    assert (
        hashlib.sha256(test.astype("<i8").tobytes()).hexdigest()
        == "6ed4e8c1972594ace71f64c782bda2d3fc50e351e87d07da548f36220cf4c124"
    )


@given(
    counts=st.lists(st.integers(8, 60), min_size=1, max_size=6),
    test_size=st.floats(0.15, 0.85),
    seed=st.integers(0, 2**32 - 1),
)
def test_split_is_a_stratified_partition(counts, test_size, seed):
    labels = np.random.RandomState(0).permutation(np.repeat(np.arange(len(counts)), counts))
    train, test = stratified_split(labels, test_size, seed)
    assert (train.dtype, test.dtype) == (np.int64, np.int64)
    for part in (train, test):
        assert np.all(np.diff(part) > 0), "sorted"
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(len(labels)))
    assert abs(len(test) - len(labels) * test_size) <= 0.5 + 1e-9
    taken = np.bincount(labels[test], minlength=len(counts))
    assert np.all(np.abs(taken - np.array(counts) * test_size) < 1)


def test_same_seed_same_split_and_another_seed_another():
    labels = np.repeat([0, 1], 20)
    (_, first), (_, again), (_, other) = (stratified_split(labels, 0.25, seed) for seed in (3, 3, 4))
    assert first.tolist() == again.tolist() != other.tolist()


def test_labels_may_be_words():
    train, test = stratified_split(["cat", "dog"] * 4, 0.25)
    assert (len(train), len(test)) == (6, 2)


def test_the_largest_remainders_get_what_is_missing():
    # Shares 0.25 * (5, 6, 7) = 1.25, 1.5, 1.75; 18 * 0.25 = 4.5 rounds to 4 (half to even): one for the last.
    _, test = stratified_split(np.repeat([0, 1, 2], [5, 6, 7]), 0.25)
    assert np.bincount(np.repeat([0, 1, 2], [5, 6, 7])[test]).tolist() == [1, 1, 2]


LABELS = [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((LABELS, 0.0), ValueError, r"test_size must be a fraction between 0 and 1, such as 0.25, got 0.0"),
        ((LABELS, 1.0), ValueError, r"got 1.0"),
        ((LABELS, -0.5), ValueError, r"got -0.5"),
        ((LABELS, 25), ValueError, r"got 25"),
        ((LABELS, float("nan")), ValueError, r"got nan"),
        ((LABELS, "0.25"), TypeError, r"test_size must be a float between 0 and 1, got '0.25'"),
        ((LABELS, True), TypeError, r"got True"),
        ((LABELS, 0.25, -1), ValueError, r"seed must be within 0 to 2\*\*32 - 1, got -1"),
        ((LABELS, 0.25, 2**32), ValueError, r"got 4294967296"),
        ((LABELS, 0.25, 0.5), TypeError, r"seed must be an integer, got 0.5"),
        ((LABELS, 0.25, None), TypeError, r"seed must be an integer, got None"),
        (([],), ValueError, r"labels must be 1-D with at least one element, got shape \(0,\)"),
        (([LABELS],), ValueError, r"got shape \(1, 8\)"),
        (
            ([0, 0, 0, 0, 1], 0.25),
            ValueError,
            r"class 1 has 1 examples: test_size=0.25 puts 0 .* at least one",
        ),
        (
            (LABELS, 0.95),
            ValueError,
            r"class 0 has 4 examples: test_size=0.95 puts 4 of them into the test part",
        ),
    ],
)
def test_split_refuses(arguments, error, text):
    with pytest.raises(error, match=text):
        stratified_split(*arguments)


# ---------------------------------------------------------------- the dataset


@pytest.mark.parametrize(("train", "count"), [(True, 1348), (False, 449)])
def test_digits_holds_one_part(train, count):
    part = Digits(train=train)
    images, labels = load_digits_arrays()
    indices = stratified_split(labels)[0 if train else 1]
    assert len(part) == count
    assert (part.data.dtype, tuple(part.data.shape)) == (torch.uint8, (count, 8, 8))
    assert (part.targets.dtype, tuple(part.targets.shape)) == (torch.int64, (count,))
    np.testing.assert_array_equal(part.data.numpy(), images[indices])
    np.testing.assert_array_equal(part.targets.numpy(), labels[indices])
    assert part.classes == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]


def test_an_item_is_an_image_and_an_int():
    part = Digits()
    image, label = part[-1]
    assert (tuple(image.shape), image.dtype) == ((8, 8), torch.uint8)
    assert type(label) is int
    assert label == part.targets[-1].item()
    np.testing.assert_array_equal(image.numpy(), part.data[-1].numpy())


def test_transforms_are_applied():
    part = Digits(train=False, transform=lambda image: image.float() / 16, target_transform=lambda label: label % 2)
    plain = Digits(train=False)
    for index in range(5):
        (image, label), (plain_image, plain_label) = part[index], plain[index]
        np.testing.assert_array_equal(image.numpy(), plain_image.numpy() / np.float32(16))
        assert label == plain_label % 2


def test_beyond_the_end():
    with pytest.raises(IndexError, match="449 is out of bounds"):
        Digits(train=False)[449]
    assert sum(1 for _ in Digits(train=False)) == 449


@pytest.mark.parametrize("train", [True, False])
def test_tensors_are_flat_and_scaled(train):
    inputs, labels = Digits.tensors(train=train)
    part = Digits(train=train)
    assert (inputs.dtype, tuple(inputs.shape), labels.dtype) == (torch.float32, (len(part), 64), torch.int64)
    np.testing.assert_array_equal(inputs.numpy(), part.data.numpy().reshape(-1, 64) / np.float32(16))
    np.testing.assert_array_equal(labels.numpy(), part.targets.numpy())
    assert not inputs.requires_grad


def test_a_loader_makes_batches_of_it():
    batch, labels = next(iter(torch.utils.data.DataLoader(Digits(train=False), batch_size=4)))
    assert (tuple(batch.shape), batch.dtype, labels.dtype) == ((4, 8, 8), torch.uint8, torch.int64)


def test_a_file_of_ones_own(tmp_path):
    (tmp_path / "digits.npz").write_bytes(digits.PATH.read_bytes())
    assert len(Digits(tmp_path)) == 1348
    with pytest.raises(FileNotFoundError, match=r"there is no file .*nowhere"):
        Digits(tmp_path / "nowhere")


def test_repr(tmp_path):
    (tmp_path / "digits.npz").write_bytes(digits.PATH.read_bytes())
    assert repr(Digits()) == "Dataset Digits\n    Number of datapoints: 1348\n    Split: Train"
    assert f"Root location: {tmp_path}" in repr(Digits(tmp_path, train=False))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"train": "test"}, r"train must be True \(training part\) or False \(test part\), got 'test'"),
        ({"transform": 1}, r"transform must be callable or None, got 1"),
        ({"target_transform": "x"}, r"target_transform must be callable or None, got 'x'"),
    ],
)
def test_digits_refuses(arguments, text):
    with pytest.raises(TypeError, match=text):
        Digits(**arguments)
