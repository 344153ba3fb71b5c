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

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from .sizes import Size, plan

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MAX_PIXELS = 50_000_000
TOO_LARGE = f"The image has more than {MAX_PIXELS // 10**6} megapixels, the most that is accepted."
QUALITY = 80
SIDEWAYS = {5, 6, 7, 8}
"""The EXIF orientations that swap width and height (CIPA DC-008, tag 0x0112)."""


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
    with _opened(content) as image:
        width, height = image.size
        with contextlib.suppress(Exception):  # an unreadable label is none
            if image.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS:
                width, height = height, width
        # A phone's JPEG with several pictures in it is an "MPO" to Pillow.
        return Header("JPEG" if image.format == "MPO" else str(image.format), width, height)


def load(content: bytes) -> Image.Image:
    """Decode the first frame: upright, as 8-bit RGB or RGBA, without metadata.

    Only the colour profile stays, in ``info["icc_profile"]``: without it the colours of a
    wide-gamut photo turn dull. A profile of another colour space (CMYK, grey) would not fit the
    new pixels: it goes, and opaque pictures are converted to sRGB with its help.

    Raises `BadImage` where `identify` does, and when the content breaks off or belies its header.
    """
    with _opened(content) as image:
        image.load()
        # A spoilt label does not spoil the picture: browsers, too, ignore EXIF they cannot read.
        with contextlib.suppress(Exception):
            ImageOps.exif_transpose(image, in_place=True)
        return _in_rgb(image)


def thumbnail(image: Image.Image, size: Size) -> bytes:
    """Scale what `load` gave as `plan` says, and encode it as WebP with its colour profile.

    The same image and size give the same bytes each time.
    """
    goal = plan(image.width, image.height, size)
    small = image.resize(
        (goal.width, goal.height), Image.Resampling.LANCZOS, box=goal.box, reducing_gap=3.0
    )
    target = BytesIO()
    small.save(target, "WEBP", quality=QUALITY, icc_profile=image.info.get("icc_profile"))
    return target.getvalue()


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """Open an image with an acceptable header; whatever goes wrong inside is a `BadImage`.

    Pillow's decoders raise nearly anything on a file that lies (OSError, SyntaxError, ValueError,
    struct.error, …); its own guard against bombs raises an error that is none of these.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadImage(TOO_LARGE)
            yield image
    except (BadImage, MemoryError):  # short of memory: that is our trouble, not the file's
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage(TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise BadImage("This is no JPEG, PNG, WebP, GIF or AVIF image.") from error
    except Exception as error:
        raise BadImage("The image is damaged or incomplete.") from error


def _in_rgb(image: Image.Image) -> Image.Image:
    profile: bytes = image.info.get("icc_profile", b"")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode == "I;16":  # converting would clip 16 bits to white instead of scaling them
        image = image.point(lambda value: value / 256).convert("L")
    fits = profile[16:20] == b"RGB "  # the colour space that it is for (ICC.1, 7.2.6)
    if profile and not fits and mode == "RGB" and image.mode in {"L", "CMYK"}:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, srgb, outputMode=mode) or image
    image = image.convert(mode)
    image.info = {"icc_profile": profile} if fits else {}
    return image
