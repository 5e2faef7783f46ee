"""A ring that is shared with other users, other directories and other namespaces.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ringmain
from support.processes import ends_well, running

NOBODY = 65534
UNSHARE = ("unshare", "--user", "--map-root-user", "--pid", "--mount", "--fork")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def namespaces() -> tuple[str, ...]:
    """The command that runs a program in namespaces of its own."""
    if shutil.which("unshare") is None or subprocess.run([*UNSHARE, "true"], capture_output=True).returncode != 0:
        pytest.skip("this system lets nobody make user namespaces")
    return UNSHARE


@pytest.fixture
def shared(ring_directory: Path) -> Iterator[Path]:
    """A directory that everybody may use, as /dev/shm is."""
    ring_directory.chmod(0o1777)
    yield ring_directory


def _program(text: str) -> list[str]:
    return [sys.executable, "-c", f"import pathlib, sys, ringmain\n{text}"]


def _environment(directory: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "RINGMAIN_DIR": directory}


def test_a_ring_is_found_in_another_directory_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with ringmain.Producer(tmp_path / "one" / "ring", "64KiB") as producer:
        assert ringmain.ls() == []
        assert ringmain.ls(tmp_path / "one") == ["ring"]
        (tmp_path / "two").symlink_to(tmp_path / "one")
        for name in (tmp_path / "one" / "ring", str(tmp_path / "two" / "ring"), Path(producer.path)):
            with ringmain.Consumer(name, start="oldest") as consumer:
                producer.send(b"seen")
                assert consumer.recv().obj == b"seen"


def test_a_ring_is_shared_with_namespaces_in_which_it_has_another_place(
    namespaces: tuple[str, ...], ring_directory: Path, tmp_path: Path
) -> None:
    """As with a volume that two containers mount: other users, other process numbers, another path."""
    inside = (
        f"mount --bind {ring_directory} {tmp_path} && exec {sys.executable} -c "
        f"'import pathlib, ringmain\n"
        f'with ringmain.Consumer(pathlib.Path("{tmp_path}") / "ring") as c, '
        f'ringmain.Producer("{tmp_path}/back", "64KiB") as p:\n'
        f"  p.wait_for_consumers()\n"
        f"  for m in c: p.send(int(m.array.sum()))'"
    )
    with ringmain.Producer("ring", "64KiB") as producer:
        command = [*namespaces, "sh", "-c", inside]
        with subprocess.Popen(command, env=_environment("/nowhere")) as child:
            with ringmain.Consumer("back", wait=60) as answers:
                producer.wait_for_consumers()
                for number in range(100):
                    producer.send(np.full(500, number))
                    assert answers.recv().obj == 500 * number
                assert ringmain.gc() == []
                assert all(consumer.alive for consumer in ringmain.stat("ring").consumers)
                producer.close()
                with pytest.raises(EOFError):
                    answers.recv()
            assert child.wait() == 0


def test_a_producer_that_is_killed_in_another_namespace_is_missed(
    namespaces: tuple[str, ...], ring_directory: Path
) -> None:
    text = "p = ringmain.Producer('ring', '64KiB'); p.wait_for_consumers(); p.send(1); sys.stdin.read()"
    command = [*namespaces, "--kill-child", *_program(text)]
    with (
        subprocess.Popen(command, env=_environment(str(ring_directory)), stdin=subprocess.PIPE) as child,
        ringmain.Consumer("ring", wait=60) as consumer,
    ):
        assert consumer.recv().obj == 1
        with pytest.raises(TimeoutError):
            consumer.recv(timeout=0.2)
        child.kill()
        with pytest.raises(ringmain.ProducerLost):
            consumer.recv()
    assert ringmain.gc() == ["ring"]


def _as_nobody(call: Callable[[], Any]) -> bool:
    """Whether another user, in a child, gets through `call` without an exception."""

    def become_and_call() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        call()

    with running("fork", become_and_call) as child:
        return ends_well(child)


@needs_root
def test_objects_from_a_ring_of_another_user_are_not_unpickled_unless_asked_for(shared: Path) -> None:
    def receive() -> None:
        with ringmain.Consumer("ring", start="oldest") as consumer:
            assert [consumer.recv().obj for _ in range(2)] == [b"plain", 1]
            assert consumer.recv().array.sum() == 3
            with pytest.raises(ringmain.PickleRefused, match="allow_pickle=True"):
                _ = consumer.recv().obj
        with ringmain.Consumer("ring", start="oldest", allow_pickle=True) as consumer:
            assert consumer.recv_many(4)[3].obj == {"a": 1}

    with ringmain.Producer("ring", "64KiB", mode=0o666) as producer:
        producer.send_many([b"plain", 1, np.ones(3), {"a": 1}])
        assert _as_nobody(receive)


@needs_root
def test_objects_from_a_ring_of_the_same_user_can_be_refused_too(shared: Path) -> None:
    with ringmain.Producer("ring") as producer, ringmain.Consumer("ring", allow_pickle=False) as consumer:
        producer.send({"a": 1})
        with pytest.raises(ringmain.PickleRefused):
            _ = consumer.recv().obj


@needs_root
def test_a_ring_without_permission_is_a_permissionerror_that_says_which_and_what_for(shared: Path) -> None:
    def try_everything() -> None:
        for call in (
            lambda: ringmain.Consumer("ring"),
            lambda: ringmain.Consumer("ring", spectator=True),
            lambda: ringmain.stat("ring"),
        ):
            with pytest.raises(PermissionError, match=r"'ring'.*permission") as caught:
                call()
            assert caught.value.errno == 13
        with pytest.raises(PermissionError, match="ring"):
            ringmain.remove("ring", force=True)
        with pytest.raises((PermissionError, ringmain.ProducerExists), match="ring"):
            ringmain.Producer("ring")
        assert ringmain.gc() == []

    with ringmain.Producer("ring"):
        assert _as_nobody(try_everything)
        assert ringmain.ls() == ["ring"]


@needs_root
def test_who_may_only_read_may_only_watch(shared: Path) -> None:
    def watch() -> None:
        with pytest.raises(PermissionError):
            ringmain.Consumer("ring")
        with ringmain.Consumer("ring", spectator=True, start="oldest") as spectator:
            assert spectator.recv().obj == b"seen"
        assert ringmain.stat("ring").messages == 1

    with ringmain.Producer("ring", mode=0o644) as producer:
        producer.send(b"seen")
        assert _as_nobody(watch)


@needs_root
def test_a_directory_where_one_may_make_nothing_is_a_permissionerror(ring_directory: Path) -> None:
    def make() -> None:
        with pytest.raises(PermissionError, match="ring"):
            ringmain.Producer("ring")

    ring_directory.chmod(0o755)
    assert _as_nobody(make)


def test_a_ring_has_the_permissions_that_were_asked_for_whatever_the_umask(ring_directory: Path) -> None:
    before = os.umask(0o077)
    try:
        with ringmain.Producer("ring", mode=0o664) as producer:
            files = Path(producer.path).iterdir()
            assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in files} == {
                "consumers": 0o664,
                "ring": 0o644,  # which the producer alone writes to
            }
    finally:
        os.umask(before)
