"""What bubblewrap shows of this machine: what Python and our packages need to run, and nothing of any course."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import autograder
import evaluators

_SYSTEM = ("/usr", "/nix/store")
_LINKED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "mime.types", "protocols", "services")
_ETC_NETWORK = ("ca-certificates", "pki", "resolv.conf", "ssl")
_PREFIX = ("bin", "etc/fonts", "include", "lib", "lib64", "libexec", "pyvenv.cfg", "share")
_ROOT_NEEDS = ("CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_ADMIN")  # until the server is nobody


def program() -> str | None:
    """Return the path of bubblewrap; None if it is not installed."""
    return shutil.which("bwrap") or shutil.which("bwrap", path=str(Path(sys.executable).parent))


def missing_walls() -> list[str]:
    """Say what this machine lacks for running learners' code safely.

    Returns
    -------
    list of str
        A sentence for each; empty where the sandbox works.
    """
    if sys.platform != "linux":
        return ["The sandbox needs Linux (bubblewrap and Landlock): grade in a Linux machine, virtual or not."]
    from autograder.sandbox.walls import landlock_abi

    missing = []
    if not (bwrap := program()):
        missing.append("bubblewrap is not installed: `apt-get install bubblewrap`, or `dnf install bubblewrap`.")
    else:
        shell = [bwrap, *_namespaces(network=False), "--ro-bind", "/", "/", "--proc", "/proc", "/bin/true"]
        tried = subprocess.run(shell, capture_output=True, text=True, timeout=60, check=False)
        if tried.returncode:
            said = (tried.stderr.strip().splitlines() or ["it says nothing"])[-1][:200]
            missing.append(
                f"bubblewrap cannot make namespaces here ({said}): allow unprivileged user namespaces"
                " (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces,"
                " kernel.apparmor_restrict_unprivileged_userns), or in a container the option that permits them."
            )
    if not landlock_abi():
        missing.append("The kernel has no Landlock: use Linux 5.13 or newer with `landlock` in its `lsm=` setting.")
    return missing


def _namespaces(*, network: bool) -> list[str]:
    """Without a user namespace for root: in one it would still own the system's files, only under another name."""
    users = ["--cap-drop", "ALL"] if os.getuid() == 0 else ["--unshare-user"]
    return [
        *users, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
        *([] if network else ["--unshare-net"]), "--die-with-parent", "--new-session",
    ]  # fmt: skip


def source_folder() -> Path | None:
    """Return the folder that holds our packages; None if they are installed among the others."""
    folder = Path(autograder.__file__).parent.parent
    return None if any(folder.is_relative_to(prefix) for prefix in _installed()) else folder


def _installed() -> list[Path]:
    return [Path(prefix, "lib") for prefix in dict.fromkeys((sys.prefix, sys.base_prefix))]


def visible(readable: Iterable[Path]) -> list[Path]:
    """List what a server sees beside the system's own files, read-only.

    Parameters
    ----------
    readable : iterable of Path
        Further files and folders.

    Returns
    -------
    list of Path
        Absolute and existing, outer folders first: under the names that are used for them, and under their real ones.
    """
    wanted = [Path(prefix, part) for prefix in (sys.prefix, sys.base_prefix) for part in _PREFIX]
    step = Path(sys.executable)
    while step.is_symlink():  # a virtual environment's python may be reached over several links
        wanted.append(step := step.parent / step.readlink())
    # Never the checkout: its labs/ holds the answers.
    wanted += [Path(package.__file__ or "").parent for package in (autograder, evaluators)]
    wanted += [Path(evaluators.__file__ or "").parent.parent / "datasets"]
    wanted += map(Path, readable)
    places: set[Path] = {Path(os.path.abspath(place)) for place in wanted if place.exists()}  # noqa: PTH100  (keeps symlinks)
    places |= {place.resolve() for place in places}
    kept: list[Path] = []
    for place in sorted(places, key=lambda place: (len(place.parts), str(place))):
        if not any(place.is_relative_to(outer) for outer in [*kept, *map(Path, _SYSTEM)]):
            kept.append(place)
    return kept


def arguments(places: Sequence[Path], data: dict[str, int], *, network: bool, tmp_mb: int | None = None) -> list[str]:
    """Return the command line that puts a program inside, up to the program.

    Parameters
    ----------
    places : sequence of Path
        From `visible`.
    data : dict of str to int
        Path of a made-up file -> file descriptor to read it from.
    network : bool
        Whether the network stays.
    tmp_mb : int, optional
        Megabytes that /tmp may hold; set where sessions cannot mount one of their own.

    Returns
    -------
    list of str
        bubblewrap and its options.
    """
    root = os.getuid() == 0
    size = [] if tmp_mb is None else ["--size", str(tmp_mb * 1024 * 1024)]
    line = [program() or "bwrap", *_namespaces(network=network), "--hostname", "lab"]
    if root:
        line += [word for capability in _ROOT_NEEDS for word in ("--cap-add", capability)]
    line += ["--dev", "/dev", *size, "--tmpfs", "/dev/shm", *size, "--tmpfs", "/tmp"]
    line += ["--dir", "/proc"] if root else ["--proc", "/proc"]  # root's server mounts it, see walls.stop_being_root
    if root:  # which makes missing folders for itself alone
        above = {folder for place in (*places, Path("/etc/x")) for folder in place.parents} - {Path("/"), Path("/tmp")}
        for parent in sorted(above):
            line += ["--perms", "0755", "--dir", str(parent)]
    for folder in filter(os.path.isdir, _SYSTEM):
        line += ["--ro-bind", folder, folder]
    for name in map(Path, _LINKED):
        if name.is_symlink():
            line += ["--symlink", str(name.readlink()), str(name)]
        elif name.is_dir():
            line += ["--ro-bind", str(name), str(name)]
    for name in (*_ETC, *(_ETC_NETWORK if network else ())):
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    if (clock := Path("/etc/localtime")).exists():
        line += ["--ro-bind", str(clock.resolve()), str(clock)]
    for path, number in data.items():
        line += [*(["--perms", "0644"] if root else []), "--ro-bind-data", str(number), path]
    for place in places:
        line += ["--ro-bind", str(place), str(place)]
    return [*line, "--remount-ro", "/", "--chdir", "/tmp", "--"]


def made_up_files() -> dict[str, str]:
    """Return the files of /etc that name people and machines, with nobody real in them."""
    uid = os.getuid() or 65534
    people = {1000: "learner", 65534: "nobody"} | {uid: "grader" if uid != 1000 else "learner"}
    return {
        "/etc/passwd": "".join(f"{name}:x:{uid}:{uid}::/tmp/work:/bin/sh\n" for uid, name in people.items()),
        "/etc/group": "".join(f"{name}:x:{uid}:\n" for uid, name in people.items()),
        "/etc/hosts": "127.0.0.1 localhost lab\n::1 localhost lab\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }
