"""Model calls: aliases, the gateway, and one path to a provider per file. Nothing here imports a provider's library."""

from genops.models.alias import key_variable, provider_name, resolve_model, stored_model
from genops.models.capabilities import Capabilities, capabilities
from genops.models.digests import request_digest
from genops.models.gateway import CallRecorder, Gateway, ResponseCache, check_key
from genops.models.recorded import Recorder
from genops.models.types import (
    Call,
    FunctionCall,
    Message,
    Model,
    ModelRequest,
    ModelResponse,
    Provider,
    ToolCall,
    ToolSpec,
    Usage,
)

__all__ = [
    "Call",
    "CallRecorder",
    "Capabilities",
    "FunctionCall",
    "Gateway",
    "Message",
    "Model",
    "ModelRequest",
    "ModelResponse",
    "Provider",
    "Recorder",
    "ResponseCache",
    "ToolCall",
    "ToolSpec",
    "Usage",
    "capabilities",
    "check_key",
    "key_variable",
    "provider_name",
    "request_digest",
    "resolve_model",
    "stored_model",
]
