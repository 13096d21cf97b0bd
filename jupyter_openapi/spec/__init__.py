"""The specification of the API: OpenAPI 3.1 documents, and their loader, checks and request builder."""

from __future__ import annotations

from jupyter_openapi.spec.loader import catalog, frame_views
from jupyter_openapi.spec.model import (
    Catalog,
    Effect,
    Field,
    Kind,
    Operation,
    Pages,
    Parameter,
    SdkMethod,
    Table,
    View,
    ViewColumn,
)

__all__ = [
    "Catalog",
    "Effect",
    "Field",
    "Kind",
    "Operation",
    "Pages",
    "Parameter",
    "SdkMethod",
    "Table",
    "View",
    "ViewColumn",
    "catalog",
    "frame_views",
]
