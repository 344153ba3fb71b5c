"""Laws of the geometry and of the key, and how sizes are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thumbnails.sizes import Size, parse, parse_all, plan, render_key

sides = st.integers(1, 20_000)
boxes = st.builds(
    Size,
    name=st.sampled_from(["small", "large"]),
    width=st.integers(1, 9999),
    height=st.integers(1, 9999),
    mode=st.sampled_from(["fit", "crop"]),
)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)


@pytest.mark.parametrize(
    ("picture", "box", "expected"),
    [
        ((400, 300), "s=200x200", (200, 150)),
        ((300, 400), "s=200x200", (150, 200)),
        ((400, 300), "s=200x50", (67, 50)),
        ((100, 50), "s=200x200", (100, 50)),  # not enlarged
        ((10_000, 2), "s=160x160", (160, 1)),  # never less than a pixel
        ((2, 10_000), "s=160x160", (1, 160)),
        ((400, 300), "s=200x200:crop", (200, 200)),
        ((400, 300), "s=200x100:crop", (200, 100)),
        ((100, 400), "s=200x200:crop", (100, 100)),  # not enlarged, and still a square
        ((50, 50), "s=200x100:crop", (50, 25)),
        ((1, 1), "s=200x100:crop", (1, 1)),
    ],
)
def test_planned_size(picture, box, expected):
    planned = plan(*picture, parse(box))
    assert (planned.width, planned.height) == expected


def test_crop_keeps_middle():
    assert plan(400, 300, parse("s=100x100:crop")).box == (50, 0, 350, 300)
    assert plan(300, 400, parse("s=100x100:crop")).box == (0, 50, 300, 350)


def test_crop_keeps_pixel_at_least():
    assert plan(10, 10, parse("s=4096x1:crop")).box == (0, 4.5, 10, 5.5)
    assert plan(10, 10, parse("s=1x4096:crop")).box == (4.5, 0, 5.5, 10)


def test_fit_keeps_whole_picture():
    assert plan(400, 300, parse("s=100x100")).box == (0, 0, 400, 300)


@given(sides, sides, boxes)
def test_nothing_is_enlarged_or_leaves_its_box(width, height, box):
    planned = plan(width, height, box)
    left, top, right, bottom = planned.box
    assert 1 <= planned.width <= min(box.width, width)
    assert 1 <= planned.height <= min(box.height, height)
    assert 0 <= left < right <= width + 1e-6
    assert 0 <= top < bottom <= height + 1e-6
    assert abs((left + right) - width) < 1e-6, "the part is not centred from left to right"
    assert abs((top + bottom) - height) < 1e-6, "the part is not centred from top to bottom"


@given(sides, sides, boxes)
def test_kept_part_keeps_its_shape(width, height, box):
    planned = plan(width, height, box)
    left, top, right, bottom = planned.box
    part, result = (right - left, bottom - top), (planned.width, planned.height)
    longer = part.index(max(part))
    scale = result[longer] / part[longer]
    assert abs(result[1 - longer] - max(1, part[1 - longer] * scale)) <= 1


@given(hashes, boxes)
def test_key_is_stable_and_safe_as_file_name(content, box):
    key = render_key(content, box)
    assert key == render_key(content, parse(str(box))), "the same rendering got two keys"
    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")


@given(hashes, hashes, boxes, boxes)
def test_key_tells_all_renderings_apart(one, two, box, other):
    same = (one, box) == (two, other)
    assert (render_key(one, box) == render_key(two, other)) is same


@pytest.mark.parametrize("change", ["a=1x2:fit", "b=1x3:fit", "b=2x2:fit", "b=1x2:crop"])
def test_every_part_of_size_counts_in_its_key(change):
    assert render_key("0" * 64, parse("b=1x2:fit")) != render_key("0" * 64, parse(change))


def test_keys_do_not_change_by_accident():
    """A new key renders every thumbnail again. Raise `VERSION` if you mean that."""
    key = render_key("0" * 64, parse("small=160x160"))
    assert key == "5929b94387b5cc308bedc717d31b00d49900884060143ff09d389aca782452f3"


def test_sizes_are_read_with_spaces_and_default_to_fit():
    assert parse_all("small=160x120, square=200x200:crop") == (
        Size("small", 160, 120, "fit"),
        Size("square", 200, 200, "crop"),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not written as"),
        ("small", "not written as"),
        ("small=160", "not written as"),
        ("small=160x160:stretch", "not written as"),
        ("small=-1x160", "not written as"),
        ("Small=160x160", "not written as"),
        ("../x=160x160", "not written as"),
        ("small=160x160,", "not written as"),
        ("small=0x160", "not written as"),
        ("small=160x10000", "not written as"),
        ("a=1x1,b=2x2,a=3x3", "a name is there twice"),
    ],
)
def test_badly_written_sizes_are_refused_with_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_all(text)
