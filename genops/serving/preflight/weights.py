"""Whether the weights are whole, and safe to read."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path

from genops.errors import DefinitionError
from genops.serving.files.place import INDEX
from genops.serving.files.published import published_hashes, unfinished_downloads
from genops.serving.files.read_json import read_json
from genops.serving.files.safetensors_file import read_safetensors
from genops.serving.files.tensor import Tensor
from genops.serving.preflight.finding import Finding, error, note, of_error, warning
from genops.serving.preflight.subject import Subject

_FETCH = "fetch the model again: a download goes on where it stopped"


def check_weights(subject: Subject) -> Iterator[Finding]:
    """Reads the headers of all shards into the subject, and says what is missing, cut off or not as published."""
    files = subject.files
    if not files.shards:
        yield from _without_safetensors(subject)
        return
    found: dict[str, Path] = {}
    tensors: list[Tensor] = []
    whole = True
    for shard in files.shards:
        if not shard.is_file():
            whole = False
            state = "its blob is not in the cache" if shard.is_symlink() else "it is not there"
            yield error("shard_missing", f"{shard.name}: {state}", _FETCH)
            continue
        try:
            headers = read_safetensors(shard)
        except DefinitionError as raised:
            whole = False
            yield of_error("shard_broken", raised)
            continue
        tensors.extend(headers)
        found.update((tensor.name, shard) for tensor in headers)
    if whole:
        subject.tensors, subject.measured = tuple(tensors), True
    yield from _against_index(subject, found, tensors, whole=whole)


def check_hashes(subject: Subject) -> Iterator[Finding]:
    """Compares files with the hashes that they were published with: small ones always, large ones when read."""
    folder = subject.files.folder
    for path in unfinished_downloads(folder):
        yield warning("download_unfinished", f"{path.name}: a download was cut off here", _FETCH)
    known = unread = 0
    for published in published_hashes(folder):
        try:
            verdict = published.matches(subject.cache, read=subject.read)
        except OSError as raised:
            yield error("file_unreadable", f"{published.path}: {raised.strerror}", "check the file's permissions")
            continue
        known += verdict == "yes"
        unread += verdict == "unknown"
        if verdict == "no":
            yield error(
                "wrong_hash",
                f"{published.path.name} is not the file that was published: {published.source} has another hash for it",
                "remove the file and fetch it again",
            )
    if unread:
        yield note(
            "hashes_not_checked",
            f"{unread} large files were not hashed; {known} others are as published",
            "genops model check … --hash reads them all once",
        )


def _without_safetensors(subject: Subject) -> Iterator[Finding]:
    pickles = subject.files.pickles
    if not pickles:
        yield error("weights_missing", f"{subject.files.folder} holds no weights", _FETCH)
        return
    names = ", ".join(path.name for path in pickles[:3]) + (", …" if len(pickles) > 3 else "")
    if subject.block.allow_pickle:
        yield warning("pickle_weights", f"the weights are pickles ({names}), which can run code when they are read")
        return
    yield error(
        "pickle_weights",
        f"the weights are pickles ({names}), which can run code when they are read",
        "take a revision with safetensors; if you trust whoever made the file, allow_pickle = true",
    )


def _against_index(
    subject: Subject, found: dict[str, Path], tensors: list[Tensor], *, whole: bool
) -> Iterator[Finding]:
    index = subject.files.file(INDEX)
    if index is None:
        yield from _numbered_shards(subject.files.shards)
        return
    try:
        content = read_json(index)
    except DefinitionError as raised:
        yield of_error("index_broken", raised)
        return
    named = content.get("weight_map")
    if not isinstance(named, dict):
        yield error("index_broken", f"{index}: it has no weight_map", _FETCH)
        return
    if not whole:
        return
    lacking = [name for name, file in named.items() if name not in found or found[name].name != file]
    if lacking:
        yield error(
            "tensor_missing",
            f"{len(lacking):,} of the {len(named):,} tensors that {INDEX} lists are not in their shard ({lacking[0]})",
            "index and shards are of different versions: fetch the model again",
        )
    stated = (content.get("metadata") or {}).get("total_size")
    size = sum(tensor.nbytes for tensor in tensors)
    if isinstance(stated, (int, float)) and int(stated) != size and not lacking:
        yield warning(
            "index_size_differs",
            f"{INDEX} states {int(stated):,} bytes of weights, the shards hold {size:,}",
            "index and shards may be of different versions: compare with the published files",
        )


def _numbered_shards(shards: list[Path]) -> Iterator[Finding]:
    """Files called ``…-00001-of-00004.safetensors`` need each other, and are told by their index."""
    numbered = [path for path in shards if "-of-" in path.stem]
    if not numbered:
        return
    total = numbered[0].stem.rpartition("-of-")[2]
    if total.isdigit() and int(total) == len(numbered):
        yield note("index_missing", f"{INDEX} is not there; all {int(total):,} shards are, and vLLM reads them all")
    else:
        yield error(
            "index_missing",
            f"{INDEX} is not there, and {len(numbered)} of {int(total) if total.isdigit() else '?'} shards are",
            _FETCH,
        )


def parameters(tensors: tuple[Tensor, ...]) -> int:
    """Numbers in some tensors."""
    return sum(prod(tensor.shape) for tensor in tensors)
