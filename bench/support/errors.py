"""What every script of bench/ does alike: say why it failed, clean up, leave with the right code."""

import signal
import sys


class BenchError(Exception):
    """Something that makes the figures worthless; its text is shown to the user."""


def stop_on_sigterm():
    """Turns SIGTERM into an exception, so that `with` blocks end the processes they started."""

    def leave(signum, _frame):
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, leave)


def run(main):
    """Runs main() -> exit code; a BenchError becomes one line on standard error and code 1."""
    stop_on_sigterm()
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"{sys.argv[0].rpartition('/')[2]}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
