"""Linux's walls around a process: namespaces, private mounts, Landlock, limits, no capabilities.

By ctypes and the standard library only. Each function acts on the calling process, and raises OSError where the
kernel refuses: no wall is skipped in silence.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import functools
import os
import platform
import resource
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.sandbox.limits import Limits

NOBODY = 65534  # who the server is when root started it
LEARNER = 1000  # who a session is, inside its own user namespace

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_NOSUID, _NODEV, _NOEXEC, _BIND, _REC, _PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_PDEATHSIG, _DUMPABLE, _CAPBSET_DROP, _SUBREAPER, _NO_NEW_PRIVS, _AMBIENT = 1, 4, 24, 36, 38, 47
_CLOSE_RANGE, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 436, 444, 445, 446  # the same on all machines
_KEYCTL = {"x86_64": 250, "aarch64": 219}

# Landlock's rights on files: bits 0-12 since ABI 1, 13 (refer) 2, 14 (truncate) 3, 15 (ioctl on devices) 5.
_READ, _WRITE_FILE, _TRUNCATE, _IOCTL = 0b1101, 1 << 1, 1 << 14, 1 << 15
_MAKE_DEVICES = 1 << 6 | 1 << 11


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> int:
    """Call a function of the C library; -1 becomes an OSError that names it."""
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    function = getattr(_libc(), name)
    function.restype = ctypes.c_long if name == "syscall" else ctypes.c_int
    result: int = function(*words)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    try:
        _call("mount", source.encode(), target.encode(), kind.encode(), flags, data.encode())
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} ({kind or 'bind'} on {target})") from None


def hide_memory(hidden: bool = True) -> None:
    """Keep other processes of this user from tracing this process and from reading what /proc has of it."""
    _call("prctl", _DUMPABLE, 0 if hidden else 1, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ended."""
    _call("prctl", _SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _call("prctl", _PDEATHSIG, 9, 0, 0, 0)


def close_from(first: int) -> None:
    """Close every file descriptor from a number on."""
    try:
        _call("syscall", _CLOSE_RANGE, first, 0xFFFFFFFF, 0)
    except OSError:  # before Linux 5.9
        os.closerange(first, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def stop_being_root() -> None:
    """Mount /proc (bubblewrap's own would bar the sessions' fresh ones), then be nobody for ever."""
    _mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    for folder in ("/tmp", "/dev/shm"):
        Path(folder).chmod(0o1777)
    _empty_bounding_set()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    give_up_capabilities()


def own_users_and_pids() -> None:
    """Enter a user namespace of one's own; the next child is the first process of a new process namespace."""
    _own_users(_NEWPID)
    hide_memory()


def own_users_only() -> None:
    """Enter a user namespace in which no further one can be made, and with that no capability be gained."""
    _own_users(0)
    _forbid_user_namespaces()


def _own_users(more: int) -> None:
    uid, gid = os.getuid(), os.getgid()
    hide_memory(False)  # or /proc/self/uid_map belongs to root
    _call("unshare", _NEWUSER | more)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{LEARNER} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{LEARNER} {gid} 1")


def own_files(disk_mb: int, *, network: bool, shown: Sequence[str] = ()) -> None:
    """See no process, file, socket or terminal of anybody else: private mounts, IPC and (unless wanted) network.

    Parameters
    ----------
    disk_mb : int
        Megabytes of files that /tmp and /dev/shm hold together.
    network : bool
        Whether the network stays.
    shown : sequence of str
        Files and folders below /tmp that stay visible.
    """
    _call("unshare", _NEWNS | _NEWIPC | _NEWUTS | (0 if network else _NEWNET))
    _mount("none", "/", "", _REC | _PRIVATE)
    # One file system, seen in two places, so that its size is one limit.
    size = f"size={disk_mb}m,nr_inodes={disk_mb * 64 + 1024},mode=700"
    _mount("tmpfs", "/dev/shm", "tmpfs", _NOSUID | _NODEV, size)
    for name in ("shm", "tmp"):
        Path("/dev/shm", name).mkdir(mode=0o700)
    for place in map(Path, shown):
        spot = Path("/dev/shm") / place.relative_to("/")
        spot.parent.mkdir(parents=True, exist_ok=True)
        spot.mkdir() if place.is_dir() else spot.touch()
        _mount(str(place), str(spot), "", _BIND | _REC)
    _mount("/dev/shm/tmp", "/tmp", "", _BIND | _REC)
    _mount("/dev/shm/shm", "/dev/shm", "", _BIND)
    _mount("devpts", "/dev/pts", "devpts", _NOSUID | _NOEXEC, "newinstance,ptmxmode=0666,mode=600")
    try:
        _mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    except PermissionError:  # the one outside is covered in part: an empty folder tells nothing either
        _forbid_user_namespaces()
        _mount("tmpfs", "/proc", "tmpfs", _NOSUID | _NODEV | _NOEXEC, "size=0,mode=555")
    else:
        _forbid_user_namespaces()
    if not network:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:  # programs expect the loopback to be up
            fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 1))


def _forbid_user_namespaces() -> None:
    """Where one can be made, so can capabilities, and with them much more of the kernel is in reach."""
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


def limit(limits: Limits, *, own_users: bool) -> None:
    """Set what the kernel itself keeps for this process and those it starts.

    Parameters
    ----------
    limits : Limits
        The bounds.
    own_users : bool
        Whether this process is in a user namespace of its own; else the number of processes is the user's, and not set.
    """
    inherited = 0
    with contextlib.suppress(OSError):  # what the server's libraries have mapped is not the session's doing
        inherited = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    megabyte = 1024 * 1024
    wanted = {
        "RLIMIT_CPU": limits.cpu_s,
        "RLIMIT_AS": inherited + 2 * limits.memory_mb * megabyte,
        "RLIMIT_FSIZE": limits.file_mb * megabyte,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 1024,
        "RLIMIT_MSGQUEUE": 0,
    }
    if own_users:
        wanted["RLIMIT_NPROC"] = limits.processes + 1  # and the guard
    for name, value in wanted.items():
        if (kind := getattr(resource, name, None)) is not None:
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(ValueError):  # macOS refuses some
                resource.setrlimit(kind, (value, value))


def landlock_abi() -> int:
    """Return the version of Landlock that the kernel has switched on, 0 for none."""
    try:
        return _call("syscall", _LANDLOCK_CREATE, None, 0, 1)
    except OSError:
        return 0


def landlock(*, network: bool) -> None:
    """Forbid for ever to write outside /tmp, /dev/shm and the devices, to use TCP and to signal out.

    Parameters
    ----------
    network : bool
        Whether TCP stays allowed.
    """
    abi = landlock_abi()
    known = (1 << 13) - 1 | (1 << 13 if abi >= 2 else 0) | (_TRUNCATE if abi >= 3 else 0) | (_IOCTL if abi >= 5 else 0)
    attributes = struct.pack("QQQ", known, 0 if network else 0b11, 0b11)  # files; TCP bind, connect; sockets, signals
    attributes = attributes[: 8 if abi < 4 else 16 if abi < 6 else 24]
    rules = _call("syscall", _LANDLOCK_CREATE, attributes, len(attributes), 0)
    own = known & ~_MAKE_DEVICES
    for place, rights in (
        ("/", _READ), ("/tmp", own), ("/dev/shm", own), ("/dev", _WRITE_FILE | _TRUNCATE | _IOCTL),
    ):  # fmt: skip
        folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
        _call("syscall", _LANDLOCK_ADD, rules, 1, struct.pack("=Qi", rights & known, folder), 0)
        os.close(folder)
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("syscall", _LANDLOCK_RESTRICT, rules, 0)
    os.close(rules)


def give_up_capabilities() -> None:
    """Be without capabilities, and without a way to gain any: set-user-id programs have no effect."""
    _empty_bounding_set()
    with contextlib.suppress(OSError):
        _call("prctl", _AMBIENT, 4, 0, 0, 0)
    _call("capset", struct.pack("=Ii", 0x20080522, 0), bytes(24))
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    if keyctl := _KEYCTL.get(platform.machine()):
        with contextlib.suppress(OSError):  # an empty keyring instead of the operator's
            _call("syscall", keyctl, 1, None)


def _empty_bounding_set() -> None:
    for capability in range(64):
        try:
            _call("prctl", _CAPBSET_DROP, capability, 0, 0, 0)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.EPERM):  # past the last one; none to drop with
                return
            raise
