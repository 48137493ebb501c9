"""What all servers of an alias have in common, worked out before the first of them starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from genops.errors import DefinitionError, Unfinished
from genops.models.adapter_place import adapter_place
from genops.models.servers import REREAD
from genops.serving.engine import Installation, Launch, find_installation, flags_of, launch_of
from genops.serving.engine.command import served_block
from genops.serving.engine.environment import server_environment
from genops.serving.engine.keys import key_of
from genops.serving.files.adapter_copy import adapter_copy
from genops.serving.files.adapter_folder import is_pickled
from genops.serving.files.digests import adapter_digest, digest_cache
from genops.serving.preflight.adapters import PICKLED
from genops.serving.spans import SpanReceiver
from genops.serving.supervisor.devices import devices_of
from genops.settings import Settings
from genops.settings_file import origin
from genops.vllm_settings import AdapterSettings, VllmSettings


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long, in seconds; tests are faster.

    Attributes:
        poll: Between two looks at a start.
        beat: Between two writes of where a server stands.
        check: Between two looks at a server that is ready.
        answer: That a check waits for one token.
        back_off: Before the first restart; it doubles.
        longest: Before any restart.
        restarts: After crashes in a row, until it is given up.
        steady: After which a crash is no longer one in a row.
        leave: That callers have to see that a server stops, and to go elsewhere.
        kill: Between SIGTERM and SIGKILL, beyond what requests have to finish.
    """

    poll: float = 0.5
    beat: float = 5.0
    check: float = 15.0
    answer: float = 60.0
    back_off: float = 1.0
    longest: float = 60.0
    restarts: int = 5
    steady: float = 600.0
    leave: float = REREAD + 0.5
    kill: float = 10.0


@dataclass(frozen=True)
class Plan:
    """What is served, and how.

    Attributes:
        settings: Of the project.
        alias: Name of the alias.
        block: Its ``vllm`` table.
        installation: The vLLM that serves.
        launch: What starts it.
        key: That requests show.
        key_file: That holds it, or "".
        folder: Of the logs, the key and the lock.
        pace: How often and how long.
        variables: Of every server's environment, beside what its block sets.
    """

    settings: Settings
    alias: str
    block: VllmSettings
    installation: Installation
    launch: Launch
    key: str
    key_file: str
    folder: Path
    pace: Pace = field(default_factory=Pace)
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def make(
        cls, settings: Settings, alias: str, pace: Pace | None = None, receiver: SpanReceiver | None = None
    ) -> Plan:
        """Works out what is served.

        Args:
            settings: Of the project.
            alias: Name of the alias.
            pace: How often and how long.
            receiver: Takes in the engine's spans, in place of what the block says.

        Raises:
            GenopsError: The alias, its adapters or its vLLM are not what the settings say.
        """
        found, block = served_block(settings, alias)
        folder = folder_of(settings, alias)
        make_folder(folder)
        _refuse_missing(settings, alias, block)
        installation = find_installation(settings, block)
        flags = flags_of(installation, settings.data_dir / "serving")
        _refuse_wrong_adapters(settings, alias, block)
        launch = launch_of(settings, alias, installation, flags, _as_started(settings, block, receiver))
        key, key_file = key_of(found, folder / "key")
        variables = receiver.environment if receiver is not None else {}
        return cls(settings, alias, block, installation, launch, key, key_file, folder, pace or Pace(), variables)

    def environment(self, served: str, replica: int) -> dict[str, str]:
        """The environment of one server.

        Raises:
            UsageError: There are not enough GPUs for all replicas.
        """
        adapters = bool(self.block.adapters) or self.block.max_lora_rank is not None
        own = {**self.block.environment, **self.variables, **devices_of(self.block, replica)}
        variables = self.settings.key_variables
        return server_environment(own, self.installation.folder, self.key, served, variables, adapters)


def folder_of(settings: Settings, alias: str) -> Path:
    """Where the logs, the key and the lock of an alias's servers are."""
    return settings.data_dir.resolve() / "serving" / quote(alias, safe="")


def make_folder(folder: Path) -> None:
    """Makes the folder, for its owner alone.

    Raises:
        Unfinished: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise Unfinished(f"{folder} cannot be made: {error.strerror or error}") from None


def _refuse_missing(settings: Settings, alias: str, block: VllmSettings) -> None:
    """vLLM would take a path that leads nowhere for a name on the hub."""
    for key in ("path", "chat_template"):
        path: Path | None = getattr(block, key)
        if path is not None and not (settings.root / path).exists():
            raise DefinitionError(
                f"models.{alias}.vllm.{key}: there is no {settings.root / path}",
                at=origin(["models", alias, "vllm", key], settings.source),
                hint="the path is relative to the project",
            )


def _refuse_wrong_adapters(settings: Settings, alias: str, block: VllmSettings) -> None:
    """Raises :class:`~genops.errors.DefinitionError` where an adapter is not there, not the pinned one, or a pickle."""
    for name, adapter in block.adapters.items():
        at = origin(["models", alias, "vllm", "adapters", name], settings.source)
        folder = adapter_place(settings, name, adapter)
        digest = adapter_digest(folder, digest_cache(settings))
        if adapter.digest is not None and not digest.startswith(adapter.digest):
            raise DefinitionError(
                f"the adapter {name!r} has the digest {digest[:12]}, and the settings pin {adapter.digest[:12]}",
                at=at,
                hint=f"put the files of {adapter.digest[:12]} back, or write the new digest into the settings",
            )
        if is_pickled(folder) and not block.allow_pickle:
            raise DefinitionError(f"adapter {name!r}: {PICKLED.message}", at=at, hint=PICKLED.hint)


def _as_started(settings: Settings, block: VllmSettings, receiver: SpanReceiver | None) -> VllmSettings:
    """The block with the copies of its adapters, and with where its engine's spans go.

    Raises:
        Unfinished: An adapter cannot be copied.
    """
    places = {name: adapter_place(settings, name, one) for name, one in block.adapters.items()}
    kept = {name: adapter_copy(settings, name, folder)[1] for name, folder in places.items()}
    update: dict[str, object] = {"adapters": {name: AdapterSettings(path=copy) for name, copy in kept.items()}}
    if receiver is not None:
        update["traces"] = receiver.url
    return block.model_copy(update=update)


Told = Callable[[int, str], None]
"""Is told what a server does: the number of the replica, and a line for people."""
