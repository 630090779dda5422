"""`plait completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from plait.errors import UsageError

_VARIABLE = "_PLAIT_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands, run ids, step ids and workflow files in a shell.

    \b
    bash:  eval "$(plait completion bash)"       in ~/.bashrc
    zsh:   eval "$(plait completion zsh)"        in ~/.zshrc
    fish:  plait completion fish | source        in ~/.config/fish/config.fish
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"no completion for {shell}")
    click.echo(kind(ctx.find_root().command, {}, "plait", _VARIABLE).source())
