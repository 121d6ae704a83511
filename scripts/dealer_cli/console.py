"""What the person sees: steps, progress, and one clear line when something fails."""

import contextlib
import errno
import os
import subprocess
import sys
import time

PROGRESS_INTERVAL = 5  # seconds between two progress lines
LOG_TAIL = 15  # lines of a failed command shown
_running = set()  # children that must not outlive this program


class Stop(Exception):
    """A failure the person can act on; its text is the one line that is printed."""


def say(text=""):
    """Print one line at once, so that order is kept with the output of commands."""
    print(text, flush=True)


def warn(text):
    """Print a line about something that is not in the way of going on."""
    say(f"   note: {text}")


class Step:
    """Context that names a piece of work and says how long it took.

    >>> with Step("Counting"):
    ...     pass  # doctest: +ELLIPSIS
    => Counting
       Counting: done in 0 s
    """

    def __init__(self, title):
        self.title = title

    def __enter__(self):
        self.start = time.monotonic()
        say(f"=> {self.title}")
        return self

    def __exit__(self, exc_type, exc, tb):
        if exc_type is None:
            say(f"   {self.title}: done in {time.monotonic() - self.start:.0f} s")


def run(command, what, log, env=None, cwd=None, progress=None, timeout=None):
    """Run a command into a log file and return its exit status.

    :param list command: program and arguments
    :param str what: what it does, in the person's words; used in failure lines
    :param Path log: file that receives all output (parent is created)
    :param dict env: variables added to this process's environment
    :param callable progress: gets each line, returns a text to show or None
    :param timeout: seconds after which the command is ended (checked per line)
    :raises Stop: the program does not exist, or the disk is full
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started = shown = time.monotonic()
    last = None
    environment = {**os.environ, **(env or {})}
    try:
        with log.open("w", encoding="utf-8", errors="replace") as sink:
            with subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=cwd,
                text=True,
                errors="replace",
            ) as process:
                _running.add(process)
                try:
                    for line in process.stdout:
                        sink.write(line)
                        sink.flush()
                        text = progress(line) if progress else None
                        now = time.monotonic()
                        if text and text != last and now - shown > PROGRESS_INTERVAL:
                            say(f"   {text}")
                            shown, last = now, text
                        if timeout and now - started > timeout:
                            process.terminate()
                            raise Stop(f"{what}: not finished after {timeout} s, stopped. Log: {log}")
                except BaseException:
                    # Interrupted: give the child the time to leave its work in order.
                    process.terminate()
                    raise
                finally:
                    _running.discard(process)
            return process.returncode
    except FileNotFoundError:
        raise Stop(f"{what}: the program {command[0]} is not there.") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Stop(f"{what}: the disk is full ({log.parent}).") from None
        raise


def end_children():
    """End the commands that other threads are still running, and wait until they are gone."""
    for process in list(_running):
        process.terminate()
    for process in list(_running):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)


def check(command, what, log, hint="", **options):
    """Run a command and raise :class:`Stop` with the end of its log when it fails."""
    status = run(command, what, log, **options)
    if status:
        raise Stop(failure_line(what, status, log, hint))


def failure_line(what, status, log, hint=""):
    """Return one clear line for a failed command, with the likely cause when the log tells it."""
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL:]
    text = "\n".join(tail)
    if "No space left on device" in text:
        return f"{what}: the disk is full. Free some space and run the same command again."
    for line in tail:
        print(f"   | {line}", file=sys.stderr)
    return f"{what} failed (exit status {status}). {hint} Log: {log}".replace("  ", " ")


def output_of(command, **options):
    """Return the standard output of a short command, stripped; '' when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        **options,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
