"""A function that is called every so often: ``flask scheduler``.

A project calls ``scheduler.init_app(app, tick, every=30)``. ``flask run`` starts one scheduler
beside itself; in production ``flask scheduler`` runs beside the web servers.

A scheduler is an alarm clock, nothing more: it keeps no list of what is to be done. ``tick`` asks
the project's rows what is due by ``common.clock``, and claims each row before it acts. Then a
scheduler that was down finds at its next tick what it has missed, and two do nothing twice.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import click
from flask import Flask

from common import beside

NAP = 0.2  # seconds between two looks at whether to tick or to end


@dataclass(frozen=True, slots=True)
class Scheduler:
    """What one application does every so often: ``app.extensions["common_scheduler"]``."""

    app: Flask
    function: Callable[[], object]
    every: float

    def tick(self) -> None:
        """Call the function in an application context of its own; an exception is logged."""
        try:
            with self.app.app_context():
                self.function()
        except Exception:
            self.app.logger.exception("A tick of the scheduler failed; the next one comes")


def init_app(app: Flask, tick: Callable[[], object], *, every: float = 30) -> None:
    """Have ``tick`` called every so many seconds by ``flask scheduler``; after ``common.init_app``.

    Nothing is started here, except under ``flask run``: there, one scheduler beside it.
    """
    state = app.extensions["common_scheduler"] = Scheduler(app, tick, every)
    app.cli.add_command(_command(state))
    if beside.in_flask_run():
        beside.start(app, "scheduler")


def _command(state: Scheduler) -> click.Command:
    @click.command("scheduler")
    @click.option("--parent", type=int, hidden=True, help="Stop when this process has ended.")
    def scheduler(parent: int | None) -> None:
        """Do what is due, again and again, until Ctrl-C or SIGTERM; finish what is in hand."""
        told: list[int] = []

        def note(signum: int, _frame: object) -> None:
            told.append(signum)

        on_interrupt = signal.signal(signal.SIGINT, note)
        on_terminate = signal.signal(signal.SIGTERM, note)
        click.echo(f"Scheduler of {state.app.name}: every {state.every:g} s. Ctrl-C ends it.")
        due = time.monotonic()
        try:
            while not told and parent in {None, os.getppid()}:
                now = time.monotonic()
                if now >= due:
                    due = now + state.every
                    state.tick()
                time.sleep(min(NAP, state.every))
        finally:
            signal.signal(signal.SIGINT, on_interrupt)
            signal.signal(signal.SIGTERM, on_terminate)

    return scheduler
