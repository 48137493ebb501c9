"""An OTLP/HTTP endpoint: decodes what it is sent, keeps it, and answers as it is told to."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


def plain(value):
    """An ``AnyValue`` as a Python value."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes(holder):
    """The attributes of a span, event or resource as a dict."""
    return {item.key: plain(item.value) for item in holder.attributes}


class OtlpReceiver:
    """Listens on a free port of the loopback interface while it is entered.

    Attributes:
        status: The HTTP status it answers with.
        release: Answers wait for this event; it is set unless ``stall()`` was called.
        requests: What came, decoded.
        headers: Headers of each request.
        paths: Path of each request.
        arrived: Set when a request came.
    """

    def __init__(self):
        self.status = 200
        self.release = threading.Event()
        self.release.set()
        self.arrived = threading.Event()
        self.requests = []
        self.headers = []
        self.paths = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.paths.append(self.path)
                receiver.headers.append(dict(self.headers))
                receiver.requests.append(ExportTraceServiceRequest.FromString(body))
                receiver.arrived.set()
                receiver.release.wait(30)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(receiver.status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def stall(self):
        """Accepts requests and does not answer them until ``release`` is set."""
        self.release.clear()

    @property
    def spans(self):
        """Every span received, in order."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def span(self, name):
        """The one span of that name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found
