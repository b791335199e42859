"""Photographs of users: read and written with all that their files hold, and denoised."""
