"""`pathlift completion`: what a shell needs to complete commands, options and experiment names."""

from pathlib import Path
from typing import Annotated, Literal

from pathlift.cli.app import build_app
from pathlift.cli.options import TALK, Flag, Talk
from pathlift.cli.screen import note, write

Shell = Literal["bash", "zsh", "fish"]

_THEN = {
    "bash": "open a new shell; without the package bash-completion, source the file in ~/.bashrc",
    "zsh": "put its folder into fpath before compinit in ~/.zshrc, and open a new shell",
    "fish": "open a new shell",
}


def completion_command(
    shell: Shell, *, install: Annotated[bool, Flag] = False, common: Talk = TALK
) -> None:
    """Print the script that completes commands, options and experiment names in a shell.

    For one session: source <(pathlift completion bash). For good: --install.

    Parameters
    ----------
    shell : {"bash", "zsh", "fish"}
        Which shell.
    install : bool
        Write it where the shell looks for such scripts, and say where that is.
    """
    app = build_app()
    if not install:
        write(app.generate_completion(prog_name="pathlift", shell=shell))
        return
    path: Path = app.install_completion(shell=shell, add_to_startup=False)
    write(f"{path}\n")
    note(common, f"then: {_THEN[shell]}")
