"""The door's machinery: typed handlers, access, errors in one shape, pages, signed prefixes.

For: everything between a socket and a handler. Not for: any handler; those stand in ``api/``
(JSON) and ``pages/`` (HTML), one file per room.
"""

from mediaserver.http import signing
from mediaserver.http.access import AllowedHosts, cookie_name, identify, same_origin
from mediaserver.http.cookies import cookie_of, origin_of, user_agent
from mediaserver.http.endpoint import (
    Access,
    Answer,
    Endpoint,
    Kind,
    endpoint,
    endpoints_of,
    page,
    route,
)
from mediaserver.http.files import FILES, Files
from mediaserver.http.forms import form_of
from mediaserver.http.keys import SERVICES, maybe_viewer, services, viewer
from mediaserver.http.middleware import add_headers, frame, refuse_undeclared
from mediaserver.http.openapi import openapi
from mediaserver.http.render import render, set_up_templates, web_folder
from mediaserver.http.words import clock, duration_words, hue, size_words

__all__ = [
    "FILES",
    "SERVICES",
    "Access",
    "AllowedHosts",
    "Answer",
    "Endpoint",
    "Files",
    "Kind",
    "add_headers",
    "clock",
    "cookie_name",
    "cookie_of",
    "duration_words",
    "endpoint",
    "endpoints_of",
    "form_of",
    "frame",
    "hue",
    "identify",
    "maybe_viewer",
    "openapi",
    "origin_of",
    "page",
    "refuse_undeclared",
    "render",
    "route",
    "same_origin",
    "services",
    "set_up_templates",
    "signing",
    "size_words",
    "user_agent",
    "viewer",
    "web_folder",
]
