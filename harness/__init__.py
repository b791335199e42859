"""A benchmark harness for image denoisers that learn from noisy images alone.

Everything that a plugin's author, or a script, needs is imported from here; the names stand in
``__init__.pyi``. They are loaded when they are first used, so that a hooks module stays light.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
