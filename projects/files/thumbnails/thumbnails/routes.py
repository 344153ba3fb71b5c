"""The API and the page. A view checks nothing that a statement or the schema checks already."""

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from common.api import Accepted, Page, Produces, endpoint
from common.errors import Problem, invalid
from common.pagination import paginate

from . import intake, render, states, storage, tasks
from .models import Image, Job, Thumbnail, db
from .schemas import ImageOut, JobOut, JobQuery, Upload, UploadOut

bp = Blueprint("thumbnails", __name__)

FOR_EVER = "public, max-age=31536000, immutable"


@bp.get("/")
@endpoint(responses={200: Produces("The upload page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the upload page."""
    return Response(render_template("index.html"))


@bp.post("/images")
@endpoint(errors=(507,))
def upload_image(files: Upload) -> Accepted[UploadOut]:
    """Upload an image.

    Its thumbnails are made by a job that `Location` leads to. The same content again is the same
    image and the same job, and what is rendered already stays.
    """
    try:
        image = intake.take_in(files.image.read())
    except render.BadImage as error:
        raise invalid(str(error), "files", "image") from None
    job = image.job
    accepted = UploadOut(job=JobOut.model_validate(job), image=show(image))
    db.session.commit()  # from here on somebody may delete it
    tasks.wake(job)
    return Accepted(accepted, url_for(".show_job", job_id=job.id))


@bp.get("/images/<image_id>")
@endpoint
def show_image(image_id: str) -> ImageOut:
    """Show an image and its thumbnails."""
    return show(db.get_or_404(Image, image_id))


@bp.delete("/images/<image_id>")
@endpoint
def delete_image(image_id: str) -> None:
    """Delete an image, its thumbnails and its job, wherever that job stands."""
    image = db.get_or_404(Image, image_id, lock=True)
    # The job goes first: its worker, should it have one, can keep nothing from here on. The files
    # go before the commit: a crash leaves a row to delete again, never a file nobody knows.
    db.session.execute(delete(Job).where(Job.image_id == image.id))
    storage.remove(image.id)
    db.session.delete(image)
    db.session.commit()


@bp.get("/images/<image_id>/<size>")
@endpoint(responses={200: Produces("A picture", "image/webp"), 304: "Unchanged"}, any_query=True)
def show_thumbnail(image_id: str, size: str) -> Response:
    """Show a thumbnail.

    It never changes under the `url` that the image lists, so caches may keep it for ever.
    One that is not rendered yet is a 404 that names its job.
    """
    thumbnail = db.get_or_404(Thumbnail, (image_id, size))
    file = storage.rendered(image_id, thumbnail.key)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        job = db.first_or_404(select(Job).where(Job.image_id == image_id))
        raise Problem(
            404,
            f"This thumbnail is not there; its job is {job.status}.",
            job=url_for(".show_job", job_id=job.id),
            headers={"Cache-Control": "no-store"},
        ) from None
    response = Response(content, mimetype="image/webp")
    response.headers["Cache-Control"] = FOR_EVER
    response.set_etag(thumbnail.key)
    response.make_conditional(request)  # to a 304 where the client has it
    return response


@bp.get("/jobs")
@endpoint
def list_jobs(query: JobQuery) -> Page[JobOut]:
    """List the jobs, the latest first."""
    thumbnails = joinedload(Job.image).selectinload(Image.thumbnails)
    statement = select(Job).options(thumbnails)
    if query.status:
        statement = statement.where(Job.status == query.status)
    statement = statement.order_by(Job.created_at.desc(), Job.id.desc())
    return paginate(db.session, statement, query, JobOut)


@bp.get("/jobs/<job_id>")
@endpoint
def show_job(job_id: str) -> JobOut:
    """Show how far a job is."""
    return JobOut.model_validate(db.get_or_404(Job, job_id))


@bp.post("/jobs/<job_id>/retry")
@endpoint(errors=(409,))
def retry_job(job_id: str) -> Accepted[JobOut]:
    """Give a failed job three new attempts."""
    retried = states.requeue(job_id, "failed")
    job = db.get_or_404(Job, job_id)
    if not retried:
        raise Problem(409, f"The job is {job.status}; only a failed job can be retried.")
    shown = JobOut.model_validate(job)
    db.session.commit()
    tasks.wake(job)
    return Accepted(shown, url_for(".show_job", job_id=job.id))


def show(image: Image) -> ImageOut:
    """Return an image as it is answered."""
    shown = ImageOut.model_validate(image)
    for thumbnail in shown.thumbnails:
        thumbnail.url = url_for(
            ".show_thumbnail",
            image_id=image.id,
            size=thumbnail.name,
            v=thumbnail.key[:12],  # another picture, another URL
        )
    return shown
