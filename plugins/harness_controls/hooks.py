"""Announces the controls: the noisy image itself, and the ground truth."""

from harness import MethodSpec, hookimpl


@hookimpl
def harness_register_methods() -> tuple[MethodSpec, ...]:
    """The floor and the ceiling of a table."""
    return (
        MethodSpec(
            name="identity",
            target="harness_controls.methods:Identity",
            summary="The noisy image itself: what a method must beat.",
        ),
        MethodSpec(
            name="oracle",
            target="harness_controls.methods:Oracle",
            summary="The clean image itself: the best score that there is.",
            oracle=True,
        ),
    )
