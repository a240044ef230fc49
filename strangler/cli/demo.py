"""``strangler demo``: the main job, end to end, on the sample monolith."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The facade's port; 0: a free one.")
    ] = 0,
) -> None:
    """Run the main job, end to end, on the sample monolith. Exit 0 only if every claim held."""
    from strangler.demo.play import play

    raise typer.Exit(0 if play(keep=keep, port=port) else 1)
