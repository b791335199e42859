"""How Sphinx builds the site: python -m sphinx -W docs FOLDER."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for the extension beside this file

project = "harness"
author = "the authors of harness"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "from_code",
]

# Every reference must lead somewhere; what is written as a reference to code must be code.
nitpicky = True
exclude_patterns = ["examples"]  # distributions of their own, with a README each
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

smartquotes_action = "D"  # dashes alone: quotes stay as they are typed

autodoc_member_order = "bysource"
autodoc_typehints = "both"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
maximum_signature_line_length = 90
napoleon_numpy_docstring = False
napoleon_use_ivar = True
add_module_names = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_math_renderer = "mathml"
html_title = "harness"
html_copy_source = False
html_show_sphinx = False
