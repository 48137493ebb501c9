"""Alembic's environment, inside the package so that an installed genops can migrate."""
