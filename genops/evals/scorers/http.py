"""``http``: what an endpoint makes of the sample."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genops.artifacts import Value, json_form, normalise
from genops.errors import HttpFailed, StepTimeout
from genops.evals.judging import NoAnswer
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.given_score import score_given
from genops.prompts.declaration import shown_short
from genops.steps.http import check_allowed, host_of, send, variable

_MAY_HEAL = (408, 429, *range(500, 600))


@scorer("http")
async def http(
    output: Value,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    headers_env: dict[str, str] | None = None,
    within: Annotated[float, Field(gt=0)] = 60.0,
    sample: Sample,
    context: ScoringContext,
) -> Score:
    """The score that an endpoint gives, from 0 to 1.

    It gets the sample as JSON by POST (``output``, ``expected``, ``inputs``, ``metadata``, ``id``, ``variant``, …) and
    answers ``{"value": 0.5, "label": "…", "explanation": "…"}``, of which only the value must be there.

    Args:
        output: What ``output`` is in that JSON.
        url: With its scheme; the host must be in ``[tool.genops.http] allowed_hosts``.
        headers: Sent along.
        headers_env: Header to the name of the environment variable that holds its value.
        within: Seconds to wait for the answer.
        sample: What is sent.
        context: Has the settings.

    Raises:
        NoAnswer: There is none in time, or the endpoint says that it cannot answer now.
        Unscored: The answer is no score.
    """
    check_allowed(host_of(url), context.settings.http.allowed_hosts)
    secrets = {header: variable(name) for header, name in (headers_env or {}).items()}
    asked = json_form(normalise({**sample.variables(), "output": output}))
    request: dict[str, Value] = {
        "method": "POST",
        "url": url,
        "headers": dict(headers or {}),
        "json": asked,
        "body": None,
    }
    try:
        answer = await send(request, secrets, within)
    except (HttpFailed, StepTimeout) as error:
        raise NoAnswer(error.message) from None
    status, body, sent = answer["status"], answer["body"], answer["headers"]
    if status != 200:
        failed = NoAnswer if status in _MAY_HEAL else Unscored
        raise failed(f"{url} answered {status!s}")
    if isinstance(body, (str, bytes)):
        kind = sent.get("content-type", "no Content-Type") if isinstance(sent, dict) else ""
        raise Unscored(f"{url} answered no JSON of a score ({kind!s}): {shown_short(body)}")
    return score_given(body, {})
