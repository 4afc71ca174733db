"""A process with a Hub's settings of its own that runs our commands: the client reads them when it starts.

`python -m hub.client` reads lines of JSON, {"arguments": […], "token": …} or {"code": …}, and answers each
with a line.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OTHER_CLIENT = "RHIZOTRON_TEST_HUB_CLIENT"
"""Environment variable: a folder with another huggingface_hub, as `pip install --target` makes it."""


@dataclass(frozen=True)
class Done:
    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class Client:
    """Runs commands one after another; a killed one answers no more."""

    def __init__(self, *, url: str, home: Path, xet: bool = True) -> None:
        proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
        environment = {name: value for name, value in os.environ.items() if name not in proxies}
        paths = [os.environ.get(OTHER_CLIENT, ""), str(ROOT), str(ROOT / "tests")]
        environment |= {
            "HF_ENDPOINT": url,
            "HF_HOME": str(home),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "" if xet else "1",
            "HF_TOKEN": "hf_writer",
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hub.client"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: object, token: str | None = "hf_writer") -> Done:
        """What `rhizotron` does with these arguments."""
        self.start(*arguments, token=token)
        return self.wait()

    def start(self, *arguments: object, token: str | None = "hf_writer") -> None:
        self._ask({"arguments": [str(argument) for argument in arguments], "token": token})

    def evaluate(self, code: str) -> Any:
        """The value of `result` after the code."""
        self._ask({"code": code})
        done = self.wait()
        assert done.exit_code == 0, done.stderr
        return done.json

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(30)

    def _ask(self, request: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def wait(self) -> Done:
        assert self.process.stdout is not None
        return Done(**json.loads(self.process.stdout.readline()))


@contextmanager
def start_client(*, url: str, home: Path, xet: bool = True) -> Iterator[Client]:
    client = Client(url=url, home=home, xet=xet)
    try:
        yield client
    finally:
        client.close()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    stderr = io.StringIO()
    if "code" in request:
        variables: dict[str, Any] = {}
        try:
            with contextlib.redirect_stdout(stderr), contextlib.redirect_stderr(stderr):
                exec(request["code"], variables)
        except Exception:
            return {"exit_code": 1, "stdout": "", "stderr": stderr.getvalue() + traceback.format_exc()}
        return {"exit_code": 0, "stdout": json.dumps(variables["result"]), "stderr": stderr.getvalue()}
    from click.testing import CliRunner

    from pipeline.cli import main

    result = CliRunner(env={"HF_TOKEN": request["token"]}).invoke(main, request["arguments"])
    error = "" if result.exception is None else "".join(traceback.format_exception(result.exception))
    stopped = result.exception is None or isinstance(result.exception, SystemExit)
    return {
        "exit_code": result.exit_code,
        "stdout": result.stdout,
        "stderr": result.stderr + ("" if stopped else error),
    }


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
