"""``genops model``: serves models with vLLM, and shows what is served."""

from __future__ import annotations

import typer

from genops.cli import model_adapter, model_bench, model_check, model_compare, model_deploy, model_serve, model_watch

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

model_serve.register(app)
model_adapter.register(app)
model_check.register(app)
model_bench.register(app)
model_compare.register(app)
model_deploy.register(app)
model_watch.register(app)
