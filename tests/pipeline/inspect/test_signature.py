"""Signatures by ssh-keygen itself: good, bad, missing, by another, and where there is none to ask."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.errors import InputError, RunError
from pipeline.inspect.signature import check_signature, sign_release

OLD = Path(__file__).parents[2] / "data" / "release-0.1" / "release"
SIGNATURE = "manifest.json.sig"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two keys, and a list of allowed signers that has one of them."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ours", "other"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    public = (folder / "ours.pub").read_text(encoding="utf-8")
    (folder / "signers").write_text(f'curator@example.org namespaces="rhizotron" {public}', encoding="utf-8")
    return folder


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / "release"))


def problem(release: Path, keys: Path) -> str:
    return check_signature(str(release), allowed_signers=str(keys / "signers")).problem


def test_a_signature_of_an_allowed_signer_is_good(release: Path, keys: Path) -> None:
    assert sign_release(str(release), key=str(keys / "ours")) == str(release / SIGNATURE)
    found = check_signature(str(release), allowed_signers=str(keys / "signers"))
    assert (found.principal, found.problem) == ("curator@example.org", "")
    sign_release(str(release), key=str(keys / "ours"))  # again: it is replaced
    assert problem(release, keys) == ""


def sign_for_mail(release: Path, keys: Path) -> None:
    """The right key, in the namespace of another purpose."""
    (release / SIGNATURE).unlink()
    names = ("-f", str(keys / "ours"), "-n", "file", str(release / "manifest.json"))
    subprocess.run(["ssh-keygen", "-Y", "sign", *names], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda release, keys: (release / SIGNATURE).unlink(), "missing"),
        (lambda release, keys: (release / "manifest.json").write_bytes(b"{}"), "bad: "),
        (lambda release, keys: (release / SIGNATURE).write_bytes(b"no signature"), "bad: "),
        (lambda release, keys: (release / SIGNATURE).write_bytes(b""), "bad: "),
        (lambda release, keys: sign_release(str(release), key=str(keys / "other")), "by another: "),
        (sign_for_mail, "bad: "),
    ],
)
def test_what_is_no_good_signature_is_told_in_its_own_words(
    damage: Callable[[Path, Path], object], expected: str, release: Path, keys: Path
) -> None:
    sign_release(str(release), key=str(keys / "ours"))
    damage(release, keys)
    assert problem(release, keys).startswith(expected)


def test_without_ssh_keygen_nothing_is_signed_and_nothing_is_said_to_be(
    release: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for signature in (False, True):
        if signature:
            (release / SIGNATURE).write_bytes(b"a signature")
        with pytest.raises(RunError, match="ssh-keygen is not installed, so nothing was signed or checked"):
            problem(release, keys)
    with pytest.raises(RunError, match="ssh-keygen is not installed"):
        sign_release(str(release), key=str(keys / "ours"))


def test_files_that_are_not_there_are_named(release: Path, keys: Path) -> None:
    with pytest.raises(InputError, match="there is no key "):
        sign_release(str(release), key=str(keys / "none"))
    with pytest.raises(InputError, match="of allowed signers"):
        check_signature(str(release), allowed_signers=str(keys / "none"))
    with pytest.raises(InputError, match="is no release"):
        sign_release(str(release / "data"), key=str(keys / "ours"))


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_verify_says_who_signed_and_fails_where_nobody_did(release: Path, keys: Path) -> None:
    check = ("verify", release, "--allowed-signers", keys / "signers")
    unsigned = rhizotron(*check)
    assert (unsigned.exit_code, "manifest.json.sig: signature: missing" in unsigned.output) == (9, True)
    assert rhizotron("sign", release, "--key", keys / "ours").exit_code == 0
    signed = rhizotron(*check)
    assert (signed.exit_code, "signed by curator@example.org" in signed.output) == (0, True)
    unasked = rhizotron("verify", release)
    assert (unasked.exit_code, "not compared: manifest.json.sig: no --allowed-signers" in unasked.output) == (
        0,
        True,
    )
    assert "signed by" not in unasked.output
