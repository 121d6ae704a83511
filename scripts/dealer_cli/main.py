"""The command line: one subcommand per Makefile target."""

import argparse
import errno
import os
import shlex
import signal
import sys

from . import cluster, databases, machine, odoo_source, python_env, serve
from .console import Stop, end_children, say
from .layout import DATABASE, VAR, preparing


def prepare(*purposes):
    """Make everything ready below the databases: packages, Odoo, environment, database server.

    :param purposes: "run", and "test" for what only tests need
    """
    machine.require_debian()
    with preparing():
        machine.require_disk(VAR, 3, "This suite")
        machine.require_packages(purposes)
        odoo_source.prepare()
        python_env.prepare(purposes)
        cluster.start("test" if "test" in purposes else "run")
        databases.write_configuration()
        databases.drop_leftovers()


def _become(command):
    """Replace this process by a command of the project's Odoo, so that it has the terminal to itself."""
    command = [str(part) for part in command]
    os.execvpe(command[0], command, {**os.environ, **databases.odoo_environment()})


def _run(_args):
    machine.require_debian()
    machine.require_port(serve.HTTP_PORT)
    prepare("run")
    return serve.run()


def _odoo(args):
    prepare("run")
    _become(databases.odoo(*shlex.split(args.arguments)))


def _shell(args):
    prepare("run")
    _become(databases.odoo("shell", "-d", args.database, "--no-http"))


def _test(args):
    from . import suite  # noqa: PLC0415 - the other commands start faster without it

    prepare("run", "test")
    return suite.run_all(addon=args.addon, only=args.only)


def _test_core(_args):
    from . import suite  # noqa: PLC0415

    prepare("run", "test")
    return suite.run_core()


def _lint(_args):
    from . import suite  # noqa: PLC0415

    prepare("run", "test")
    return suite.lint_only()


def _bench(args):
    prepare("run", "test")
    with preparing():
        databases.suite()
    return _become_bench(args.job)


def _become_bench(job):
    from .layout import PYTHON, ROOT  # noqa: PLC0415

    command = [str(PYTHON), "-m", "bench", *([job] if job else [])]
    env = {**os.environ, **databases.odoo_environment(), "PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}"}
    os.chdir(ROOT)
    os.execvpe(command[0], command, env)


def _stop(_args):
    cluster.stop()


def _clean(_args):
    serve.clean()


def _parser():
    parser = argparse.ArgumentParser(prog="scripts/dealer", description="Prepare, run and test the dealership suite.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name, function, text):
        sub = commands.add_parser(name, help=text)
        sub.set_defaults(function=function)
        return sub

    command("run", _run, "serve the demonstration dealership on this machine")
    odoo = command("odoo", _odoo, "run the project's Odoo with its configuration")
    odoo.add_argument("arguments", nargs="?", default="")
    shell = command("shell", _shell, "open the Odoo shell (reads standard input)")
    shell.add_argument("database", nargs="?", default=DATABASE)
    test = command("test", _test, "run all tests")
    test.add_argument("--addon", default="", help="only this add-on's tests")
    test.add_argument("--only", default="", help="a test class, Class.method, Odoo test tags, or a path under tests/")
    command("test-core", _test_core, "run core's own tests with the add-ons installed")
    command("lint", _lint, "run the linters")
    bench = command("bench", _bench, "measure against core")
    bench.add_argument("job", nargs="?", default="")
    command("stop", _stop, "stop the project's database server")
    command("clean", _clean, "delete everything that was built")
    return parser


def main(argv):
    """Run a subcommand and return the exit status; every expected failure is one line."""
    args = _parser().parse_args(argv)
    # Ended by a service manager or a closed terminal is ended in order, as by Ctrl-C; also when the caller's
    # shell started it in the background and told it to ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return args.function(args) or 0
    except Stop as stop:
        say(f"ERROR: {stop}")
        return 1
    except KeyboardInterrupt:
        end_children()
        say("\nInterrupted. Run the same command again: it goes on where it stopped.")
        return 130
    except OSError as error:
        if error.errno == errno.ENOSPC:
            say("ERROR: the disk is full. Free some space and run the same command again.")
            return 1
        raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
