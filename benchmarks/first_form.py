"""Measure how long a learner waits: from a click on a released lab to its first form that can be answered.

    python benchmarks/first_form.py demo          # a course folder, such as `make demo` leaves

Starts `hrlab lab` on the course, opens each released lab in Chromium three times and prints seconds. The start of the
server is not in the figure; a kernel is started anew at each opening.
"""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from autograder.course import Course
from autograder.lab.desk import Desk
from autograder.roster import roster_of

RUNS = 3


def main(folder: str) -> None:
    """Print the seconds to the first form of each released lab."""
    course = Course.open(folder)
    learner = next(iter(roster_of(course)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as temporary:
        desk = Desk(Path(temporary), course.exchange)
        desk.sit_down("hr", learner)
        for lab in course.released:
            desk.fetch(lab)
        options = ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--ServerApp.allow_root=True"]
        command = [sys.executable, "-m", "autograder", "lab", "--course", folder, "--desk", temporary, *options]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            start = f"http://127.0.0.1:{port}/hrlab"
            wait_for(start, server)
            for lab in course.released:
                seconds = [measure(start, lab) for _ in range(RUNS)]
                print(f"{lab}: {statistics.median(seconds):.1f} s (median of {[round(s, 1) for s in seconds]})")
        finally:
            server.terminate()
            server.wait()


def measure(start: str, lab: str) -> float:
    """Open the hand-in page of a lab, follow its link to the lab and wait for the first form."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{start}/lab/{lab}")
        began = time.perf_counter()
        page.get_by_role("link", name="Back to the lab").click()
        page.locator("input:enabled:visible").first.wait_for(timeout=180_000)
        seconds = time.perf_counter() - began
        browser.close()
    return seconds


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    while server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("hrlab lab ended before it answered; run it by hand to see why.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/first_form.py COURSE")
    main(sys.argv[1])
