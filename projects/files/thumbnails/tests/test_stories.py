"""The promises of idea.toml, by HTTP alone."""

import secrets
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageCms

pytestmark = pytest.mark.settings(
    THUMBNAIL_SIZES="small=160x160,medium=640x640,square=200x200:crop", MIN_FREE_MB="0"
)
RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)
FULL_DISK = "1000000000"  # MB that must stay free: more than any disk has


# Pictures, and how they are sent and looked at


def encode(image, kind="PNG", **options):
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def stripes(width, height, *colours):
    """Upright stripes of equal width, the first on the left."""
    row = Image.new("RGB", (len(colours), 1))
    row.putdata(colours)
    return row.resize((width, height), Image.Resampling.NEAREST)


def noise(width=120, height=90):
    """A picture that nobody has uploaded before."""
    grains = Image.frombytes("RGB", (30, 30), secrets.token_bytes(30 * 30 * 3))
    return grains.resize((width, height), Image.Resampling.NEAREST)


def colours(image, *places):
    """Name the strongest channel at places given in parts of the width and height."""
    names = []
    for x, y in places:
        place = (int(x * image.width), int(y * image.height))
        pixel = image.convert("RGB").getpixel(place)
        names.append(("red", "green", "blue")[pixel.index(max(pixel))])
    return names


def oriented(number):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = number
    return exif


def claim_of_size(width, height):
    """A PNG of a few bytes whose header claims any size."""

    def chunk(kind, data):
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    )


def truncated():
    """A JPEG with a fine header that breaks off in the middle of its pixels."""
    content = encode(noise(), "JPEG")
    return content[: len(content) // 2]


def send(client, content, name="picture", kind="image/jpeg"):
    return client.post("/images", data={"image": (BytesIO(content), name, kind)})


def upload(client, content):
    response = send(client, content)
    assert response.status_code == 202, "an image that is fine was not accepted"
    return response.json


def job_of(client, uploaded):
    return client.get(f"/jobs/{uploaded['job']['id']}").json


def sizes_of(client, uploaded):
    image = client.get(f"/images/{uploaded['image']['id']}").json
    return {thumbnail["name"]: thumbnail for thumbnail in image["thumbnails"]}


def look(client, uploaded, size):
    response = client.get(f"/images/{uploaded['image']['id']}/{size}")
    assert response.status_code == 200, f"the thumbnail {size!r} is not there"
    assert response.mimetype == "image/webp"
    image = Image.open(BytesIO(response.data))
    assert image.format == "WEBP"
    return image


@pytest.fixture
def rendered(client, work):
    """Upload an image and let the worker work."""

    def render(content):
        uploaded = upload(client, content)
        work()
        job = job_of(client, uploaded)
        assert job["status"] == "done", f"the job did not succeed: {job['error']}"
        return uploaded

    return render


# upload


@pytest.mark.story("upload")
def test_upload_is_accepted_with_its_image_and_its_job(client):
    response = send(client, encode(noise(300, 200)))
    assert response.status_code == 202
    assert response.json["job"]["status"] == "queued"
    assert response.json["job"]["progress"] == {"done": 0, "total": 3}
    assert response.json["job"]["image_id"] == response.json["image"]["id"]
    image = client.get(f"/images/{response.json['image']['id']}").json
    assert (image["format"], image["width"], image["height"]) == ("PNG", 300, 200)


@pytest.mark.story("upload")
def test_location_leads_to_job(client):
    response = send(client, encode(noise()))
    followed = client.get(response.headers["Location"])
    assert followed.status_code == 200
    assert followed.json["id"] == response.json["job"]["id"]


@pytest.mark.story("upload")
def test_size_is_that_of_upright_picture(client):
    image = upload(client, encode(noise(300, 200), "JPEG", exif=oriented(6)))["image"]
    assert (image["width"], image["height"]) == (200, 300)


@pytest.mark.story("upload")
def test_upload_survives_restart(client, restart, work):
    uploaded = upload(client, encode(noise()))
    restart()
    work()
    assert job_of(client, uploaded)["status"] == "done"


# refuse


@pytest.mark.story("refuse")
@pytest.mark.parametrize("name", ["cat.gif", "cat.txt", "", "../../etc/passwd", "a\0b", "x" * 300])
def test_name_and_declared_type_do_not_matter(client, name):
    response = send(client, encode(noise(), "PNG"), name or " ", "text/html")
    assert response.status_code == 202
    assert response.json["image"]["format"] == "PNG"


@pytest.mark.story("refuse")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just text",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'></svg>",
        b"%PDF-1.7\n%%EOF",
        b"\x89PNG\r\n\x1a\n",
        encode(noise(), "TIFF"),
        encode(noise(), "BMP"),
    ],
    ids=["nothing", "text", "svg", "pdf", "png signature alone", "tiff", "bmp"],
)
def test_what_is_no_image_is_refused(client, content):
    response = send(client, content, "cat.jpg")
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    assert client.get("/jobs").json == [], "a job was made for what is no image"


@pytest.mark.story("refuse")
@pytest.mark.parametrize("size", [(10_001, 5_000), (30_000, 30_000), (2_000_000_000, 2)])
def test_more_than_fifty_megapixels_are_refused(client, size):
    assert send(client, claim_of_size(*size)).status_code == 422


@pytest.mark.story("refuse")
def test_fifty_megapixels_are_accepted(client):
    assert send(client, claim_of_size(10_000, 5_000)).status_code == 202


@pytest.mark.story("refuse")
@pytest.mark.settings(MAX_CONTENT_LENGTH="20000")
def test_body_over_limit_is_refused(client):
    assert send(client, encode(noise())).status_code == 202
    assert send(client, encode(noise()) + bytes(20_000)).status_code == 413


@pytest.mark.story("refuse")
def test_form_without_image_is_refused(client):
    form = {"picture": (BytesIO(encode(noise())), "cat.png")}
    assert client.post("/images", data=form).status_code == 422
    assert client.post("/images", json={"image": "cat.png"}).status_code == 415


# render


@pytest.mark.story("render")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_every_format_becomes_webp(client, rendered, kind):
    uploaded = rendered(encode(stripes(320, 200, RED, BLUE), kind))
    small = look(client, uploaded, "small")
    assert small.size == (160, 100)
    assert colours(small, (0.2, 0.5), (0.8, 0.5)) == ["red", "blue"]


@pytest.mark.story("render")
def test_heic_becomes_webp(client, rendered):
    content = (Path(__file__).parent / "data/photo.heic").read_bytes()

    small = look(client, rendered(content), "small")

    assert small.size == (160, 100)
    assert colours(small, (0.2, 0.5), (0.8, 0.5)) == ["red", "blue"]


@pytest.mark.story("render")
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1280, 640), {"small": (160, 80), "medium": (640, 320), "square": (200, 200)}),
        ((640, 1280), {"small": (80, 160), "medium": (320, 640), "square": (200, 200)}),
        ((60, 40), {"small": (60, 40), "medium": (60, 40), "square": (40, 40)}),
        ((400, 100), {"small": (160, 40), "medium": (400, 100), "square": (100, 100)}),
        ((900, 2), {"small": (160, 1), "medium": (640, 1), "square": (2, 2)}),
    ],
)
def test_thumbnails_fit_or_fill_their_box_and_are_never_enlarged(client, rendered, size, expected):
    uploaded = rendered(encode(stripes(*size, RED, BLUE)))
    assert {name: look(client, uploaded, name).size for name in expected} == expected
    listed = sizes_of(client, uploaded)
    assert {name: (listed[name]["width"], listed[name]["height"]) for name in listed} == expected


@pytest.mark.story("render")
def test_fit_shows_whole_picture_and_crop_its_middle(client, rendered):
    uploaded = rendered(encode(stripes(900, 300, RED, GREEN, BLUE)))
    places = [(0.1, 0.5), (0.5, 0.5), (0.9, 0.5)]
    assert colours(look(client, uploaded, "small"), *places) == ["red", "green", "blue"]
    assert colours(look(client, uploaded, "square"), *places) == ["green"] * 3


@pytest.mark.story("render")
@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [
        (1, (160, 80), (0.1, 0.5)),
        (2, (160, 80), (0.9, 0.5)),
        (3, (160, 80), (0.9, 0.5)),
        (4, (160, 80), (0.1, 0.5)),
        (5, (80, 160), (0.5, 0.1)),
        (6, (80, 160), (0.5, 0.1)),
        (7, (80, 160), (0.5, 0.9)),
        (8, (80, 160), (0.5, 0.9)),
    ],
)
def test_pictures_stand_upright(client, rendered, orientation, size, red):
    photo = encode(stripes(400, 200, RED, BLUE), "JPEG", exif=oriented(orientation))
    small = look(client, rendered(photo), "small")
    assert small.size == size
    assert colours(small, red, (0.99 - red[0], 0.99 - red[1])) == ["red", "blue"]


@pytest.mark.story("render")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_metadata_is_stripped(client, rendered, kind):
    exif = oriented(1)
    exif[ExifTags.Base.ImageDescription] = "at my grandmother's"
    exif[ExifTags.Base.GPSInfo] = {1: "N", 2: (52.0, 31.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)}
    uploaded = rendered(encode(noise(), kind, exif=exif))
    small = look(client, uploaded, "small")
    assert not small.getexif(), "the thumbnail has EXIF"
    assert not {"exif", "xmp"} & set(small.info), f"the thumbnail has {set(small.info)}"


@pytest.mark.story("render")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_colour_profile_is_kept(client, rendered, kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    uploaded = rendered(encode(noise(), kind, icc_profile=profile))
    assert look(client, uploaded, "small").info.get("icc_profile") == profile
    assert look(client, uploaded, "square").info.get("icc_profile") == profile


@pytest.mark.story("render")
def test_transparency_is_kept(client, rendered):
    image = Image.new("RGBA", (100, 100))
    image.paste((*RED, 255), (0, 0, 50, 100))
    small = look(client, rendered(encode(image)), "small")
    assert small.getchannel("A").getextrema() == (0, 255)


@pytest.mark.story("render")
@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF"])
def test_animation_is_shown_by_its_first_frame(client, rendered, kind):
    first, second = stripes(80, 40, RED), stripes(80, 40, BLUE)
    content = encode(first, kind, save_all=True, append_images=[second], duration=100)
    small = look(client, rendered(content), "small")
    assert getattr(small, "n_frames", 1) == 1
    assert colours(small, (0.5, 0.5)) == ["red"]


# sizes


@pytest.mark.story("sizes")
@pytest.mark.settings(THUMBNAIL_SIZES="tiny=8x8, banner=300x100:crop")
def test_sizes_come_from_configuration(client, rendered):
    uploaded = rendered(encode(noise(600, 400)))
    assert list(sizes_of(client, uploaded)) == ["tiny", "banner"]
    assert look(client, uploaded, "tiny").size == (8, 5)
    assert look(client, uploaded, "banner").size == (300, 100)


@pytest.mark.story("sizes")
@pytest.mark.settings(THUMBNAIL_SIZES="a=100x100,b=100x100:crop,c=100x101")
def test_sizes_that_differ_little_are_not_mixed_up(client, rendered):
    uploaded = rendered(encode(noise(400, 300)))
    assert [look(client, uploaded, name).size for name in "abc"] == [
        (100, 75),
        (100, 100),
        (100, 75),
    ]
    assert len({thumbnail["url"] for thumbnail in sizes_of(client, uploaded).values()}) == 3


@pytest.mark.story("sizes")
def test_new_size_is_made_when_image_comes_again(client, rendered, clock, restart):
    clock.set("2026-03-01T12:00:00Z")
    content = encode(noise(900, 600))
    before = sizes_of(client, rendered(content))
    restart(THUMBNAIL_SIZES="small=160x160,medium=640x640,square=200x200:crop,large=800x800")
    clock.advance(hours=1)
    uploaded = rendered(content)
    after = sizes_of(client, uploaded)
    assert look(client, uploaded, "large").size == (800, 533)
    assert after["small"] == before["small"], "a size that has not changed was made again"


@pytest.mark.story("sizes")
def test_changed_size_gets_new_url(client, rendered, restart):
    content = encode(noise(900, 600))
    before = sizes_of(client, rendered(content))
    restart(THUMBNAIL_SIZES="small=90x90,medium=640x640,square=200x200:crop")
    uploaded = rendered(content)
    after = sizes_of(client, uploaded)
    assert look(client, uploaded, "small").size == (90, 60)
    assert after["small"]["url"] != before["small"]["url"], "caches would show the old picture"
    assert after["medium"]["url"] == before["medium"]["url"]


# once


@pytest.mark.story("once")
def test_same_content_is_same_image_and_is_not_rendered_again(client, rendered, clock):
    clock.set("2026-03-01T12:00:00Z")
    content = encode(noise())
    first = rendered(content)
    before = sizes_of(client, first)
    clock.advance(hours=1)
    second = rendered(content)
    assert second["image"]["id"] == first["image"]["id"]
    assert second["job"]["status"] == "done", "there is nothing left to do"
    assert sizes_of(client, second) == before


@pytest.mark.story("once")
def test_many_uploads_at_once_are_one_image_rendered_once(client, at_once, work):
    content = encode(noise())
    responses = at_once(12, lambda _: send(client, content))
    assert {response.status_code for response in responses} == {202}
    assert len({response.json["image"]["id"] for response in responses}) == 1
    assert len({response.json["job"]["id"] for response in responses}) == 1
    work()
    job = job_of(client, responses[0].json)
    assert (job["status"], job["attempts"]) == ("done", 1)


@pytest.mark.story("once")
def test_different_images_do_not_share_thumbnails(client, rendered):
    red, blue = (rendered(encode(stripes(300, 300, colour))) for colour in (RED, BLUE))
    assert red["image"]["id"] != blue["image"]["id"]
    for size in ("small", "medium", "square"):
        assert colours(look(client, red, size), (0.5, 0.5)) == ["red"]
        assert colours(look(client, blue, size), (0.5, 0.5)) == ["blue"]


# follow


@pytest.mark.story("follow")
def test_job_goes_from_queued_to_done(client, work):
    uploaded = upload(client, encode(noise()))
    waiting = job_of(client, uploaded)
    assert waiting["status"] == "queued"
    assert waiting["progress"] == {"done": 0, "total": 3}
    assert waiting["attempts"] == 0
    work()
    finished = job_of(client, uploaded)
    assert finished["status"] == "done"
    assert finished["progress"] == {"done": 3, "total": 3}
    assert finished["attempts"] == 1
    assert finished["error"] is None


@pytest.mark.story("follow")
def test_jobs_are_listed_by_state_latest_first(client, clock, work):
    clock.set("2026-03-01T12:00:00Z")
    ids = []
    for content in (encode(noise()), truncated(), encode(noise())):
        ids.append(upload(client, content)["job"]["id"])
        clock.advance(minutes=1)
    work()
    ids.append(upload(client, encode(noise()))["job"]["id"])

    def listed(status=""):
        return [job["id"] for job in client.get(f"/jobs{status}").json]

    assert listed() == ids[::-1]
    assert listed("?status=done") == [ids[2], ids[0]]
    assert listed("?status=failed") == [ids[1]]
    assert listed("?status=queued") == [ids[3]]
    assert listed("?status=running") == []


@pytest.mark.story("follow")
def test_list_comes_in_pages(client):
    for _ in range(3):
        upload(client, encode(noise()))
    page = client.get("/jobs?per_page=2")
    assert len(page.json) == 2
    assert page.headers["X-Total-Count"] == "3"
    assert 'rel="next"' in page.headers["Link"]
    assert len(client.get("/jobs?per_page=2&page=2").json) == 1


@pytest.mark.story("follow")
@pytest.mark.parametrize(
    ("path", "status"),
    [("/jobs/nothing", 404), ("/images/nothing", 404), ("/jobs?status=lost", 422)],
)
def test_what_does_not_exist_is_said_to(client, path, status):
    assert client.get(path).status_code == status


# serve


@pytest.mark.story("serve")
def test_thumbnail_may_be_cached_for_ever(client, rendered):
    for thumbnail in sizes_of(client, rendered(encode(noise()))).values():
        response = client.get(thumbnail["url"])
        assert response.status_code == 200
        assert response.cache_control.immutable
        assert response.cache_control.max_age >= 365 * 24 * 3600
        again = client.get(thumbnail["url"], headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
        assert again.data == b""


@pytest.mark.story("serve")
def test_etags_tell_thumbnails_apart(client, rendered):
    uploads = [rendered(encode(noise())) for _ in range(2)]
    urls = [one["url"] for uploaded in uploads for one in sizes_of(client, uploaded).values()]
    assert len({client.get(url).headers["ETag"] for url in urls}) == 6


@pytest.mark.story("serve")
def test_thumbnail_that_is_not_rendered_names_its_job(client, work):
    uploaded = upload(client, encode(noise()))
    response = client.get(f"/images/{uploaded['image']['id']}/small")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert not response.cache_control.immutable, "a cache would never look again"
    assert client.get(response.json["job"]).json["id"] == uploaded["job"]["id"]
    work()
    assert client.get(f"/images/{uploaded['image']['id']}/small").status_code == 200


@pytest.mark.story("serve")
def test_unknown_size_is_not_found(client, rendered):
    image_id = rendered(encode(noise()))["image"]["id"]
    assert client.get(f"/images/{image_id}/huge").status_code == 404
    assert client.get(f"/images/{'0' * 64}/small").status_code == 404


# attempts


@pytest.mark.story("attempts")
def test_passing_trouble_gets_three_attempts_ten_and_sixty_seconds_apart(
    client, clock, work, restart
):
    clock.set("2026-03-01T12:00:00Z")
    uploaded = upload(client, encode(noise()))
    restart(MIN_FREE_MB=FULL_DISK)
    history = []
    for seconds in (0, 9, 1, 59, 1, 3600):
        clock.advance(seconds=seconds)
        work()
        job = job_of(client, uploaded)
        history.append((job["status"], job["attempts"]))
        assert job["error"], "the job does not say what is wrong"
    assert history == [
        ("queued", 1),
        ("queued", 1),  # after 9 s: too early
        ("queued", 2),  # after 10 s
        ("queued", 2),  # 59 s later: too early
        ("failed", 3),  # 60 s later
        ("failed", 3),  # and that is all
    ]


@pytest.mark.story("attempts")
def test_job_recovers_when_trouble_has_passed(client, clock, work, restart):
    clock.set("2026-03-01T12:00:00Z")
    uploaded = upload(client, encode(noise()))
    restart(MIN_FREE_MB=FULL_DISK)
    work()
    assert job_of(client, uploaded)["due_at"] == "2026-03-01T12:00:10Z"
    restart(MIN_FREE_MB="0")
    clock.advance(seconds=10)
    work()
    job = job_of(client, uploaded)
    assert (job["status"], job["attempts"], job["error"]) == ("done", 2, None)
    assert look(client, uploaded, "medium")


@pytest.mark.story("attempts")
def test_damaged_image_fails_at_once_and_says_why(client, work):
    uploaded = upload(client, truncated())
    work()
    job = job_of(client, uploaded)
    assert (job["status"], job["attempts"], job["progress"]["done"]) == ("failed", 1, 0)
    assert job["error"]


@pytest.mark.story("attempts")
@pytest.mark.settings(MIN_FREE_MB=FULL_DISK)
def test_upload_to_full_disk_leaves_nothing_behind(client, restart):
    content = encode(noise())
    assert send(client, content).status_code == 507
    assert client.get("/jobs").json == []
    restart(MIN_FREE_MB="0")
    assert send(client, content).status_code == 202


# retry


@pytest.fixture
def failed(client, clock, work, restart):
    """An upload whose job has used up its attempts on a full disk, which has room again."""
    clock.set("2026-03-01T12:00:00Z")
    uploaded = upload(client, encode(noise()))
    restart(MIN_FREE_MB=FULL_DISK)
    for _ in range(3):
        work()
        clock.advance(seconds=60)
    restart(MIN_FREE_MB="0")
    assert job_of(client, uploaded)["status"] == "failed"
    return uploaded


@pytest.mark.story("retry")
def test_failed_job_can_be_retried(client, failed, work):
    response = client.post(f"/jobs/{failed['job']['id']}/retry")
    assert response.status_code == 202
    assert response.json["status"] == "queued"
    assert client.get(response.headers["Location"]).json["id"] == failed["job"]["id"]
    work()
    job = job_of(client, failed)
    assert (job["status"], job["attempts"], job["error"]) == ("done", 1, None)
    assert look(client, failed, "small")


@pytest.mark.story("retry")
def test_retried_job_has_three_attempts_again(client, failed, clock, work, restart):
    client.post(f"/jobs/{failed['job']['id']}/retry")
    restart(MIN_FREE_MB=FULL_DISK)
    statuses = []
    for _ in range(3):
        work()
        statuses.append(job_of(client, failed)["status"])
        clock.advance(seconds=60)
    assert statuses == ["queued", "queued", "failed"]


@pytest.mark.story("retry")
def test_of_many_retries_at_once_one_is_accepted(client, failed, at_once):
    path = f"/jobs/{failed['job']['id']}/retry"
    responses = at_once(8, lambda _: client.post(path).status_code)
    assert sorted(responses) == [202] + [409] * 7


@pytest.mark.story("retry")
def test_only_failed_job_can_be_retried(client, work):
    path = f"/jobs/{upload(client, encode(noise()))['job']['id']}/retry"
    waiting = client.post(path)
    assert (waiting.status_code, "queued" in waiting.json["detail"]) == (409, True)
    work()
    finished = client.post(path)
    assert (finished.status_code, "done" in finished.json["detail"]) == (409, True)
    assert client.post("/jobs/nothing/retry").status_code == 404


# delete


@pytest.mark.story("delete")
def test_deleting_takes_thumbnails_and_job_along(client, rendered):
    uploaded = rendered(encode(noise()))
    image, job = f"/images/{uploaded['image']['id']}", f"/jobs/{uploaded['job']['id']}"
    assert client.delete(image).status_code == 204
    for path in (image, f"{image}/small", job):
        assert client.get(path).status_code == 404
    assert client.delete(image).status_code == 404
    assert client.get("/jobs").json == []


@pytest.mark.story("delete")
def test_deleting_another_image_changes_nothing(client, rendered):
    kept, deleted = rendered(encode(noise())), rendered(encode(noise()))
    client.delete(f"/images/{deleted['image']['id']}")
    assert look(client, kept, "small")
    assert job_of(client, kept)["status"] == "done"


@pytest.mark.story("delete")
def test_image_deleted_before_its_job_has_run_stays_deleted(client, work):
    uploaded = upload(client, encode(noise()))
    assert client.delete(f"/images/{uploaded['image']['id']}").status_code == 204
    work()
    assert client.get(f"/images/{uploaded['image']['id']}").status_code == 404
    assert client.get(f"/images/{uploaded['image']['id']}/small").status_code == 404


@pytest.mark.story("delete")
def test_deleted_image_can_come_again(client, rendered):
    content = encode(noise())
    client.delete(f"/images/{rendered(content)['image']['id']}")
    assert look(client, rendered(content), "small")


@pytest.mark.story("delete")
def test_uploads_and_deletions_at_once_leave_whole_image_or_none(client, at_once, work):
    content = encode(noise())
    image = f"/images/{upload(client, content)['image']['id']}"

    def one(number):
        if number % 2:
            return client.delete(image).status_code
        return send(client, content).status_code

    statuses = at_once(16, one)

    assert set(statuses) <= {202, 204, 404}
    work()
    uploaded = upload(client, content)
    work()
    assert job_of(client, uploaded)["status"] == "done"
    assert look(client, uploaded, "small")
