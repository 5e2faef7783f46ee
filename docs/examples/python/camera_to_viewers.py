"""Frames that a camera writes in place, and three viewers read in place: nothing is copied anywhere.

SPDX-License-Identifier: MIT
"""

import multiprocessing

import numpy as np
import ringmain

SHAPE = (480, 640, 3)
FRAMES = 200
VIEWERS = 3


def view() -> None:
    with ringmain.Consumer("camera", wait=30) as frames:
        seen = 0
        for message in frames:  # ends when the camera does
            frame = message.array
            assert frame.shape == SHAPE and not frame.flags.writeable and message.in_place
            assert frame[0, 0, 0] == frame[-1, -1, -1] == seen % 256
            seen += 1
    assert seen == FRAMES


def main() -> None:
    processes = multiprocessing.get_context("spawn")
    viewers = [processes.Process(target=view) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()

    with ringmain.Producer("camera", "8MiB") as camera:
        camera.wait_for_consumers(VIEWERS, timeout=30)
        for number in range(FRAMES):
            with camera.claim(SHAPE, "u1") as frame:  # waits until the slowest viewer has made room
                np.copyto(frame, number % 256)  # as a driver would: camera.readinto(frame)
        try:
            with camera.claim(SHAPE, "u1"):
                raise OSError("the lens cap")
        except OSError:
            pass  # that frame was never there

    for viewer in viewers:
        viewer.join()
        assert viewer.exitcode == 0
    print(f"{VIEWERS} viewers saw {FRAMES} frames of {np.prod(SHAPE)} bytes, in place")


if __name__ == "__main__":
    main()
