import pytest

from tao_lab.neurons import models
from tao_lab.neurons.models.tiny import save_tiny


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Threads of torch that wait for each other on a busy machine cost more than they give."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("models") / "tiny-mistral")


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    return models.load(str(tiny_folder), device="cpu")


@pytest.fixture(scope="session")
def smollm2():
    """The real model, fetched as a person fetches it; it stays in the lab's cache for the next time."""
    models.get("smollm2")
    return models.load("smollm2", device="cpu")
