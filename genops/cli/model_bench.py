"""``genops model bench``: loads a model, and says what it keeps up with and what that costs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import AsJson
from genops.cli.output import going_on, note, out_file
from genops.cli.progress import progress_bar
from genops.cli.project import opened_store, settings_here
from genops.cli.report_files import wanted_reports
from genops.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from genops.models import Model
    from genops.serving.load.asking import Asking
    from genops.serving.load.bench import BenchPlan, BenchResult
    from genops.serving.load.cost import Hardware
    from genops.serving.load.own import OnProgress
    from genops.serving.load.vllm_bench import VllmBench
    from genops.settings import Settings
    from genops.store import Store

Alias = Annotated[str, typer.Argument(metavar="ALIAS", help="A model alias of the settings.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("bench")(bench)


def bench(
    alias: Alias,
    concurrency: Annotated[
        str | None, typer.Option(metavar="N,N,…", help="Closed loop: so many requests at once. Default 1,4,16.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(metavar="N,N,…", help="Open loop: so many requests arrive a second, at random.")
    ] = None,
    requests: Annotated[
        int | None, typer.Option(min=1, help="Measured requests of each load; default as many as it takes.")
    ] = None,
    warmup: Annotated[int | None, typer.Option(min=0, help="Requests before them, left out.")] = None,
    dataset: Annotated[Path | None, typer.Option(metavar="FILE", help="Ask the cases of a dataset.")] = None,
    field: Annotated[str | None, typer.Option(metavar="NAME", help="The input of a case that is asked.")] = None,
    prompts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ask its lines; of a .jsonl file `prompt` or `messages`.")
    ] = None,
    chain: Annotated[
        str | None, typer.Option(metavar="NAME", help="Made-up prompts as long as calls in this chain's traces.")
    ] = None,
    input_tokens: Annotated[int, typer.Option(min=1, help="Length of made-up prompts.")] = 256,
    output_tokens: Annotated[int, typer.Option(min=1, help="Length of answers, at most.")] = 64,
    objective: Annotated[
        list[str] | None, typer.Option(metavar="NAME.pQ<LIMIT", help='"ttft.p95 < 500ms"; may be given again.')
    ] = None,
    find: Annotated[
        bool, typer.Option("--find", help="Search the highest load between the least and the most that meets it.")
    ] = False,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.9999, help="Of what is said about objectives.")] = 0.95,
    gpu_hour: Annotated[
        float | None, typer.Option(metavar="USD", min=0.0, help="Price of a GPU hour; default that of the settings.")
    ] = None,
    gpus: Annotated[int | None, typer.Option(min=1, help="GPUs that serve it; default those of the settings.")] = None,
    utilisation: Annotated[float, typer.Option(min=0.01, max=1.0, help="Share of the time that they work.")] = 1.0,
    split: Annotated[
        float | None, typer.Option(metavar="RATIO", min=0.01, help="Cost of an output token in input tokens.")
    ] = None,
    price: Annotated[bool, typer.Option("--price/--no-price", help="Keep the cost as the alias's price.")] = True,
    with_vllm: Annotated[
        bool, typer.Option("--with-vllm", help="Load it with `vllm bench serve` of the settings' environment instead.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of prompts and arrivals.")] = 0,
    report: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT=FILE", help="Write html, json or markdown too; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load a model, and say what it keeps up with and what a million tokens cost.

    The alias's limits do not hold: that is what is being asked. Exit code 1 where no load meets the objectives, 3 where
    none is shown to and none is shown not to, 4 where no request was answered, else 0.
    """
    import asyncio

    from genops.models import resolve_model
    from genops.serving.load.bench import bench as measured
    from genops.serving.load.reports import writer

    reports = wanted_reports(report, writer)
    settings = settings_here()
    model = resolve_model(settings, alias)
    lengths = (input_tokens, output_tokens)
    with opened_store() as store:
        plan = _plan(settings, model, concurrency, rate, requests, warmup, objective or [], find, confidence, seed)
        plan = _priced(plan, _hardware(settings, alias, gpu_hour, gpus, utilisation), split)
        asking = _asking(settings, store, model, dataset, field, prompts, chain, lengths)
        if with_vllm:
            result = asyncio.run(measured(model, _vllm(settings, store, model, lengths, seed), plan))
        else:
            with progress_bar("requests") as told:
                result = asyncio.run(_run(settings, store, model, asking, plan, told))
        kept = result.price() if price else None
        store.keep_load_test(result.record(), kept)
    for form, file in reports:
        with out_file(file) as out:
            writer(form)(result, out)
    with going_on():
        writer("json" if as_json else "terminal")(result, sys.stdout)
    if kept is not None:
        note(f"kept as the price of {alias}, where the settings give none")
    raise typer.Exit(int(_exit_code(result)))


async def _run(
    settings: Settings, store: Store, model: Model, asking: Asking, plan: BenchPlan, told: OnProgress
) -> BenchResult:
    from genops.models import Gateway
    from genops.serving.load.bench import bench as measured
    from genops.serving.load.own import OwnLoad

    gateway = Gateway(settings, serving=store)
    try:
        return await measured(model, OwnLoad(gateway, model, asking, plan.seed, told), plan)
    finally:
        await gateway.close()


def _plan(
    settings: Settings,
    model: Model,
    concurrency: str | None,
    rate: str | None,
    requests: int | None,
    warmup: int | None,
    objectives: list[str],
    find: bool,
    confidence: float,
    seed: int,
) -> BenchPlan:
    from genops.serving.load.bench import BenchPlan
    from genops.serving.load.objective import Objective

    if concurrency is not None and rate is not None:
        raise UsageError("--concurrency keeps requests under way and --rate lets them arrive: give one of the two")
    default = "1,256" if find else "1,4,16"
    levels = _numbers("--rate", rate) if rate is not None else _numbers("--concurrency", concurrency or default)
    return BenchPlan(
        loop="closed" if rate is None else "open",
        levels=levels,
        requests=requests,
        warmup=warmup,
        objectives=tuple(map(Objective.parse, objectives)),
        find=find,
        confidence=confidence,
        seed=seed,
    )


def _priced(plan: BenchPlan, hardware: Hardware | None, split: float | None) -> BenchPlan:
    from dataclasses import replace

    return replace(plan, hardware=hardware, ratio=split)


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option} {text!r} is no list of numbers", hint=f"write {option} 1,4,16") from None


def _hardware(
    settings: Settings, alias: str, gpu_hour: float | None, gpus: int | None, utilisation: float
) -> Hardware | None:
    from genops.serving.load.cost import Hardware

    block = settings.alias(settings.alias(alias).served_by or alias).vllm
    if gpu_hour is None and block is not None:
        gpu_hour = block.gpu_hour
    if gpu_hour is None:
        return None
    if gpus is None:
        parallel = (block.tensor_parallel, block.pipeline_parallel, block.data_parallel) if block is not None else ()
        gpus = block.replicas if block is not None else 1
        for size in parallel:
            gpus *= size
    return Hardware(gpu_hour, gpus, utilisation)


def _asking(
    settings: Settings,
    store: Store,
    model: Model,
    dataset: Path | None,
    field: str | None,
    prompts: Path | None,
    chain: str | None,
    lengths: tuple[int, int],
) -> Asking:
    from genops.serving.load import asking as source

    given = [one for one in (dataset, prompts, chain) if one is not None]
    if len(given) > 1:
        raise UsageError("give one of --dataset, --prompts and --chain")
    parameters = dict(model.alias.parameters)
    limited = {**parameters, "max_tokens": lengths[1]}
    if dataset is not None:
        chats = source.chats_of_dataset(dataset, settings, field)
        return source.Texts(f"{len(chats):,} cases of {dataset.name}, {lengths[1]} tokens at most", chats, limited)
    if prompts is not None:
        chats = source.chats_of_prompts(prompts)
        return source.Texts(f"{len(chats):,} prompts of {prompts.name}, {lengths[1]} tokens at most", chats, limited)
    exact = source.takes_exact_lengths(model)
    if chain is not None:
        pairs = source.lengths_in_traces(store, chain)
        return source.Lengths(f"lengths of {len(pairs):,} calls in traces of {chain}", pairs, parameters, exact)
    return source.Lengths(f"{lengths[0]} tokens in, {lengths[1]} out", [lengths], parameters, exact)


def _vllm(settings: Settings, store: Store, model: Model, lengths: tuple[int, int], seed: int) -> VllmBench:
    from genops.serving.load.vllm_bench import VllmBench
    from genops.serving.metrics.servers import servers_of

    block = settings.alias(model.alias.served_by or model.name).vllm
    if block is None:
        raise UsageError(f"{model.label} has no vllm block, which names the environment that has vLLM")
    servers = servers_of(settings, store, model.name)
    if len(servers) > 1:
        raise UsageError(
            f"`vllm bench serve` loads one server, and {len(servers)} answer for {model.name}",
            hint="leave --with-vllm out: genops's own load goes to all of them",
        )
    return VllmBench(settings, model, block, servers[0], lengths, seed)


def _exit_code(result: BenchResult) -> ExitCode:
    if not any(probe.figures.answered for probe in result.probes):
        return ExitCode.UNFINISHED
    if result.verdict in ("", "met"):
        return ExitCode.OK
    return ExitCode.BAD_VERDICT if result.verdict == "broken" else ExitCode.UNDECIDED
