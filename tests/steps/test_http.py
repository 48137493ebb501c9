"""http steps against a real server: what may be reached, what is recorded, what is a failure."""

import asyncio
import json
import threading

import pytest
from aiohttp import web

from genops.errors import GenopsError, HttpFailed, StepTimeout, UsageError

SECRET = "hunter2-hunter2"


class Server:
    """Answers by path, and keeps what it was asked."""

    def __init__(self):
        self.asked = []
        self.hanging = threading.Event()
        self._stopping = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_):
        self.stop_hanging()
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def stop_hanging(self):
        self._loop.call_soon_threadsafe(self._stopping.set)

    async def _start(self):
        app = web.Application()
        app.router.add_route("*", "/{what:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://localhost:{self._runner.addresses[0][1]}"

    async def _answer(self, request):
        body = await request.read()
        self.asked.append((request.method, request.path, dict(request.headers), body))
        match request.match_info["what"].partition("/")[0]:
            case "json":
                return web.json_response({"a": [1, None, "é"]})
            case "text":
                return web.Response(body="é".encode("latin-1"), content_type="text/plain", charset="latin-1")
            case "bytes":
                return web.Response(body=b"\xff\xfe\x00", content_type="application/octet-stream")
            case "wrong":
                return web.Response(body=b"{oops", content_type="application/json")
            case "away":
                return web.Response(status=302, headers={"Location": "/json"})
            case "large":
                return web.Response(body=b"x" * (17 * 1024 * 1024))
            case "hang":
                self.hanging.set()
                await self._stopping.wait()
                return web.Response()
            case "echo":
                return web.json_response({"body": body.decode(), "type": request.content_type})
        return web.Response(status=int(request.match_info["what"]))


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def get(site, server):
    """Makes a chain of one http step and runs it."""
    site.settings('[http]\nallowed_hosts = ["localhost"]')

    def run(path="json", more="", method="GET"):
        url = path if "://" in path else f"{server.url}/{path}"
        step = f'{{http: {method}, url: "{{{{ inputs.url }}}}", {more}}}'
        return site.chain(f"inputs: {{url: str}}\nsteps: {{a: {step}}}").run(url=url)

    return run


class TestBodies:
    @pytest.mark.parametrize(
        ("path", "body"),
        [("json", {"a": [1, None, "é"]}), ("text", "é"), ("bytes", b"\xff\xfe\x00"), ("wrong", "{oops"), ("204", "")],
    )
    def test_of_answers(self, get, path, body):
        output = get(path).output
        assert output["body"] == body
        assert set(output) == {"status", "headers", "body"}

    def test_json_is_sent(self, get):
        assert get("echo", "json: {q: [1, é]}", "POST").output["body"] == {
            "body": '{"q": [1, "\\u00e9"]}',
            "type": "application/json",
        }

    def test_text_is_sent(self, get):
        assert get("echo", "body: é", "PUT").output["body"]["body"] == "é"

    def test_bytes_are_sent_as_they_are(self, site, server, get):
        site.chain(f"""
            steps:
              a: {{http: GET, url: "{server.url}/bytes"}}
              b: {{http: POST, url: "{server.url}/204", body: "{{{{ steps.a.output.body }}}}"}}
            output: 1
            """).run()
        assert server.asked[-1][3] == b"\xff\xfe\x00"

    def test_json_is_null_when_it_is_text_null(self, get):
        assert get("echo", "json: 'null'", "POST").output["body"]["body"] == '"null"'

    def test_a_body_that_json_cannot_hold_is_an_error(self, site, server, get):
        with pytest.raises(HttpFailed, match="bytes"):
            site.chain(f"""
                steps:
                  a: {{http: GET, url: "{server.url}/bytes"}}
                  b: {{http: POST, url: "{server.url}/204", json: "{{{{ steps.a.output.body }}}}"}}
                output: 1
                """).run()

    def test_a_large_answer_is_refused(self, get):
        with pytest.raises(HttpFailed, match="16 MiB"):
            get("large")


class TestStatuses:
    @pytest.mark.parametrize("status", [400, 404, 500, 503])
    def test_from_400_fail(self, get, status):
        with pytest.raises(HttpFailed, match=f"answered {status}"):
            get(str(status))

    def test_what_is_expected_does_not(self, get):
        assert get("404", "expect: [404]").output["status"] == 404
        with pytest.raises(HttpFailed, match="answered 204"):
            get("204", "expect: [200]")

    def test_a_redirect_is_an_answer_and_not_followed(self, get, server):
        output = get("away").output
        assert (output["status"], output["headers"]["location"]) == (302, "/json")
        assert [path for _, path, _, _ in server.asked] == ["/away"]

    def test_a_failing_status_can_be_tried_again(self, site, get, server):
        with pytest.raises(HttpFailed):
            get("500", "retry: {attempts: 3, delay: 0, on: [http]}")
        assert len(server.asked) == 3

    def test_no_answer_in_time(self, get):
        with pytest.raises(StepTimeout):
            get("hang", "timeout: 0.1")

    def test_no_server(self, get):
        with pytest.raises(HttpFailed):
            get("http://localhost:9/")


class TestHosts:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:1/",
            "http://example.org/",
            "http://localhost.example.org/",
            "http://localhost@example.org/",
            "http://localhost:80@example.org/",
            "http://sub.localhost/",
        ],
    )
    def test_that_are_not_listed_are_refused(self, get, url):
        with pytest.raises(UsageError, match="not allowed"):
            get(url)

    def test_may_be_all_below_one(self, site):
        site.settings('[http]\nallowed_hosts = ["*.localhost"]')
        for host, refused in (
            ("localhost", True),
            ("a.localhost", False),
            ("a.b.LOCALHOST", False),
            ("xlocalhost", True),
        ):
            with pytest.raises(GenopsError) as caught:
                site.chain(f'steps: {{a: {{http: GET, url: "http://{host}:9/", timeout: 5}}}}').run()
            assert ("not allowed" in caught.value.message) is refused, host

    def test_none_are_by_default(self, site, server):
        with pytest.raises(UsageError, match="not allowed"):
            site.chain(f'steps: {{a: {{http: GET, url: "{server.url}/json"}}}}').run()
        assert server.asked == []


class TestSecrets:
    def test_come_from_the_environment_and_are_never_recorded(self, site, get, server, monkeypatch):
        monkeypatch.setenv("THE_TOKEN", SECRET)
        run = get("json", "headers: {X-Plain: seen}, headers_env: {X-Token: THE_TOKEN}")
        headers = server.asked[0][2]
        assert (headers["X-Token"], headers["X-Plain"]) == (SECRET, "seen")
        trace = site.trace(run)
        assert trace.value(trace.by_path["a/http"].input)["headers_env"] == {"X-Token": "THE_TOKEN"}
        site.close()
        assert SECRET.encode() not in (site.root / ".genops" / "genops.db").read_bytes()

    def test_that_are_not_set_are_an_error(self, get, server):
        with pytest.raises(UsageError, match="NOT_SET_ANYWHERE"):
            get("json", "headers_env: {X-Token: NOT_SET_ANYWHERE}")
        assert server.asked == []

    def test_in_a_url_are_never_recorded_not_even_while_it_runs(self, site, get, server):
        token = "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"
        chain = site.chain("""
            inputs: {url: str}
            steps: {a: {http: GET, url: "{{ inputs.url }}"}}
            """)
        run = threading.Thread(target=lambda: chain.run(url=f"{server.url}/hang/{token}?key={token}"), daemon=True)
        run.start()
        server.hanging.wait(10)
        assert site.project.store.writer.flush()
        (record,) = site.project.store.runs()
        span = site.trace(record.id).by_path["a/http"]
        assert span.status == "running"
        assert "/hang/" in span.attributes["url.full"]
        for file in (site.root / ".genops").glob("genops.db*"):
            assert token.encode() not in file.read_bytes()
        server.stop_hanging()
        run.join(10)


class TestReplay:
    def test_makes_no_request(self, site, get, server):
        run = get("bytes")
        assert site.replay(run).identical
        assert len(server.asked) == 1

    def test_needs_neither_the_secret_nor_the_permission(self, site, get, server, monkeypatch):
        monkeypatch.setenv("THE_TOKEN", SECRET)
        run = get("json", "headers_env: {X-Token: THE_TOKEN}")
        monkeypatch.delenv("THE_TOKEN")
        (site.root / "genops.toml").write_text("")
        site._settings = []
        site.reopen()
        assert site.replay(run).identical

    def test_repeats_failures(self, site, get, server):
        with pytest.raises(HttpFailed) as caught:
            get("500")
        found = site.replay(caught.value.run)
        assert found.identical
        assert "answered 500" in found.error


def test_the_request_carries_the_trace_on(site, get, server):
    run = get("json")
    span = site.trace(run).by_path["a/http"]
    headers = {key.lower(): value for key, value in server.asked[0][2].items()}
    assert headers["traceparent"] == f"00-{run.record.trace_id}-{span.span_id}-01"


def test_what_is_recorded_is_json(site, get):
    trace = site.trace(get("json"))
    json.dumps(trace.value(trace.by_path["a/http"].output))
