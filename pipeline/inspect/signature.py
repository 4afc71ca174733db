"""Signatures of a manifest by OpenSSH: made and checked by ssh-keygen alone, over the bytes as they stand."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from governance.manifest import NAME, SIGNATURE
from layers import storage
from pipeline.errors import InputError, RunError

NAMESPACE = "rhizotron"
"""What a signature is for: the same key's signature of a mail or commit is none of a release."""


@dataclass(frozen=True)
class Signature:
    """What a signature turned out to be; principal is empty unless it is good."""

    principal: str = ""
    problem: str = ""


def sign_release(release: str, *, key: str) -> str:
    """Write manifest.json.sig beside the manifest → its URL; key: a private one, or one of the agent.

    Raises InputError where there is no release or key, and RunError where ssh-keygen does not sign.
    """
    data = _read_manifest(release)
    if not Path(key).is_file():
        raise InputError(f"there is no key {key}; `ssh-keygen -t ed25519 -f {key}` makes one")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, NAME)
        copy.write_bytes(data)
        result = _ssh_keygen("sign", "-f", key, "-n", NAMESPACE, str(copy))
        if result.returncode != 0:
            raise RunError(f"ssh-keygen did not sign with {key}: {_last_line(result)}")
        signature = Path(folder, SIGNATURE).read_bytes()
    url = storage.join(release, SIGNATURE)
    storage.write_bytes(url, signature)
    return url


def check_signature(release: str, *, allowed_signers: str) -> Signature:
    """Check the manifest's signature; allowed_signers: a file as ssh-keygen(1) has it.

    Raises InputError where there is no such file, and RunError without ssh-keygen: then nothing was checked.
    """
    data = _read_manifest(release)
    if not Path(allowed_signers).is_file():
        raise InputError(f"there is no file {allowed_signers} of allowed signers")
    try:
        signature = storage.read_bytes(storage.join(release, SIGNATURE))
    except FileNotFoundError:
        _ssh_keygen_exists()
        return Signature(problem="missing")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, SIGNATURE)
        path.write_bytes(signature)
        signed = _ssh_keygen("check-novalidate", "-n", NAMESPACE, "-s", str(path), data=data)
        if signed.returncode != 0:
            return Signature(problem=f"bad: {_last_line(signed)}")
        found = _ssh_keygen("find-principals", "-s", str(path), "-f", allowed_signers, data=data)
        for principal in found.stdout.decode("utf-8", "replace").splitlines():
            names = ("-f", allowed_signers, "-I", principal, "-n", NAMESPACE, "-s", str(path))
            if _ssh_keygen("verify", *names, data=data).returncode == 0:
                return Signature(principal=principal)
        return Signature(problem=f"by another: {_last_line(signed)}")


def _read_manifest(release: str) -> bytes:
    try:
        return storage.read_bytes(storage.join(release, NAME))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{release} is no release: it has no {NAME}") from error


def _ssh_keygen(
    action: str, *arguments: str, data: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run it; without data it may ask for a passphrase. Raises RunError where it is not installed."""
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", action, *arguments],
            input=data,
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise RunError(
            "ssh-keygen is not installed, so nothing was signed or checked; it comes with OpenSSH 8.2"
        ) from error


def _ssh_keygen_exists() -> None:
    """Raise RunError where it is not installed: a question that could not be answered has no answer."""
    _ssh_keygen("sign", data=b"")


def _last_line(result: subprocess.CompletedProcess[bytes]) -> str:
    lines = (result.stderr + b"\n" + result.stdout).decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {result.returncode}"
