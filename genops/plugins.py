"""One registry for everything that can be added: step kinds, tools, scorers, providers, readers and the rest.

A plug-in is a module with ``register(registry)``. It is named by an entry point in the group ``genops`` or by
``plugins = ["app.tools"]`` in the settings. Built-ins are listed below as ``"module:attribute"`` and imported when
first used, so that a name costs nothing until it is needed.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar

from genops.errors import DefinitionError, GenopsError, ReferenceNotFound, nearest

Kind = Literal[
    "step",
    "tool",
    "provider",
    "embedder",
    "reader",
    "dataset",
    "scorer",
    "mutator",
    "objective",
    "relation",
    "test",
    "descriptor",
    "channel",
]
T = TypeVar("T")

_NOT_OF_PLUGINS = frozenset({"", "genops", *sys.stdlib_module_names})
_BUILT_IN: dict[Kind, dict[str, str]] = {
    "step": {
        "prompt": "genops.steps.prompt:PromptStep",
        "retrieve": "genops.steps.retrieve:RetrieveStep",
        "tool": "genops.steps.tool:ToolStep",
        "http": "genops.steps.http:HttpStep",
        "branch": "genops.steps.branch:BranchStep",
        "map": "genops.steps.map:MapStep",
        "loop": "genops.steps.loop:LoopStep",
        "agent": "genops.steps.agent:AgentStep",
        "chain": "genops.steps.chain:ChainStep",
        "guard": "genops.steps.guard:GuardStep",
    },
    "channel": {
        "alertmanager": "genops.monitoring.alerts.channels.alertmanager:Alertmanager",
        "apprise": "genops.monitoring.alerts.channels.apprise:Apprise",
        "command": "genops.monitoring.alerts.channels.command:Command",
        "email": "genops.monitoring.alerts.channels.email:Email",
        "slack": "genops.monitoring.alerts.channels.slack:Slack",
        "webhook": "genops.monitoring.alerts.channels.webhook:Webhook",
    },
    "provider": {
        "openai-compatible": "genops.models.openai_compatible:OpenAICompatible",
        "litellm": "genops.models.litellm:LiteLLM",
        "offline": "genops.models.offline:Offline",
        "recorded": "genops.models.recorded:Recorded",
        "scripted": "genops.models.scripted:Scripted",
    },
    "embedder": {
        "minilm": "genops.retrieval.embedders.minilm:MiniLM",
    },
    "reader": {
        "code": "genops.retrieval.sources.readers.code:read_code",
        "csv": "genops.retrieval.sources.readers.csv:read_csv",
        "docx": "genops.retrieval.sources.readers.docx:read_docx",
        "html": "genops.retrieval.sources.readers.html:read_html",
        "jsonl": "genops.retrieval.sources.readers.jsonl:read_jsonl",
        "markdown": "genops.retrieval.sources.readers.markdown:read_markdown",
        "pdf": "genops.retrieval.sources.readers.pdf:read_pdf",
        "text": "genops.retrieval.sources.readers.text:read_text",
    },
    "mutator": {
        "accents": "genops.fuzz.mutators.accents:accents",
        "ascii85": "genops.fuzz.mutators.ascii85:ascii85",
        "authority": "genops.fuzz.mutators.authority:authority",
        "base32": "genops.fuzz.mutators.base32:base32",
        "base64": "genops.fuzz.mutators.base64:base64",
        "bidi": "genops.fuzz.mutators.bidi:bidi",
        "binary": "genops.fuzz.mutators.binary:binary",
        "case": "genops.fuzz.mutators.case:case",
        "chat_tokens": "genops.fuzz.mutators.chat_tokens:chat_tokens",
        "code_fence": "genops.fuzz.mutators.code_fence:code_fence",
        "combining_marks": "genops.fuzz.mutators.combining_marks:combining_marks",
        "delimiters": "genops.fuzz.mutators.delimiters:delimiters",
        "exotic_spaces": "genops.fuzz.mutators.exotic_spaces:exotic_spaces",
        "few_shot": "genops.fuzz.mutators.few_shot:few_shot",
        "full_width": "genops.fuzz.mutators.full_width:full_width",
        "hex": "genops.fuzz.mutators.hex:hex",
        "homoglyphs": "genops.fuzz.mutators.homoglyphs:homoglyphs",
        "html_entities": "genops.fuzz.mutators.html_entities:html_entities",
        "instruction_sandwich": "genops.fuzz.mutators.instruction_sandwich:instruction_sandwich",
        "json_breaking": "genops.fuzz.mutators.json_breaking:json_breaking",
        "keyboard": "genops.fuzz.mutators.keyboard:keyboard",
        "language_mix": "genops.fuzz.mutators.language_mix:language_mix",
        "leet": "genops.fuzz.mutators.leet:leet",
        "letter_spacing": "genops.fuzz.mutators.letter_spacing:letter_spacing",
        "many_shot": "genops.fuzz.mutators.many_shot:many_shot",
        "morse": "genops.fuzz.mutators.morse:morse",
        "nested_layers": "genops.fuzz.mutators.nested_layers:nested_layers",
        "normal_form": "genops.fuzz.mutators.normal_form:normal_form",
        "pad": "genops.fuzz.mutators.pad:pad",
        "paraphrase": "genops.fuzz.mutators.paraphrase:paraphrase",
        "payload_splitting": "genops.fuzz.mutators.payload_splitting:payload_splitting",
        "punctuation": "genops.fuzz.mutators.punctuation:punctuation",
        "reversal": "genops.fuzz.mutators.reversal:reversal",
        "role_imitation": "genops.fuzz.mutators.role_imitation:role_imitation",
        "role_play": "genops.fuzz.mutators.role_play:role_play",
        "rot13": "genops.fuzz.mutators.rot13:rot13",
        "template_syntax": "genops.fuzz.mutators.template_syntax:template_syntax",
        "translate": "genops.fuzz.mutators.translate:translate",
        "truncate": "genops.fuzz.mutators.truncate:truncate",
        "typos": "genops.fuzz.mutators.typos:typos",
        "unicode_tags": "genops.fuzz.mutators.unicode_tags:unicode_tags",
        "url": "genops.fuzz.mutators.url:url",
        "very_long": "genops.fuzz.mutators.very_long:very_long",
        "white_space": "genops.fuzz.mutators.white_space:white_space",
        "yaml_breaking": "genops.fuzz.mutators.yaml_breaking:yaml_breaking",
        "zero_width": "genops.fuzz.mutators.zero_width:zero_width",
    },
    "objective": {
        "argument_tampering": "genops.fuzz.objectives.argument_tampering:ArgumentTampering",
        "citation_forgery": "genops.fuzz.objectives.citation_forgery:CitationForgery",
        "context_leak": "genops.fuzz.objectives.context_leak:ContextLeak",
        "crash": "genops.fuzz.objectives.crash:Crash",
        "cross_session_leak": "genops.fuzz.objectives.cross_session_leak:CrossSessionLeak",
        "denial_of_wallet": "genops.fuzz.objectives.denial_of_wallet:DenialOfWallet",
        "excessive_agency": "genops.fuzz.objectives.excessive_agency:ExcessiveAgency",
        "format_breaking": "genops.fuzz.objectives.format_breaking:FormatBreaking",
        "hidden_text": "genops.fuzz.objectives.hidden_text:HiddenText",
        "indirect_injection": "genops.fuzz.objectives.indirect_injection:IndirectInjection",
        "instruction_override": "genops.fuzz.objectives.instruction_override:InstructionOverride",
        "markdown_exfiltration": "genops.fuzz.objectives.markdown_exfiltration:MarkdownExfiltration",
        "over_refusal": "genops.fuzz.objectives.over_refusal:OverRefusal",
        "pii_leak": "genops.fuzz.objectives.pii_leak:PiiLeak",
        "prompt_extraction": "genops.fuzz.objectives.prompt_extraction:PromptExtraction",
        "terminal_escapes": "genops.fuzz.objectives.terminal_escapes:TerminalEscapes",
        "tool_misuse": "genops.fuzz.objectives.tool_misuse:ToolMisuse",
        "ungrounded_claims": "genops.fuzz.objectives.ungrounded_claims:UngroundedClaims",
    },
    "relation": {
        "accents": "genops.fuzz.robustness.relations.accents:Accents",
        "case": "genops.fuzz.robustness.relations.case:Case",
        "duplicated_passage": "genops.fuzz.robustness.relations.duplicated_passage:DuplicatedPassage",
        "irrelevant_passage": "genops.fuzz.robustness.relations.irrelevant_passage:IrrelevantPassage",
        "paraphrase": "genops.fuzz.robustness.relations.paraphrase:Paraphrase",
        "punctuation": "genops.fuzz.robustness.relations.punctuation:Punctuation",
        "reordered_passages": "genops.fuzz.robustness.relations.reordered_passages:ReorderedPassages",
        "typo": "genops.fuzz.robustness.relations.typo:Typo",
        "white_space": "genops.fuzz.robustness.relations.white_space:WhiteSpace",
        "zero_width": "genops.fuzz.robustness.relations.zero_width:ZeroWidth",
    },
    "scorer": {
        "bleu": "genops.evals.scorers.bleu:bleu",
        "broken_format": "genops.fuzz.detectors.broken_format:broken_format",
        "chrf": "genops.evals.scorers.chrf:chrf",
        "citation_precision": "genops.evals.scorers.citation_precision:citation_precision",
        "citation_recall": "genops.evals.scorers.citation_recall:citation_recall",
        "contains": "genops.evals.scorers.contains:contains",
        "context_precision": "genops.evals.scorers.context_precision:context_precision",
        "context_recall": "genops.evals.scorers.context_recall:context_recall",
        "cost": "genops.evals.scorers.cost:cost",
        "costly": "genops.fuzz.detectors.costly:costly",
        "crash": "genops.fuzz.detectors.crash:crash",
        "edit_similarity": "genops.evals.scorers.edit_similarity:edit_similarity",
        "embedding_similarity": "genops.evals.scorers.embedding_similarity:embedding_similarity",
        "ends_with": "genops.evals.scorers.ends_with:ends_with",
        "equals": "genops.evals.scorers.equals:equals",
        "error_spans": "genops.evals.scorers.error_spans:error_spans",
        "exact_match": "genops.evals.scorers.exact_match:exact_match",
        "exfiltration": "genops.fuzz.detectors.exfiltration:exfiltration",
        "expression": "genops.evals.scorers.expression:expression",
        "forged_citation": "genops.fuzz.detectors.forged_citation:forged_citation",
        "hidden_text": "genops.fuzz.detectors.hidden_text:hidden_text",
        "html": "genops.evals.scorers.html:html",
        "http": "genops.evals.scorers.http:http",
        "is_json": "genops.evals.scorers.is_json:is_json",
        "json_path": "genops.evals.scorers.json_path:json_path",
        "json_schema": "genops.evals.scorers.json_schema:json_schema",
        "latency": "genops.evals.scorers.latency:latency",
        "leak": "genops.fuzz.detectors.leak:leak",
        "length": "genops.evals.scorers.length:length",
        "like_examples": "genops.fuzz.detectors.like_examples:like_examples",
        "marker": "genops.fuzz.detectors.marker:marker",
        "mrr": "genops.evals.scorers.mrr:mrr",
        "ndcg": "genops.evals.scorers.ndcg:ndcg",
        "over_refusal": "genops.fuzz.detectors.over_refusal:over_refusal",
        "pii_leak": "genops.fuzz.detectors.pii_leak:pii_leak",
        "prompt": "genops.evals.scorers.prompt:prompt",
        "python_code": "genops.evals.scorers.python_code:python_code",
        "refusal": "genops.evals.scorers.refusal:refusal",
        "regex": "genops.evals.scorers.regex:regex_matches",
        "rouge": "genops.evals.scorers.rouge:rouge",
        "sql": "genops.evals.scorers.sql:sql",
        "starts_with": "genops.evals.scorers.starts_with:starts_with",
        "step_did_not_run": "genops.evals.scorers.step_did_not_run:step_did_not_run",
        "step_ran": "genops.evals.scorers.step_ran:step_ran",
        "ter": "genops.evals.scorers.ter:ter",
        "terminal_escapes": "genops.fuzz.detectors.terminal_escapes:terminal_escapes",
        "token_f1": "genops.evals.scorers.token_f1:token_f1",
        "tokens": "genops.evals.scorers.tokens:tokens",
        "too_many_calls": "genops.fuzz.detectors.too_many_calls:too_many_calls",
        "tool_called": "genops.evals.scorers.tool_called:tool_called",
        "tool_misuse": "genops.fuzz.detectors.tool_misuse:tool_misuse",
        "tool_sequence": "genops.evals.scorers.tool_sequence:tool_sequence",
        "turns": "genops.evals.scorers.turns:turns",
        "xml": "genops.evals.scorers.xml:xml",
        "answer_correctness": "genops.evals.judges.scorers.answer_correctness:answer_correctness",
        "answer_relevance": "genops.evals.judges.scorers.answer_relevance:answer_relevance",
        "citation_support": "genops.evals.judges.scorers.citation_support:citation_support",
        "closed_qa": "genops.evals.judges.scorers.closed_qa:closed_qa",
        "context_precision_judged": "genops.evals.judges.scorers.context_precision_judged:context_precision_judged",
        "context_recall_judged": "genops.evals.judges.scorers.context_recall_judged:context_recall_judged",
        "decision_tree": "genops.evals.judges.scorers.decision_tree:decision_tree",
        "factuality": "genops.evals.judges.scorers.factuality:factuality",
        "faithfulness": "genops.evals.judges.scorers.faithfulness:faithfulness",
        "g_eval": "genops.evals.judges.scorers.g_eval:g_eval",
        "jury": "genops.evals.judges.scorers.jury:jury",
        "noise_sensitivity": "genops.evals.judges.scorers.noise_sensitivity:noise_sensitivity",
        "pairwise": "genops.evals.judges.scorers.pairwise:pairwise",
        "reference_guided": "genops.evals.judges.scorers.reference_guided:reference_guided",
        "rubric": "genops.evals.judges.scorers.rubric:rubric",
    },
    "descriptor": {
        "characters": "genops.drift.descriptors.characters:characters",
        "code": "genops.drift.descriptors.code:code",
        "language": "genops.drift.descriptors.language:language",
        "out_of_vocabulary": "genops.drift.descriptors.out_of_vocabulary:out_of_vocabulary",
        "punctuation": "genops.drift.descriptors.punctuation:punctuation",
        "readability": "genops.drift.descriptors.readability:readability",
        "refusal": "genops.drift.descriptors.refusal:refusal",
        "repetition": "genops.drift.descriptors.repetition:repetition",
        "script": "genops.drift.descriptors.script:script",
        "sentiment": "genops.drift.descriptors.sentiment:sentiment",
        "tokens": "genops.drift.descriptors.tokens:tokens",
        "url_share": "genops.drift.descriptors.url_share:url_share",
        "urls": "genops.drift.descriptors.urls:urls",
        "words": "genops.drift.descriptors.words:words",
    },
    "test": {
        "category_stability": "genops.drift.tests_of_categories.category_stability:category_stability",
        "centroid": "genops.drift.tests_of_vectors.centroid:centroid",
        "chi_square": "genops.drift.tests_of_categories.chi_square:chi_square",
        "classifier": "genops.drift.tests_of_vectors.classifier:classifier",
        "context_mmd": "genops.drift.tests_of_vectors.context_mmd:context_mmd",
        "cramer_von_mises": "genops.drift.tests_of_numbers.cramer_von_mises:cramer_von_mises",
        "kolmogorov_smirnov": "genops.drift.tests_of_numbers.kolmogorov_smirnov:kolmogorov_smirnov",
        "learned_kernel": "genops.drift.tests_of_vectors.learned_kernel:learned_kernel",
        "lsdd": "genops.drift.tests_of_vectors.lsdd:lsdd",
        "mmd": "genops.drift.tests_of_vectors.mmd:mmd",
        "mmd_agg": "genops.drift.tests_of_vectors.mmd_agg:mmd_agg",
        "mmd_fuse": "genops.drift.tests_of_vectors.mmd_fuse:mmd_fuse",
        "novelty": "genops.drift.tests_of_vectors.novelty:novelty",
        "population_stability": "genops.drift.tests_of_numbers.population_stability:population_stability",
    },
}


class Registry:
    """Named objects by kind. Values may be given as ``"module:attribute"`` and are imported when first asked for.

    Attributes:
        plugins: The modules that were imported as plug-ins, or were to be.
    """

    def __init__(self) -> None:
        self.plugins: set[str] = set()
        self._items: dict[Kind, dict[str, Any]] = {kind: dict(names) for kind, names in _BUILT_IN.items()}
        self._added_by: dict[tuple[Kind, str], str] = {}
        self._registering = ""

    def add(self, kind: Kind, name: str, item: object) -> None:
        """Registers ``item``. The same object may be registered twice; another one under a taken name is an error.

        Raises:
            DefinitionError: The name is taken by something else.
        """
        taken = self._items.setdefault(kind, {}).get(name)
        if taken is not None and taken is not item and not _same_source(taken, item):
            both = " and by ".join(dict.fromkeys(filter(None, map(_module_of, (taken, item)))))
            raise DefinitionError(
                f"{kind} {name!r} is registered twice" + (f", by {both}" if both else ""),
                hint="rename one of the two, or do without one of the plug-ins",
            )
        if taken is None:
            self._added_by[kind, name] = self._registering
        self._items[kind][name] = item

    def get(self, kind: Kind, name: str) -> Any:
        """The item registered under a name.

        Raises:
            ReferenceNotFound: Nothing has that name; the message lists the nearest ones.
            DefinitionError: It is registered as ``"module:attribute"`` and cannot be imported.
        """
        items = self._items.get(kind, {})
        if name not in items:
            hint = nearest(name, items) if items else f"there are none: a {kind} comes from a plug-in (`plugins`)"
            raise ReferenceNotFound(f"no {kind} is called {name!r}", hint=hint)
        item = items[name]
        if isinstance(item, str):
            item = items[name] = _load(kind, name, item)
        return item

    def instance(self, kind: Kind, name: str, of: type[T], decorator: str) -> T:
        """The item registered under a name, which its decorator made an instance of a class.

        Raises:
            ReferenceNotFound: Nothing has that name; the message lists the nearest ones.
            DefinitionError: It cannot be imported, or is something else.
        """
        found = self.get(kind, name)
        if not isinstance(found, of):
            raise _none_of(kind, name, decorator)
        return found

    def subclass(self, kind: Kind, name: str, of: type[T], decorator: str) -> type[T]:
        """As :meth:`instance`, of what is a class itself, below another one."""
        found = self.get(kind, name)
        if not (isinstance(found, type) and issubclass(found, of)):
            raise _none_of(kind, name, decorator)
        return found

    def names(self, kind: Kind) -> list[str]:
        """All names of a kind, sorted."""
        return sorted(self._items.get(kind, {}))

    def packages(self, kind: Kind, name: str) -> list[str]:
        """The top packages of other people's code behind a name: where it is defined, and whose ``register`` added it.

        Sorted; empty for what is built in.
        """
        modules = (_module_of(self._items.get(kind, {}).get(name)), self._added_by.get((kind, name), ""))
        return sorted({module.partition(".")[0] for module in modules} - _NOT_OF_PLUGINS)

    @contextmanager
    def registering(self, module: str) -> Iterator[None]:
        """Notes that what is added meanwhile is added by the ``register`` of a module."""
        before, self._registering = self._registering, module
        try:
            yield
        finally:
            self._registering = before

    def decorator(self, kind: Kind, name: str) -> Callable[[T], T]:
        """A decorator that registers what it decorates under ``name``."""

        def register(item: T) -> T:
            self.add(kind, name, item)
            return item

        return register


def _none_of(kind: Kind, name: str, decorator: str) -> DefinitionError:
    return DefinitionError(f"what is registered as {kind} {name!r} is none", hint=f"put it under {decorator}")


registry = Registry()


def load_plugins(modules: Iterable[str], root: Path) -> None:
    """Imports the named modules and the installed entry points of group ``genops``, and lets each register itself.

    Args:
        modules: Dotted module names from the project's settings.
        root: The project's folder; it is put on ``sys.path`` so that the project's own modules are found.

    Raises:
        DefinitionError: A module cannot be imported, or its ``register`` fails.
    """
    names = list(modules)
    if names and str(root) not in sys.path:
        sys.path.insert(0, str(root))
    for name in names:
        _register(_import(name))
    for entry in importlib.metadata.entry_points(group="genops"):
        package = entry.dist.name if entry.dist is not None else ""
        _register(_import(entry.module, package), package)


def _import(name: str, package: str = "") -> ModuleType:
    registry.plugins.add(name)
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise _broken(f"plug-in {name!r} cannot be imported", error, package) from error


def _register(module: ModuleType, package: str = "") -> None:
    register = getattr(module, "register", None)
    if register is None:
        return
    try:
        with registry.registering(module.__name__):
            register(registry)
    except GenopsError:
        raise
    except (Exception, SystemExit) as error:
        raise _broken(f"plug-in {module.__name__!r} cannot be registered", error, package) from error


def _load(kind: Kind, name: str, source: str) -> Any:
    module, _, attribute = source.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:
        raise _broken(f"{kind} {name!r} cannot be imported from {source!r}", error) from error


def _broken(what: str, error: BaseException, package: str = "") -> DefinitionError:
    """What is wrong with a plug-in, and where it is from: an installed package, or else the settings."""
    place = f"the installed package {package!r}, which adds it" if package else "`plugins` in the settings"
    return DefinitionError(
        f"{what}: {type(error).__name__}: {error}", hint=f"check {place}; run with --debug for the traceback"
    )


def _module_of(item: object) -> str:
    """The module that something is defined in."""
    if isinstance(item, str):
        return item.partition(":")[0]
    return _module_of(item.func) if isinstance(item, partial) else str(getattr(item, "__module__", None) or "")


def _same_source(a: object, b: object) -> bool:
    """Whether two are one definition: named and imported, or imported twice (a notebook cell run again)."""

    def source(x: object) -> str:
        return x if isinstance(x, str) else f"{getattr(x, '__module__', '')}:{getattr(x, '__qualname__', id(x))}"

    return source(a) == source(b)
