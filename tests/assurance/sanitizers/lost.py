"""Runs a program, and then asks LeakSanitizer what nothing leads to any more.

To the sanitizer whatever the garbage collector lists is in use, and it lists every container, lost or not. So the list
is emptied first, after which nothing but the end is safe.
"""

from __future__ import annotations

import ctypes
import gc
import os
import runpy
import sys

sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0])
sys.stdout.flush()
gc.collect()
unlist = ctypes.pythonapi.PyObject_GC_UnTrack
unlist.argtypes, unlist.restype = [ctypes.py_object], None
for container in gc.get_objects():
    unlist(container)
ctypes.CDLL(None).__lsan_do_leak_check()
os._exit(0)
