"""A program that behaves as ``vllm serve`` does, and fails as it is told: for faults only.

What it does stands in ``behaviour.json`` beside it, which is read again at every request:

- ``crash``: phase in which it ends, after the lines of ``says``, with the code ``exit`` (or a signal);
- ``hang``: phase in which it stays;
- ``answers``: ``ok``, ``dead`` (healthy, and no completion comes), ``error`` (500), ``refuses`` (400), ``nonsense``;
- ``slow``: seconds that a completion takes; ``adapters``: false for none that answers;
- ``engine``: whether it has a child of its own that outlives it, as an engine does.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
LOG = {
    "start": ["(APIServer pid=1) INFO 11-22 00:44:57 [api_utils.py:347] version 0.32.0"],
    "load": [
        "(Worker pid=3) INFO 11-22 00:45:24 [gpu_model_runner.py:5040] Starting to load model …",
        "(Worker pid=3) INFO 11-22 00:45:24 [default_loader.py:501] Loading weights took 0.01 seconds",
    ],
    "compile": ["(Worker pid=3) INFO 11-22 00:45:25 [backends.py:1167] Dynamo bytecode transform time: 4.20 s"],
    "KV cache": ["(Worker pid=3) INFO 11-22 00:45:26 [gpu_worker.py:760] Available KV cache memory: 40.1 GiB"],
    "graphs": ["Capturing CUDA graphs (decode, FULL): 100%|██| 35/35 [00:02<00:00]"],
    "first answer": ["(APIServer pid=1) INFO 11-22 00:45:27 [entry.py:140] Starting vLLM server on http://127.0.0.1:1"],
}
HELP = Path(__file__).with_name("vllm_help.txt")


def behaviour():
    return {"answers": "ok", **json.loads((HERE / "behaviour.json").read_text())}


def start():
    for phase, lines in LOG.items():
        told = behaviour()
        for line in lines:
            print(line, flush=True)
        if told.get("crash") == phase:
            for line in told.get("says", []):
                print(line, file=sys.stderr, flush=True)
            code = told.get("exit", 1)
            os.kill(os.getpid(), -code) if code < 0 else sys.exit(code)
        while behaviour().get("hang") == phase:
            time.sleep(0.05)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    running, tokens = 0, 0
    lock = threading.Lock()

    def do_GET(self):
        if self.path == "/health":
            return self.send(200, "")
        if self.path == "/metrics":
            shown = f"vllm:num_requests_running {Handler.running}\nvllm:num_requests_waiting 0\n"
            return self.send(200, f"{shown}vllm:generation_tokens_total {Handler.tokens}\n", "text/plain")
        if self.headers.get("Authorization") != f"Bearer {os.environ['VLLM_API_KEY']}":
            return self.send(401, '{"error": "Unauthorized"}')
        return self.send(200, json.dumps({"data": [{"id": name, "root": path} for name, path in MODELS.items()]}))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {os.environ['VLLM_API_KEY']}":
            return self.send(401, '{"error": "Unauthorized"}')
        if self.path == "/v1/load_lora_adapter":
            if body["lora_name"] in MODELS:
                return self.send(400, "It has already been loaded.")
            MODELS[body["lora_name"]] = body["lora_path"]
            return self.send(200, "Success")
        if self.path == "/v1/unload_lora_adapter":
            return self.send(200 if MODELS.pop(body["lora_name"], None) else 404, "")
        told = behaviour()
        with self.lock:
            Handler.running += 1
        try:
            time.sleep(told.get("slow", 0) if body.get("max_tokens") != 1 else 0)
            while told["answers"] == "dead":
                time.sleep(0.05)
                told = behaviour()
        finally:
            with self.lock:
                Handler.running -= 1
        if body["model"] not in MODELS:
            return self.send(404, '{"error": {"message": "The model does not exist."}}')
        if told["answers"] == "error" or (told.get("adapters") is False and body["model"] != NAME):
            return self.send(500, '{"error": {"message": "something is wrong"}}')
        if told["answers"] == "refuses":
            why = "default chat template is no longer allowed, so you must provide a chat template"
            return self.send(400, json.dumps({"error": {"message": why}}))
        if told["answers"] == "nonsense":
            return self.send(200, "<html>It works!</html>", "text/html")
        Handler.tokens += 1
        message = {"role": "assistant", "content": "hello"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
        return self.send(200, json.dumps({"id": "1", "model": body["model"], "choices": [choice], "usage": usage}))

    def send(self, status, text, kind="application/json"):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print("0.32.0")
        sys.exit()
    if sys.argv[1:] == ["serve", "--help=all"]:
        (HERE / "asked").open("a").write("help\n")
        print(HELP.read_text())
        sys.exit()
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("command")
    parser.add_argument("model")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--served-model-name")
    parser.add_argument("--lora-modules", nargs="*", default=[])
    given, _ = parser.parse_known_args()
    NAME = given.served_model_name
    MODELS = {NAME: given.model} | {one["name"]: one["path"] for one in map(json.loads, given.lora_modules)}
    (HERE / "environment.json").write_text(json.dumps(dict(os.environ)))
    if behaviour().get("engine"):
        engine = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (HERE / "engine.pid").write_text(str(engine.pid))
    start()
    server = ThreadingHTTPServer((given.host, given.port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.serve_forever()
