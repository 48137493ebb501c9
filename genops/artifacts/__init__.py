"""Canonical forms, digests, references, locks and payloads: how everything that shapes an answer is named."""

from genops.artifacts.canonical import Json, canonical_bytes, digest_of, ordered_schema, plain_schema, short
from genops.artifacts.component import Component, ComponentKind
from genops.artifacts.files import adapter_component, file_digest, kept_digest
from genops.artifacts.lock import Lock, LockEntry, locked_digests
from genops.artifacts.payload import Payload, Value, decode, encode, json_form, normalise, payload_bytes
from genops.artifacts.reference import Reference
from genops.artifacts.source import source_digest
from genops.artifacts.text import well_formed

__all__ = [
    "Component",
    "ComponentKind",
    "Json",
    "Lock",
    "LockEntry",
    "Payload",
    "Reference",
    "Value",
    "adapter_component",
    "canonical_bytes",
    "decode",
    "digest_of",
    "encode",
    "file_digest",
    "json_form",
    "kept_digest",
    "locked_digests",
    "normalise",
    "ordered_schema",
    "payload_bytes",
    "plain_schema",
    "short",
    "source_digest",
    "well_formed",
]
