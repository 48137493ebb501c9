"""The phases of a start are told from vLLM's log."""

import pytest

from genops.serving.supervisor.phases import USUALLY, Phases

GPU = [
    ("start", "(APIServer pid=1) INFO 11-22 00:44:57 [model.py:733] Resolved architecture: LlamaForCausalLM"),
    (
        "start",
        "(APIServer pid=1) WARNING 11-22 00:44:57 [vllm.py:1703] Enforce eager set, disabling torch.compile",
    ),
    ("load", "(Worker pid=3) INFO 11-22 00:45:24 [gpu_model_runner.py:5040] Starting to load model org/name..."),
    (
        "download",
        "(Worker pid=3) INFO 11-22 00:46:24 [weight_utils.py:533] Time spent downloading weights for a: 6.1 seconds",
    ),
    ("load", "Loading safetensors checkpoint shards:  25% Completed | 1/4 [00:01<00:03,  1.10s/it]"),
    ("load", "(Worker pid=3) INFO 11-22 00:46:30 [default_loader.py:501] Loading weights took 4.51 seconds"),
    (
        "compile",
        "(Worker pid=3) INFO 11-22 00:46:40 [backends.py:1105] Using cache directory: /c for vLLM's torch.compile",
    ),
    ("compile", "(Worker pid=3) INFO 11-22 00:46:41 [backends.py:1167] Dynamo bytecode transform time: 4.20 s"),
    ("compile", "(Worker pid=4) INFO 11-22 00:46:42 [default_loader.py:501] Loading weights took 9.51 seconds"),
    ("compile", "(Worker pid=3) INFO 11-22 00:46:58 [monitor.py:20] torch.compile took 21.40 s in total"),
    ("KV cache", "(Worker pid=3) INFO 11-22 00:47:01 [gpu_worker.py:760] Available KV cache memory: 40.12 GiB"),
    (
        "KV cache",
        "(EngineCore pid=2) INFO 11-22 00:47:01 [kv_cache_utils.py:2327] GPU KV cache size: 328,672 tokens",
    ),
    ("graphs", "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  10%|█ | 5/51 [00:00<00:03]"),
    (
        "graphs",
        "(Worker pid=3) INFO 11-22 00:47:09 [gpu_model_runner.py:6582] Graph capturing finished in 5 secs",
    ),
    (
        "first answer",
        "(APIServer pid=1) INFO 11-22 00:47:12 [entry.py:140] Starting vLLM server on http://127.0.0.1:8000",
    ),
]
CPU = [
    ("load", "(Worker pid=11972) INFO 11-22 00:45:24 [cpu_model_runner.py:68] Starting to load model /m/tiny..."),
    (
        "KV cache",
        "(Worker pid=11972) INFO 11-22 00:45:25 [cpu_worker.py:260] Explicitly set 1.0 GiB for KV cache on node 0",
    ),
    ("first answer", "INFO:     Application startup complete."),
]


@pytest.mark.parametrize("log", [GPU, CPU], ids=["gpu", "cpu"])
def test_every_line_leads_into_its_phase_and_none_leads_back(log):
    phases = Phases(0.0)
    for at, (expected, line) in enumerate(log, start=1):
        phases.read(line, float(at))
        assert phases.now == expected, line


def test_the_time_in_each_phase_adds_up():
    phases = Phases(10.0)
    phases.read("Starting to load model x", 13.0)
    phases.read("Available KV cache memory: 4 GiB", 18.0)
    assert phases.here(19.0) == 1.0
    assert phases.end(20.0) == {"start": 3.0, "load": 5.0, "KV cache": 2.0}


def test_a_line_that_only_says_that_it_waits_is_no_progress():
    phases = Phases(0.0)
    phases.read("INFO something happens", 1.0)
    phases.read("INFO Waiting for 1 local, 0 remote core engine proc(s) to start.", 60.0)
    phases.read("", 61.0)
    assert phases.progress == 1.0


def test_every_phase_says_what_it_usually_means_when_it_does_not_end():
    assert {phase for phase, _ in GPU} == set(USUALLY)
