"""What goes in and what comes out, on pictures that the tests draw themselves."""

import contextlib
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from thumbnails.render import BadImage, Header, identify, load, thumbnail
from thumbnails.sizes import parse

RED, BLUE = (255, 0, 0), (0, 0, 255)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
BOX = parse("small=64x64")
HEIC = Path(__file__).parent / "data/photo.heic"  # red on the left, blue on the right


def encode(image, kind="PNG", **options):
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def two_halves(width=120, height=60, mode="RGB"):
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height))
    return image.convert(mode)


def noise(width=200, height=150):
    return Image.effect_noise((width, height), 80).convert("RGB")


def png_header(width, height):
    """Write a PNG of the claimed size that has next to no pixels in it."""

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def render(content, size="small=64x64"):
    return Image.open(BytesIO(thumbnail(load(content), parse(size))))


def colour_at(image, x, y):
    """Name the strongest channel at a place given in parts of the width and height."""
    pixel = image.convert("RGB").getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    assert isinstance(pixel, tuple)
    return ("red", "green", "blue")[pixel.index(max(pixel))]


def chunk(kind, data):
    """Write a chunk of a PNG."""
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def with_chunk(content, extra, before=b"IDAT"):
    """Put a chunk into a PNG."""
    place = content.index(before) - 4
    return content[:place] + extra + content[place:]


# identify


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_format_is_told_by_content(kind):
    content = encode(two_halves(), kind)
    assert identify(content) == Header(kind, 120, 60)
    assert render(content).format == "WEBP"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"%PDF-1.7\n",
        b"GIF89a",
        encode(two_halves(), "TIFF"),
        encode(two_halves(), "BMP"),
        encode(two_halves(), "ICO"),
        encode(two_halves(), "EPS"),
        encode(two_halves())[:20],
        encode(two_halves(), "JPEG")[:30],
        encode(two_halves(), "WEBP")[:-5],
        encode(two_halves(), "AVIF")[:100],
        png_header(0, 10),
    ],
)
def test_what_is_no_image_is_refused(content):
    with pytest.raises(BadImage):
        identify(content)
    with pytest.raises(BadImage):
        load(content)


def test_fifty_megapixels_are_allowed():
    assert identify(png_header(10_000, 5_000)) == Header("PNG", 10_000, 5_000)


@pytest.mark.parametrize(
    ("width", "height"), [(3, 16_666_667), (10_000, 9_000), (30_000, 30_000), (2**31 - 1, 9)]
)
def test_more_is_refused_before_pixel_is_decoded(width, height):
    with pytest.raises(BadImage, match="more than 50 megapixels"):
        identify(png_header(width, height))
    with pytest.raises(BadImage, match="more than 50 megapixels"):
        load(png_header(width, height))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_is_that_of_upright_picture(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    header = identify(encode(two_halves(), "JPEG", exif=exif))
    assert (header.width, header.height) == ((60, 120) if orientation >= 5 else (120, 60))


def test_phone_photo_with_second_picture_in_it_is_jpeg():
    content = encode(two_halves(), "MPO", save_all=True, append_images=[two_halves()])
    assert identify(content).format == "JPEG"
    assert render(content).size == (64, 32)


# load: orientation, metadata, colours


@pytest.mark.parametrize(
    ("orientation", "red_is_at"),
    [
        (1, (0.1, 0.5)),
        (2, (0.9, 0.5)),
        (3, (0.9, 0.5)),
        (4, (0.1, 0.5)),
        (5, (0.5, 0.1)),
        (6, (0.5, 0.1)),
        (7, (0.5, 0.9)),
        (8, (0.5, 0.9)),
    ],
)
def test_orientation_is_applied(orientation, red_is_at):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    small = render(encode(two_halves(), "JPEG", exif=exif))
    x, y = red_is_at
    assert colour_at(small, x, y) == "red", "the picture was not turned upright"
    assert colour_at(small, 1 - x, 1 - y) == "blue"


def test_crop_measures_upright_picture():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    assert render(encode(two_halves(), "JPEG", exif=exif), "s=50x100:crop").size == (50, 100)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_metadata_is_stripped_and_profile_kept(kind):
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "my holiday"
    exif[ExifTags.Base.GPSInfo] = {1: "N", 2: (52.0, 31.0, 0.0)}
    xmp = {} if kind == "PNG" else {"xmp": b"<x:xmpmeta>my holiday</x:xmpmeta>"}
    content = encode(two_halves(), kind, exif=exif, icc_profile=SRGB, **xmp)
    assert b"my holiday" in content
    small = thumbnail(load(content), BOX)
    opened = Image.open(BytesIO(small))
    assert b"my holiday" not in small
    assert not opened.getexif()
    assert "exif" not in opened.info
    assert "xmp" not in opened.info
    assert opened.info["icc_profile"] == SRGB


def test_text_chunks_are_stripped():
    notes = PngInfo()
    notes.add_text("Author", "somebody")
    assert load(encode(two_halves(), pnginfo=notes)).info == {}


def test_without_profile_none_is_made_up():
    assert "icc_profile" not in render(encode(two_halves())).info


@pytest.mark.parametrize("profile", [b"garbage", SRGB.replace(b"RGB ", b"CMYK")])
def test_profile_that_does_not_fit_pixels_goes(profile):
    small = render(encode(two_halves(), icc_profile=profile))
    assert "icc_profile" not in small.info
    assert colour_at(small, 0.1, 0.5) == "red"


def test_grey_profile_is_used_for_conversion():
    """A grey of linear light is darker on paper than on the screen: 55 must become about 128."""
    grey = Image.new("L", (40, 40), 55)
    image = load(encode(grey, icc_profile=linear_grey_profile()))
    assert image.getpixel((9, 9)) == pytest.approx((128, 128, 128), abs=3)
    assert image.info == {}


@pytest.mark.parametrize("mode", ["LA", "P", "1"])
def test_grey_profile_does_no_harm_to_other_pictures(mode):
    """Converted by the profile, transparent grey would vanish and palettes turn to nonsense."""
    image = two_halves(mode=mode)
    converted = load(encode(image, icc_profile=linear_grey_profile()))
    assert converted.tobytes() == load(encode(image)).tobytes()


def linear_grey_profile():
    """Write the smallest ICC v2 profile of a grey with gamma 1."""

    def tag(kind, data):
        return kind + b"\0" * 4 + data

    curve = tag(b"curv", struct.pack(">I", 0))
    white = tag(b"XYZ ", struct.pack(">iii", 63190, 65536, 54061))
    start = 128 + 4 + 2 * 12
    table = struct.pack(">I", 2) + b"wtpt" + struct.pack(">II", start, len(white))
    table += b"kTRC" + struct.pack(">II", start + len(white), len(curve))
    body = table + white + curve
    length = struct.pack(">I", 128 + len(body))
    head = length + b"    \x02\x40\0\0mntrGRAYXYZ "
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + body


def test_cmyk_becomes_rgb():
    small = render(encode(two_halves(mode="CMYK"), "JPEG"))
    assert small.mode == "RGB"
    assert colour_at(small, 0.1, 0.5) == "red"


@pytest.mark.parametrize(
    ("sixteen", "eight"), [(0, 0), (0x8000, 0x80), (0xFEFF, 0xFE), (0xFFFF, 0xFF)]
)
def test_sixteen_bit_grey_is_scaled_not_clipped(sixteen, eight):
    content = encode(Image.new("I;16", (40, 40), sixteen))
    assert load(content).getpixel((0, 0)) == (eight, eight, eight)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_kept(mode):
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 20, 40))
    small = render(encode(image.convert(mode)))
    assert small.mode == "RGBA"
    assert small.getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_opaque_pictures_stay_opaque(mode):
    assert render(encode(two_halves(mode=mode))).mode == "RGB"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animation_gives_its_first_frame(kind):
    frames = [Image.new("RGB", (80, 40), colour) for colour in (RED, BLUE)]
    small = render(encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=100))
    assert getattr(small, "n_frames", 1) == 1
    assert colour_at(small, 0.5, 0.5) == "red"


# what stands beside the picture

PACKED = b"name\0\0" + zlib.compress(b"x" * 2_000_000)


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", PACKED),
        chunk(b"iTXt", b"name\0\1\0\0\0" + zlib.compress(b"x" * 2_000_000)),
        chunk(b"tEXt", b"name\0" + b"x" * 2_000_000),
        chunk(b"zTXt", b"name\0\0no zlib"),
    ],
    ids=["packed", "international", "plain", "spoilt"],
)
def test_text_of_png_does_not_spoil_picture(extra, before):
    content = with_chunk(encode(two_halves()), extra, before)

    assert identify(content) == Header("PNG", 120, 60)
    assert render(content).size == (64, 32)


@pytest.mark.parametrize(
    "data", [b"name\0\0no zlib", PACKED, b"name\0\0"], ids=["spoilt", "long", "empty"]
)
def test_unreadable_profile_of_png_does_not_spoil_picture(data):
    small = render(with_chunk(encode(two_halves()), chunk(b"iCCP", data)))

    assert colour_at(small, 0.1, 0.5) == "red"
    assert "icc_profile" not in small.info


def test_one_of_sixteen_bit_greys_may_be_transparent():
    grey = Image.frombytes("I;16", (2, 1), struct.pack("<2H", 0x1234, 0x1235))

    image = load(encode(grey, transparency=0x1234))

    assert image.mode == "RGBA"
    assert image.getpixel((0, 0)) == (0x12, 0x12, 0x12, 0)
    assert image.getpixel((1, 0)) == (0x12, 0x12, 0x12, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_orientation_comes_from_exif_alone(kind):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'
    image = two_halves()
    if kind == "PNG":
        notes = PngInfo()
        notes.add_itxt("XML:com.adobe.xmp", xmp.decode())
        content = encode(image, kind, pnginfo=notes)
    else:
        content = encode(image, kind, xmp=xmp)

    assert identify(content) == Header(kind, 120, 60)
    assert render(content).size == (64, 32)


def test_header_is_read_without_pixels(monkeypatch):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda _: pytest.fail("decoded"))

    assert identify(png_header(10_000, 5_000)) == Header("PNG", 10_000, 5_000)


def test_mistake_of_our_own_is_not_blamed_on_picture(monkeypatch):
    monkeypatch.setattr("thumbnails.render._in_rgb", lambda _: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        load(encode(two_halves()))


def test_heic_is_taken():
    content = HEIC.read_bytes()

    assert identify(content) == Header("HEIF", 320, 200)
    small = render(content)
    assert small.size == (64, 40)
    assert [colour_at(small, x, 0.5) for x in (0.1, 0.9)] == ["red", "blue"]
    assert small.info["icc_profile"] == Image.open(BytesIO(content)).info["icc_profile"]
    assert not small.getexif()


# damage


@pytest.mark.parametrize(
    ("kind", "kept"), [("JPEG", 0.5), ("PNG", 0.5), ("GIF", 0.5), ("AVIF", 0.99)]
)
def test_truncated_file_passes_header_and_fails_in_load(kind, kept):
    content = encode(noise(), kind)
    content = content[: int(len(content) * kept)]
    assert identify(content).format == kind
    with pytest.raises(BadImage, match="damaged or incomplete"):
        load(content)


def test_header_that_promises_more_pixels_than_there_are_is_refused():
    with pytest.raises(BadImage, match="damaged or incomplete"):
        load(png_header(5_000, 5_000))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x04abc\0\0\0\0\0",  # orientation "abc"
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_unreadable_exif_does_not_spoil_picture(kind, exif):
    content = encode(two_halves(), kind, exif=exif)
    assert identify(content) == Header(kind, 120, 60)
    assert render(content).size == (64, 32)


SMALL_NOISE = {kind: encode(noise(30, 20), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF")}
SMALL_NOISE["HEIF"] = HEIC.read_bytes()


@pytest.mark.filterwarnings("ignore")  # Pillow's about spoilt metadata
@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(SMALL_NOISE)), st.integers(0, 10_000), st.integers(0, 255))
def test_spoilt_byte_gives_picture_or_one_error(kind, where, value):
    content = bytearray(SMALL_NOISE[kind])
    content[where % len(content)] = value
    with contextlib.suppress(BadImage):
        thumbnail(load(bytes(content)), BOX)


# thumbnail


@pytest.mark.parametrize(
    ("size", "expected"),
    [("s=64x64", (64, 32)), ("s=64x64:crop", (60, 60)), ("s=500x500", (120, 60))],
)
def test_size_of_thumbnail(size, expected):
    assert render(encode(two_halves()), size).size == expected


def test_crop_cuts_both_sides_alike():
    image = Image.new("RGB", (120, 40), (0, 255, 0))
    image.paste(RED, (0, 0, 39, 40))
    image.paste(BLUE, (81, 0, 120, 40))
    small = render(encode(image), "s=40x40:crop")
    assert [colour_at(small, x, 0.5) for x in (0.1, 0.5, 0.9)] == ["green"] * 3


def test_same_input_gives_same_bytes():
    content = encode(noise(), "JPEG")
    assert thumbnail(load(content), BOX) == thumbnail(load(content), BOX)
