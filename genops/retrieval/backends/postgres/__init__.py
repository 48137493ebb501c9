"""Snapshots in PostgreSQL with pgvector: tables for each segment, shared by the snapshots that have it."""

from genops.retrieval.backends.postgres.backend import PostgresBackend

__all__ = ["PostgresBackend"]
