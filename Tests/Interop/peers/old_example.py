"""An example program of aiomoqt 0.5.3 that trusts any certificate, which it has no option for.

    old_example.py NAME ARGUMENT...
"""
import runpy
import ssl
import sys

from qh3.quic.configuration import QuicConfiguration

_make = QuicConfiguration.__init__


def _trusting(self, *arguments, **settings):
    _make(self, *arguments, **settings)
    self.verify_mode = ssl.CERT_NONE


QuicConfiguration.__init__ = _trusting
del sys.argv[0]
runpy.run_module(f"aiomoqt.examples.{sys.argv[0]}", run_name="__main__")
