import json

import pytest

from genops.errors import ModelRefused
from genops.models import Call, Message, ModelRequest, resolve_model
from genops.models.offline import NO_ANSWER, Offline
from genops.settings import Settings

PASSAGES = """Answer the question from the passages alone. Cite them as [n].

[1] (docs/replay.md) # Replay
Every effect in a run is recorded at its position. A replay injects the recorded effects and calls no model.

[2] (docs/store.md) # Where data lives
The store is SQLite in WAL mode, in the folder `.genops/`. PostgreSQL is used when a URL is set.

Question: {question}
"""
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


async def answer(text: str, call: Call | None = None, **fields: object) -> str:
    messages: list[Message] = [{"role": "system", "content": "You answer."}, {"role": "user", "content": text}]
    settings = Settings()
    request = ModelRequest(messages, **fields)  # type: ignore[arg-type]
    response = await Offline(settings).complete(resolve_model(settings, "offline"), request, call or Call())
    assert response.model == "offline/extractive"
    assert response.usage.input_tokens
    return response.text


def schema(**properties: object) -> dict[str, object]:
    body = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": body}}


async def test_it_answers_by_sentences_with_the_number_of_their_passage():
    text = await answer(PASSAGES.format(question="Does a replay call the model?"))
    assert text.startswith("A replay injects the recorded effects and calls no model. [1]")
    assert "[2]" not in text
    assert await answer(PASSAGES.format(question="When is PostgreSQL used?")) == (
        "PostgreSQL is used when a URL is set. [2]"
    )


async def test_it_is_deterministic():
    prompt = PASSAGES.format(question="Where does the data live, and in which mode?")
    assert len({await answer(prompt) for _ in range(5)}) == 1


async def test_it_says_so_when_the_passages_have_nothing_to_do_with_the_question():
    assert await answer(PASSAGES.format(question="Who won the world cup in 1998?")) == NO_ANSWER


async def test_without_passages_it_gives_the_question_back():
    prompt = "Rewrite the user's question as one search query.\n\nQuestion: How do I replay a trace?"
    assert await answer(prompt) == "How do I replay a trace?"
    assert await answer("How do I replay a trace?") == "How do I replay a trace?"


async def test_text_is_handed_on_when_streamed():
    pieces: list[str] = []
    text = await answer("hello there", Call(on_text=pieces.append))
    assert "".join(pieces) == text


async def test_it_fills_of_a_schema_what_it_can():
    prompt = PASSAGES.format(question="When is PostgreSQL used?")
    format = schema(
        answer={"type": "string"},
        quotes={"type": "array", "items": {"type": "string"}},
        sources={"type": "array", "items": {"type": "integer"}},
        kind={"const": "extract"},
    )
    assert json.loads(await answer(prompt, response_format=format)) == {
        "answer": "PostgreSQL is used when a URL is set. [2]",
        "quotes": ["PostgreSQL is used when a URL is set."],
        "sources": [2],
        "kind": "extract",
    }


@pytest.mark.parametrize(
    "format",
    [
        schema(score={"type": "number"}),
        schema(label={"type": "string", "enum": ["good", "bad"]}),
        schema(answer={"type": "string"}, reason={"type": "string"}),
        {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array"}}},
    ],
)
async def test_it_makes_nothing_up(format):
    with pytest.raises(ModelRefused, match="offline/extractive cannot"):
        await answer("hello", response_format=format)


async def test_it_calls_no_tools():
    with pytest.raises(ModelRefused, match="cannot call tools"):
        await answer("1+2", tools=[TOOL])
