"""The files of a model: where they are, what their headers say, and whether they are whole."""

from genops.serving.files.digests import adapter_digest, digest_cache, digests_of
from genops.serving.files.place import ModelFiles, NotDownloaded, model_files

__all__ = ["ModelFiles", "NotDownloaded", "adapter_digest", "digest_cache", "digests_of", "model_files"]
