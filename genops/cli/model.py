"""``genops model``: serves models with vLLM, and shows what is served."""

from __future__ import annotations

import typer

from genops.cli import model_adapter, model_bench, model_check, model_compare, model_deploy, model_serve, model_watch

models_app = typer.Typer(help="Serve models with vLLM: checked, watched, joined to the traces.", no_args_is_help=True)

model_serve.register(models_app)
model_adapter.register(models_app)
model_check.register(models_app)
model_bench.register(models_app)
model_compare.register(models_app)
model_deploy.register(models_app)
model_watch.register(models_app)
