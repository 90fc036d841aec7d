"""Matrix rooms over the client-server API: a PUT whose transaction id makes every repeat invisible.

Facts: https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
and measurements against Synapse. Plain HTML of the spec's allowed tags only; the server does not sanitise.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pydantic import SecretStr, field_validator

from alerts.channels.answer import read_json, refine
from alerts.layout import REPEAT_NOTE
from alerts.outline import Kind, omitted_line
from alerts.paging import Page, paginate
from alerts.platform import (
    ChannelKeys,
    Delivery,
    HttpRequest,
    HttpResponse,
    Outcome,
    Part,
    Platform,
    Rejected,
    RetryLater,
    Sent,
    Style,
    TargetDead,
    Unknown,
)
from alerts.prose import PLAIN_TEXT, SECTION, Markup, join_spans, write_lines
