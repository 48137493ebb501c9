"""A server that answers by hand-written replies, for what a protocol's servers do differently from each other."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class OpenAiServer:
    """Serves on a free port of 127.0.0.1.

    Args:
        replies: By path: a reply, or a function of the request's body that gives one. A reply is ``(status, body)``,
            or ``(status, body, seconds)`` for one that comes late; a list of texts is sent as server-sent events.
    """

    def __init__(self, replies):
        self.replies = replies
        self.requests = []
        self.headers = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                if body is not None:
                    outer.requests.append(body)
                    outer.headers.append(dict(self.headers))
                reply = outer.replies.get(self.path, (404, {"error": {"message": "File Not Found", "code": 404}}))
                status, answer, *late = reply(body) if callable(reply) else reply
                if late:
                    time.sleep(late[0])
                events = isinstance(answer, list)
                kind = (
                    "text/event-stream" if events else "text/plain" if isinstance(answer, str) else "application/json"
                )
                data = "".join(answer) if events else answer if isinstance(answer, str) else json.dumps(answer)
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(data.encode())))
                    self.end_headers()
                    self.wfile.write(data.encode())
                except OSError:
                    pass  # the client has gone

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
