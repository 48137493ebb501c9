"""A small engine that speaks OpenAI's protocol with known times, and counts what it does as vLLM does."""

import asyncio
import json
import threading
import time

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

MODEL = "tiny"
BOUNDS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0)


class Engine:
    """Serves on a free port of 127.0.0.1, in a thread of its own.

    Args:
        first: Seconds from the start of a request to its first token.
        gap: Seconds between tokens.
        slots: Requests that run at once; others wait.
        tokens: Of an answer whose request names no limit.
        fail: Every so manieth request fails with status 500; 0 for none.
    """

    def __init__(self, first=0.01, gap=0.002, slots=64, tokens=8, fail=0):
        self.first, self.gap, self.tokens, self.fail = first, gap, tokens, fail
        self.requests = []
        self.metrics_text = None
        self.metrics_status = 200
        self.busiest = 0
        self._under_way = 0
        self._slots = slots
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.restart()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def restart(self):
        """Forgets all counts, as a new process does."""
        self.registry = registry = CollectorRegistry()
        label = ["model_name", "engine"]

        def counter(name, labels=label):
            return Counter(f"vllm:{name}", name, labels, registry=registry)

        def gauge(name):
            return Gauge(f"vllm:{name}", name, label, registry=registry).labels(MODEL, "0")

        def histogram(name):
            return Histogram(f"vllm:{name}", name, label, registry=registry, buckets=BOUNDS).labels(MODEL, "0")

        self.running, self.waiting = gauge("num_requests_running"), gauge("num_requests_waiting")
        self.kv = gauge("kv_cache_usage_perc")
        self.prompt = counter("prompt_tokens").labels(MODEL, "0")
        self.generated = counter("generation_tokens").labels(MODEL, "0")
        self.queries = counter("prefix_cache_queries").labels(MODEL, "0")
        self.hits = counter("prefix_cache_hits").labels(MODEL, "0")
        self.preempted = counter("num_preemptions").labels(MODEL, "0")
        done = counter("request_success", [*label, "finished_reason"])
        self.done = {reason: done.labels(MODEL, "0", reason) for reason in ("stop", "length", "abort", "error")}
        self.ttft = histogram("time_to_first_token_seconds")
        self.inter = histogram("inter_token_latency_seconds")

    def __enter__(self):
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self):
        self._free = asyncio.Semaphore(self._slots)
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        self.port = self._runner.addresses[0][1]

    async def _metrics(self, request):
        text = self.metrics_text or generate_latest(self.registry).decode()
        return web.Response(text=text, status=self.metrics_status)

    async def _chat(self, request):
        body = await request.json()
        self.requests.append(body)
        came = time.perf_counter()
        if self.fail and len(self.requests) % self.fail == 0:
            self.done["error"].inc()
            return web.json_response({"error": {"message": "injected", "type": "test"}}, status=500)
        self._under_way += 1
        self.busiest = max(self.busiest, self._under_way)
        try:
            async with self._free:
                return await self._answer(request, body, came)
        finally:
            self._under_way -= 1

    async def _answer(self, request, body, came):
        words = sum(len(str(message["content"]).split()) for message in body["messages"])
        count = body.get("max_tokens") or self.tokens
        self.prompt.inc(words)
        self.queries.inc(words)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        begun = asyncio.get_running_loop().time()
        for number in range(count):
            due = begun + self.first + number * self.gap  # by the clock, so that late wake-ups do not add up
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            (self.inter.observe(self.gap) if number else self.ttft.observe(time.perf_counter() - came))
            await response.write(_event({"delta": {"content": f"w{number} "}, "index": 0, "finish_reason": None}))
        self.generated.inc(count)
        self.done["length"].inc()
        await response.write(_event({"delta": {}, "index": 0, "finish_reason": "length"}))
        usage = {"prompt_tokens": words, "completion_tokens": count, "total_tokens": words + count}
        await response.write(_line({"id": "x", "model": MODEL, "choices": [], "usage": usage}))
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response


def _event(choice):
    return _line({"id": "x", "object": "chat.completion.chunk", "model": MODEL, "choices": [choice]})


def _line(value):
    return b"data: " + json.dumps(value).encode() + b"\n\n"
