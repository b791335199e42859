"""What the noise of a set of images is like, and what that means for methods.

Names are imported when they are first used, so that the hooks module stays light.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
