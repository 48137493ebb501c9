"""The ``vllm`` block as a container sees it: its paths, its port, and the command line that follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from genops.errors import DefinitionError
from genops.models.adapter_place import adapter_place
from genops.serving.engine.command import adapter_rank, launch_of
from genops.serving.engine.flags import Flag, Flags
from genops.serving.engine.installation import Installation
from genops.serving.engine.successors import DROPPED, SUCCESSORS
from genops.serving.files.read_json import read_json
from genops.settings import Settings
from genops.vllm_settings import AdapterSettings, VllmSettings

TESTED = "0.32.0"
"""The vLLM that genops is tested with."""
PORT = 8000
MODELS = "/models"
CONFIG = "/etc/genops"
TEMPLATE = "chat_template.jinja"
GENERATION = "generation_config.json"
PROBE = "probe.py"


class _Newest(Mapping[str, Flag]):
    """Every flag but those that vLLM has dropped or renamed: for a version that is not here to be asked."""

    def __getitem__(self, name: str) -> Flag:
        if name in SUCCESSORS or name in DROPPED:
            raise KeyError(name)
        return Flag(name, switch=True, choices=())

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def unchecked_flags(version: str) -> Flags:
    """Flags of a version that is not installed here: the newest spellings, and no value refused."""
    return Flags(version, _Newest())


def small_texts(settings: Settings, block: VllmSettings) -> dict[str, str]:
    """The small files that go with a deployment itself, by name in its ``/etc/genops``.

    Raises:
        DefinitionError: One cannot be read.
    """
    files = {PROBE: Path(__file__).with_name(PROBE)}
    if block.chat_template is not None:
        files[TEMPLATE] = settings.root / block.chat_template
    if block.generation_config not in ("vllm", "auto"):
        files[GENERATION] = settings.root / block.generation_config / GENERATION
        read_json(files[GENERATION])
    texts = {}
    for name, path in files.items():
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise DefinitionError(f"{path} cannot be read: {reason}", hint="correct the path in the settings") from None
    return texts


def block_inside(settings: Settings, block: VllmSettings, local: Path | None) -> VllmSettings:
    """The block with the container's paths, and without what belongs to this machine.

    Args:
        settings: The project's.
        block: As the settings have it.
        local: Where the model's files are here; None for those of the hub.

    Raises:
        DefinitionError: An adapter does not say its rank.
    """
    folders = {name: adapter_place(settings, name, one) for name, one in sorted(block.adapters.items())}
    own_config = block.generation_config not in ("vllm", "auto")
    return block.model_copy(
        update={
            "path": Path(MODELS, local.name) if local else None,
            "adapters": {name: AdapterSettings(path=Path(MODELS, "adapters", name)) for name in folders},
            "max_lora_rank": block.max_lora_rank or max(map(adapter_rank, folders.values()), default=None),
            "chat_template": Path(CONFIG, TEMPLATE) if block.chat_template else None,
            "generation_config": CONFIG if own_config else block.generation_config,
            "traces": None if block.traces == "genops" else block.traces,
        }
    )


def arguments(settings: Settings, name: str, block: VllmSettings, flags: Flags) -> list[str]:
    """What follows ``vllm serve``, as ``genops model serve`` would give it, the model first.

    Args:
        settings: The project's.
        name: The alias.
        block: As :func:`block_inside` gives it.
        flags: What the vLLM in the container knows.

    Raises:
        DefinitionError: It does not know one that the block asks for.
    """
    alias = settings.alias(name).model_copy(update={"vllm": block})
    within = settings.model_copy(update={"models": {**settings.models, name: alias}})
    command = ("vllm", "serve")
    launch = launch_of(within, name, Installation(command, "vllm", flags.version, positional=True), flags)
    return launch.at("0.0.0.0", PORT)[len(command) :]
