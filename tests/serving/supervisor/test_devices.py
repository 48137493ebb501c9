"""Replicas on one machine do not share GPUs."""

import pytest

from genops.errors import UsageError
from genops.serving.supervisor.devices import devices_of
from genops.serving.supervisor.ports import free_port, is_free, who_has
from genops.vllm_settings import VllmSettings


def block(devices="0,1,2,3", **settings):
    return VllmSettings(environment={"CUDA_VISIBLE_DEVICES": devices}, **settings)


def test_each_replica_has_as_many_as_its_model_needs():
    both = block(replicas=2, tensor_parallel=2)
    assert devices_of(both, 0) == {"CUDA_VISIBLE_DEVICES": "0,1"}
    assert devices_of(both, 1) == {"CUDA_VISIBLE_DEVICES": "2,3"}


def test_one_server_takes_what_there_is():
    assert devices_of(block(tensor_parallel=4), 0) == {}


def test_too_few_are_named_with_how_many_it_takes():
    with pytest.raises(UsageError, match="3 replicas with 2 GPUs each need 6, and there are 4"):
        devices_of(block(replicas=3, tensor_parallel=2), 0)


def test_a_machine_without_gpus_shares_its_cpu():
    assert devices_of(block(devices="", replicas=2), 1) == {}


def test_a_free_port_is_free_and_a_taken_one_is_told_with_its_process():
    import os
    import socket

    port = free_port("127.0.0.1")
    assert is_free("127.0.0.1", port)
    assert who_has(port) == ""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not is_free("127.0.0.1", port)
        assert f"process {os.getpid()} (" in who_has(port)


def test_an_address_of_another_machine_cannot_be_listened_on():
    with pytest.raises(OSError, match="assign"):
        is_free("192.0.2.7", 80)
