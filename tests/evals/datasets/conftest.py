"""A folder with files of cases, and datasets opened from them."""

import textwrap

import pytest

from genops.evals.datasets import DatasetSpec
from genops.prompts import InputSpec
from genops.settings import Settings
from genops.syntax import YamlFile, read_yaml


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def settings(folder):
    return Settings(root=folder)


@pytest.fixture
def inputs():
    raw = {"question": "str", "limit": {"type": "int", "default": 3}, "words": {"type": "list", "optional": True}}
    return InputSpec.parse(raw, YamlFile(raw, "<inputs>"))


@pytest.fixture
def write(folder):
    def write(name, text):
        path = folder / name
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    return write


@pytest.fixture
def opened(settings, folder, inputs):
    """Opens what YAML says of a dataset, against the inputs of a chain."""

    def open_it(text, spec_inputs=inputs):
        file = read_yaml(textwrap.dedent(text), "suite.yaml")
        return DatasetSpec.parse(file.data, file).open(settings, folder, spec_inputs)

    return open_it
