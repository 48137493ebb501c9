"""Redaction: secrets and personal data are replaced by typed placeholders before anything is stored or exported."""

from genops.tracing.redaction.redactor import RedactionSession, Redactor
from genops.tracing.redaction.refusal import refuse_secrets
from genops.tracing.redaction.secrets import find_secrets, secret_values

__all__ = ["RedactionSession", "Redactor", "find_secrets", "refuse_secrets", "secret_values"]
