"""A supervisor beside the rest of serving: spans that its engine sends, adapters that are loaded under it."""

import asyncio
import os
import signal
from pathlib import Path

from genops.models.adapter_place import kept_adapters
from genops.serving.adapters import load_adapter, loaded_adapters
from tests.serving.folders import make_adapter


async def test_the_engine_is_told_where_its_spans_go_and_the_key_is_on_no_command_line(served):
    async with served('traces = "genops"\n') as one:
        await one.ready()
        flags = dict(part.partition("=")[::2] for part in one.record.arguments if part.startswith("--otlp"))
        assert flags["--otlp-traces-endpoint"].startswith("http://127.0.0.1:")
        environment = one.fake.environment
        assert environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] == "http/protobuf"
        key = environment["OTEL_EXPORTER_OTLP_TRACES_HEADERS"].partition("=")[2]
        assert key
        assert not any(key in part for part in one.record.arguments)


async def test_without_the_setting_no_spans_are_sent(served):
    async with served() as one:
        await one.ready()
        assert not any("otlp" in part for part in one.record.arguments)


async def test_an_adapter_that_replaces_a_configured_one_stays_with_its_digest_also_after_a_crash(served, tmp_path):
    make_adapter(tmp_path / "terse")
    async with served('adapters = {terse = {path = "terse"}}\n') as one:
        await one.ready()
        first = one.record.adapters["terse"]
        (before,) = await asyncio.to_thread(loaded_adapters, one.settings, one.store, "tiny")
        assert Path(before.path) == kept_adapters(one.settings) / first  # training on in its folder changes no answers
        make_adapter(tmp_path / "other", rank=4)
        args = (one.settings, one.store, "tiny", "terse", tmp_path / "other")
        component = await asyncio.to_thread(load_adapter, *args)
        assert component.digest != first
        await asyncio.sleep(0.5)  # some beats
        assert one.record.adapters == {"terse": component.digest}
        os.kill(one.record.engine_pid, signal.SIGKILL)
        await one.ready(times=2)
        assert one.record.adapters == {"terse": component.digest}
        (loaded,) = await asyncio.to_thread(loaded_adapters, one.settings, one.store, "tiny")
        assert (loaded.digest, loaded.configured) == (component.digest, "other")
