import ctypes
import platform
import subprocess
import sys

import pytest

from harness.util.allocator import keep_freed_memory

FAULTS = """
import resource
import numpy as np
from harness.util.allocator import keep_freed_memory

if {keep}:
    assert keep_freed_memory()
np.ones(10_000_000, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(10_000_000, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_memory_that_was_freed_is_not_got_from_the_system_again():
    anew, kept = (
        int(subprocess.check_output([sys.executable, "-c", FAULTS.format(keep=keep)]))
        for keep in (False, True)
    )
    assert kept < anew / 10


def test_another_c_library_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert not keep_freed_memory()


@pytest.mark.skipif(platform.system() != "Linux", reason="elsewhere address space has no limit")
def test_limited_address_space_is_left_as_it_is():
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40)); "
        "from harness.util.allocator import keep_freed_memory; print(keep_freed_memory())"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"
