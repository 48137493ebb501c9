"""What is to run where, before it is written for one platform."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genops.errors import UsageError
from genops.models.adapter_place import adapter_place
from genops.serving.deploy.accelerators import Accelerator, accelerator
from genops.serving.deploy.inside import arguments, block_inside, small_texts
from genops.serving.engine.command import served_block, served_name
from genops.serving.engine.flags import Flags
from genops.serving.files.place import NotDownloaded, model_files
from genops.settings import Settings
from genops.vllm_settings import VllmSettings

Scaler = Literal["keda", "hpa"]

_GIB = 1 << 30
_NODE = 8  # GPUs that one machine has, as a rule
_OF_THIS_MACHINE = {"CUDA_VISIBLE_DEVICES", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST = 50  # of the 63 of a label, so that a suffix fits


@dataclass(frozen=True)
class Place:
    """What the caller says of where it is to run.

    Attributes:
        image: Of the container.
        namespace: Of Kubernetes.
        gpu: Name of the GPU that it needs (``h100``); any when not given.
        count: GPUs of one replica, where the settings do not shard the model.
        replicas: Servers; those of the settings when not given.
        most: Replicas when many requests wait; no scaling when not given.
        waiting: Waiting requests a replica that call for another one.
        scaler: What scales in Kubernetes.
        storage: Of the volume for the model's files, in GiB; from the files when not given.
        prometheus: Where KEDA asks.
        adapters_at: Where Ray finds the adapters (``s3://…``).
        folder: Where the files are written, from which relative paths lead.
    """

    image: str
    namespace: str = "default"
    gpu: str | None = None
    count: int | None = None
    replicas: int | None = None
    most: int | None = None
    waiting: int = 5
    scaler: Scaler = "keda"
    storage: int | None = None
    prometheus: str = "http://prometheus-operated.monitoring.svc:9090"
    adapters_at: str | None = None
    folder: Path = Path()


@dataclass(frozen=True)
class Deployment:
    """A model to be served somewhere else.

    Attributes:
        alias: Its name in the settings.
        name: The same as Kubernetes and DNS allow it.
        served: The name under which requests ask for it.
        arguments: What follows ``vllm serve``.
        environment: Variables that are no secrets.
        block: The ``vllm`` block as the container sees it.
        local: Where the model's files are here; None when they come from the hub.
        adapters: Where each adapter is here.
        texts: Small files for the container's ``/etc/genops``, by name.
        gpus: Of one replica.
        gpu: Which.
        replicas: Servers.
        most: Replicas when many requests wait; the same as ``replicas`` when nothing scales.
        storage: Size of the volume for the model's files, in GiB.
        place: What the caller said.
        notes: What a person should know before it is applied.
    """

    alias: str
    name: str
    served: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    block: VllmSettings
    local: Path | None
    adapters: Mapping[str, Path]
    texts: Mapping[str, str]
    gpus: int
    gpu: Accelerator | None
    replicas: int
    most: int
    storage: int
    place: Place
    notes: Sequence[str]

    @property
    def model(self) -> str:
        """What vLLM is given: a hub name, or a path in the container."""
        return self.arguments[0]

    @property
    def models(self) -> list[str]:
        """The names that requests may ask for: the model's, and its adapters'."""
        return [self.served, *self.adapters]

    @property
    def scales(self) -> bool:
        """Whether replicas come and go."""
        return self.most > self.replicas

    @property
    def drain(self) -> int:
        """Seconds that requests under way have."""
        return math.ceil(self.block.drain_timeout)

    @property
    def grace(self) -> int:
        """Seconds between the first word of an end and the kill: the drain, and time for the engine to end."""
        return self.drain + 20

    @property
    def start(self) -> int:
        """Seconds that a start may take.

        The settings bound how long a start may show no progress, which no platform can see; download, load and
        compilation may each take their time.
        """
        return 3 * math.ceil(self.block.start_timeout)

    @property
    def shared_memory(self) -> int:
        """Shared memory in GiB, through which the workers of several GPUs talk; 0 for a single one."""
        return 8 if self.gpus > 1 else 0

    @property
    def memory(self) -> int:
        """Memory of one replica in GiB: the loader's and the workers' buffers, and the shared memory."""
        return 16 * self.gpus + self.shared_memory


def deployment(settings: Settings, name: str, place: Place, flags: Flags) -> Deployment:
    """What an alias's ``vllm`` block asks for, seen from a container.

    Args:
        settings: The project's.
        name: The alias.
        place: What the caller says of where it is to run.
        flags: What the vLLM in the container knows.

    Raises:
        ReferenceNotFound: There is no such alias.
        DefinitionError: It has no ``vllm`` block, names files that are not there, or a flag that vLLM does not know.
        UsageError: What the caller says does not fit it.
    """
    alias, configured = served_block(settings, name)
    gpu, counted = accelerator(place.gpu) if place.gpu else (None, None)
    sharded, gpus = _sharded(configured, place.count or counted)
    replicas = place.replicas or sharded.replicas
    if place.most is not None and place.most < replicas:
        raise UsageError(f"--max-replicas {place.most} is less than the {replicas} replicas to begin with")
    local, size = _files(settings, name)
    block = block_inside(settings, sharded, local)
    return Deployment(
        alias=name,
        name=dns_label(name),
        served=served_name(alias),
        arguments=arguments(settings, name, block, flags),
        environment={key: block.environment[key] for key in sorted(set(block.environment) - _OF_THIS_MACHINE)},
        block=block,
        local=local,
        adapters={one: adapter_place(settings, one, each) for one, each in sorted(configured.adapters.items())},
        texts=small_texts(settings, configured),
        gpus=gpus,
        gpu=gpu,
        replicas=replicas,
        most=place.most or replicas,
        storage=place.storage or _room(size),
        place=place,
        notes=_notes(configured, gpus, unknown=size is None and place.storage is None),
    )


def dns_label(text: str) -> str:
    """A text as a name in Kubernetes and DNS: small letters, digits and dashes, a letter first.

    Raises:
        UsageError: Nothing of it can be kept.
    """
    label = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST].rstrip("-")
    label = f"model-{label}" if label[:1].isdigit() else label
    if not _LABEL.fullmatch(label):
        raise UsageError(f"{text!r} cannot be a name in Kubernetes: it has no letter or digit")
    return label


def _sharded(block: VllmSettings, count: int | None) -> tuple[VllmSettings, int]:
    """The block and its GPUs, sharded over as many as wanted where it says nothing of it."""
    gpus = block.tensor_parallel * block.pipeline_parallel * block.data_parallel
    if count is None or count == gpus:
        return block, gpus
    if gpus > 1:
        raise UsageError(
            f"--count {count}: the settings shard the model over {gpus} GPUs (tensor {block.tensor_parallel}, pipeline"
            f" {block.pipeline_parallel}, data {block.data_parallel})",
            hint="change tensor_parallel in the settings, or leave --count out",
        )
    return block.model_copy(update={"tensor_parallel": count}), count


def _files(settings: Settings, name: str) -> tuple[Path | None, int | None]:
    """Where the model's files are here, unless they come from the hub, and how many bytes they have, where known."""
    try:
        found = model_files(settings, name)
    except NotDownloaded:
        return None, None
    if found.gguf is not None:
        return found.gguf, found.gguf.stat().st_size
    size = sum(path.stat().st_size for path in found.folder.rglob("*") if path.is_file())
    return (None if found.repository else found.folder), size


def _room(size: int | None) -> int:
    """GiB of a volume for files of a size, with a quarter to spare for adapters and the next revision's small files."""
    return 100 if size is None else max(10, math.ceil(size * 1.25 / _GIB))


def _notes(block: VllmSettings, gpus: int, *, unknown: bool) -> list[str]:
    notes = []
    if gpus > _NODE:
        notes.append(f"{gpus} GPUs are more than one machine has as a rule, and a pod runs on one: Ray spans several")
    if unknown:
        notes.append("the model's files are not on this machine, so the size of the volume is a guess: see --storage")
    if block.traces == "genops":
        notes.append('traces = "genops" means this machine; give a collector\'s URL for spans from elsewhere')
    return notes
