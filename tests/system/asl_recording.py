# SPDX-License-Identifier: Apache-2.0
"""Writes a small recording in the ASL layout (EuRoC MAV): a stereo camera that hangs still in front of a pattern."""
import random
import struct
import zlib
from pathlib import Path

WIDTH, HEIGHT = 160, 120
IMU_NS, IMAGE_NS, FIRST_NS = 5_000_000, 50_000_000, 1_400_000_000_000_000_000
SENSOR = f"""sensor_type: camera
T_BS:
  cols: 4
  rows: 4
  data: [0, 0, 1, 0,
         -1, 0, 0, {{y}},
         0, -1, 0, 0,
         0, 0, 0, 1]
rate_hz: 20
resolution: [{WIDTH}, {HEIGHT}]
camera_model: pinhole
intrinsics: [100, 100, 79.5, 59.5]
distortion_model: radial-tangential
distortion_coefficients: [-0.1, 0.01, 0, 0]
"""


def png(rows):
    """8-bit gray."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def pattern():
    """Blocks of 8 pixels, each of one gray: corners to follow."""
    values = random.Random(7)
    blocks = [[values.randrange(256) for _ in range(WIDTH // 8)] for _ in range(HEIGHT // 8)]
    return [b"".join(bytes([value]) * 8 for value in blocks[row // 8]) for row in range(HEIGHT)]


def write_recording(folder, seconds):
    """The folder that holds mav0/ and the stamps of its images."""
    mav0 = Path(folder) / "mav0"
    stamps = [FIRST_NS + n * IMU_NS for n in range(round(seconds * 200))]
    tables = {"imu0": "0,0,0,0,0,9.81", "state_groundtruth_estimate0": "1,2,3,1,0,0,0"}
    for name, row in tables.items():
        (mav0 / name).mkdir(parents=True)
        (mav0 / name / "data.csv").write_text("#stamp,...\n" + "".join(f"{stamp},{row}\n" for stamp in stamps))
    images, image = stamps[::IMAGE_NS // IMU_NS], png(pattern())
    for number, name in enumerate(("cam0", "cam1")):
        (mav0 / name / "data").mkdir(parents=True)
        (mav0 / name / "sensor.yaml").write_text(SENSOR.format(y=-0.1 * number))
        (mav0 / name / "data.csv").write_text("#stamp,file\n" + "".join(f"{s},{s}.png\n" for s in images))
        for stamp in images:
            (mav0 / name / "data" / f"{stamp}.png").write_bytes(image)
    return images
