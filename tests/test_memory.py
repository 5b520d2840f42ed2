"""What freed arrays leave to the next ones."""

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource
import microdl as torch

def step():
    a = torch.full((4_000_000,), 1.0)
    b = a + 1.0
    c = b * 2.0

for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other systems' malloc learns in other ways, or not")
def test_large_arrays_are_made_of_memory_that_is_there():
    """60 arrays of 16 MB have 234,375 pages of 4 KB."""
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) < 2000
