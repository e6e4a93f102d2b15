"""A real Chromium on a real Jupyter server; skipped loudly where there is no Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

CHROMIUM = next(filter(None, map(shutil.which, ("/usr/bin/chromium", "chromium"))), None)
JUPYTER_PATH = Path(__file__).parents[2] / "autograder" / "share" / "jupyter"
START_S = 90

FORMS = """
lab.choice("rule", "Which figure does the rule look at?", {"ratio": "A ratio of rates", "count": "A count"}, competency="B1", points=2)
lab.choices("causes", "What can explain the gap?", {"chance": "Chance", "proxy": "A proxy", "none": "None of these"})
lab.number("impact", "What is the impact ratio?", unit="%", minimum=0, maximum=200)
lab.ranking("steps", "In which order would you act?", {"stop": "Stop", "measure": "Measure", "ask": "Ask"})
lab.paragraph("memo", "Write to the hiring manager.", words=(2, 40))
lab.finish()
""".strip()  # noqa: E501 - one cell a line

TRAINER_ONLY = """
import os, pathlib
pathlib.Path("kernel.pid").write_text(str(os.getpid()))
print("for trainers")
""".strip()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium, driven by playwright."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER TEST RAN: install Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def lab_folder(tmp_path: Path) -> Path:
    """A folder with a small lab and nothing else."""
    cells = [
        new_markdown_cell("# A small audit\n\nThe hiring manager says that the tool is fair."),
        new_code_cell('from evaluators.widgets import Lab\nlab = Lab("small_audit")'),
        *(new_code_cell(line) for line in FORMS.splitlines()),
        new_code_cell(TRAINER_ONLY, metadata={"tags": ["trainer-only"]}),
        new_code_cell("print('the check runs')\n1 / 0", metadata={"tags": ["raises-exception"]}),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "lab.ipynb")
    return tmp_path


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Start a server in a folder and return its address; it is stopped after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, *command: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "JUPYTER_PATH": str(JUPYTER_PATH)}
        arguments = [sys.executable, "-m", *command, "--no-browser", f"--port={port}"]
        with (folder / "server.log").open("wb") as log:
            started.append(
                subprocess.Popen(arguments, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
            )
        address = f"http://127.0.0.1:{port}/"
        wait_for(address, started[-1], folder / "server.log")
        return address

    yield start
    for server in started:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture
def voila(serve: Callable[..., str]) -> Callable[[Path], str]:
    """Show a folder's lab.ipynb without code."""
    return lambda folder: serve(
        folder,
        "voila",
        "lab.ipynb",
        "--template=hrlab",
        "--Voila.ip=127.0.0.1",
        "--VoilaConfiguration.extension_allowlist=anywidget",
        "--VoilaConfiguration.extension_allowlist=@voila-dashboards/widgets-manager8",
    )


@pytest.fixture
def hrlab(serve: Callable[..., str]) -> Callable[..., str]:
    """Open the start page of `hrlab lab`, without a token."""
    return lambda folder, *options: serve(
        folder, "autograder", "lab", *options, "--IdentityProvider.token=", "--ServerApp.allow_root=True"
    )


@pytest.fixture
def jupyterlab(serve: Callable[..., str]) -> Callable[[Path], str]:
    """Open a folder in JupyterLab, with `window.jupyterapp` for commands."""
    return lambda folder: serve(
        folder,
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        "--IdentityProvider.token=",
        "--ServerApp.allow_root=True",
        "--LabApp.expose_app_in_browser=True",
    )


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return as soon as the server answers anything but a refused connection."""
    probe = f"{address}api/status-or-404"  # opening the page itself would start a kernel
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(probe, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the server did not start:\n{log.read_text()[-2000:]}")
