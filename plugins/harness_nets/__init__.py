"""Networks and operations that several papers share."""
