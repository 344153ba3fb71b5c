"""The lesson: from whatever people upload to a small, upright, clean WebP.

Nothing here knows Flask or the database. The order of the steps is the point:

1. `identify` reads the header alone and refuses what is too large *before* a pixel is decoded.
2. `load` decodes, turns the picture upright, and only then forgets its metadata.
3. `thumbnail` scales and encodes.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pillow_heif
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, UnidentifiedImageError
from PIL.Image import Transpose

from .sizes import Size, plan

pillow_heif.register_heif_opener()  # HEIC: Pillow itself does not read it
Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit, which only warns: we have MAX_PIXELS
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY  # a long text is no bomb

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")
MAX_PIXELS = 50_000_000
QUALITY = 80
TURNS = {
    # EXIF orientation (CIPA DC-008, tag 0x0112): what turns the picture upright
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
SIDEWAYS = {5, 6, 7, 8}  # those that swap width and height


class BadImage(ValueError):
    """The content is no image that we take. Trying again cannot help; the text is for people."""


@dataclass(frozen=True)
class Header:
    """What the header says: one of `FORMATS`, and the size in pixels as a person will see it."""

    format: str
    width: int
    height: int


def identify(content: bytes) -> Header:
    """Read format and size from the content; its name and declared type are never asked.

    No pixel is decoded, so a file of 100 bytes that claims 900 megapixels costs nothing.
    A picture that lies on its side (EXIF orientation) is measured as it will stand.

    Raises `BadImage` for what is not one of `FORMATS`, and above `MAX_PIXELS`.
    """
    image = _open(content)
    kind = str(image.format).replace("MPO", "JPEG")  # MPO: one with several pictures in it
    if _orientation(image) in SIDEWAYS:
        return Header(kind, image.height, image.width)
    return Header(kind, image.width, image.height)


def load(content: bytes) -> Image.Image:
    """Decode the first frame: upright, as 8-bit RGB or RGBA, without metadata.

    Only the colour profile stays, in ``info["icc_profile"]``: without it the colours of a
    wide-gamut photo turn dull. A profile of another colour space (CMYK, grey) would not fit the
    new pixels: it goes, and opaque pictures are converted to sRGB with its help.

    Raises `BadImage` where `identify` does, and when the content breaks off or belies its header.
    """
    image = _open(content)
    turn = TURNS.get(_orientation(image))
    with _library():
        image.load()
    picture = _in_rgb(image)
    if turn is not None:
        return picture.transpose(turn)
    return picture


def thumbnail(image: Image.Image, size: Size) -> bytes:
    """Scale what `load` gave as `plan` says, and encode it as WebP with its colour profile.

    The same image and size give the same bytes each time.
    """
    goal = plan(image.width, image.height, size)
    small = image.resize(
        (goal.width, goal.height),
        Image.Resampling.LANCZOS,
        box=goal.box,
        reducing_gap=3.0,
    )
    target = BytesIO()
    small.save(target, "WEBP", quality=QUALITY, icc_profile=image.info.get("icc_profile"))
    return target.getvalue()


def _open(content: bytes) -> Image.Image:
    """Open an image, of which the header alone is read, and refuse one that is too large."""
    with _library():
        image = Image.open(BytesIO(content), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise BadImage("The image has more than 50 megapixels, the most that is accepted.")
    return image


@contextlib.contextmanager
def _library() -> Iterator[None]:
    """Turn whatever Pillow raises inside into `BadImage`: put its calls in here, and nothing else.

    Its decoders raise nearly anything on a file that lies: OSError, SyntaxError, ValueError,
    struct.error, … A mistake of our own must not be told to people as theirs, nor end the attempts.
    """
    try:
        yield
    except MemoryError:  # our trouble, not the file's
        raise
    except UnidentifiedImageError as error:
        raise BadImage("This is no JPEG, PNG, WebP, GIF, AVIF or HEIC image.") from error
    except Exception as error:
        raise BadImage("The image is damaged or incomplete.") from error


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 is upright. To be asked before the pixels are loaded.

    Pillow's `getexif` would take it from XMP too, as no browser does, and decode a PNG to find it.
    """
    orientation = 1
    exif = Image.Exif()
    with contextlib.suppress(Exception):  # a spoilt label does not spoil the picture
        exif.load(image.info.get("exif", b""))
        orientation = exif.get(ExifTags.Base.Orientation, 1)
    return orientation


def _in_rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile") or b""
    fits = profile[16:20] == b"RGB "  # the colour space that it is for (ICC.1, 7.2.6)
    if image.mode == "I;16":
        image = _in_eight_bits(image)
    mode = "RGB"
    if image.has_transparency_data:
        mode = "RGBA"
    elif profile and not fits and image.mode in {"L", "CMYK"}:
        image = _in_srgb(image, profile)
    with _library():
        image = image.convert(mode)
    image.info = {}
    if fits:
        image.info["icc_profile"] = profile
    return image


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey, which `convert` would clip to white. One grey may be see-through."""
    wide = image.convert("I")
    grey = wide.point([value // 256 for value in range(65536)], "L")
    clear = grey.info.pop("transparency", None)
    if clear is not None:
        opacity = [255] * 65536
        opacity[clear] = 0
        grey.putalpha(wide.point(opacity, "L"))
    return grey


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert the colours by their profile; one that cannot be used changes nothing."""
    srgb = ImageCms.createProfile("sRGB")
    with contextlib.suppress(ImageCms.PyCMSError, OSError):
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, srgb, outputMode="RGB") or image
    return image
