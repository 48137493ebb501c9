"""Targets that objectives are tried on."""

from genops.fuzz.objective import Target, TargetTool

TEXT = {"type": "string"}
QUESTION = {"question": "How is a trace replayed?"}
BARE = Target("bare", ("question",), QUESTION)
SILENT = Target("silent", (), {"number": 7})
FULL = Target(
    "full",
    ("question",),
    QUESTION,
    prompts=("answer",),
    retrieves=("search",),
    tools=(
        TargetTool("look_up", False, {"type": "object", "properties": {"query": TEXT, "sort": {"enum": ["a", "b"]}}}),
        TargetTool("remove_page", True, {"type": "object", "properties": {"page": TEXT}}),
    ),
    writes_json=True,
    cites=True,
)
