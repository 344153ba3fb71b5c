"""The base of all models of requests and answers, and the type of an uploaded file."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetPydanticSchema
from pydantic_core import core_schema
from werkzeug.datastructures import FileStorage


class Schema(BaseModel):
    """A pydantic model that refuses unknown fields, NaN and infinity, and reads ORM objects."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, allow_inf_nan=False)


def _file_schema(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    return core_schema.is_instance_schema(
        FileStorage,
        metadata={
            "pydantic_js_functions": [
                lambda _core, _handler: {"type": "string", "format": "binary"}
            ]
        },
    )


#: A file of a multipart form: ``image: File`` or ``images: list[File]``.
File = Annotated[FileStorage, GetPydanticSchema(_file_schema)]
