"""How the library is linked: its name, what it needs, how it is hardened, what it never calls.

check_linking.py LIBRARY [--sanitized]
"""

import re
import sys

import abi

NEEDED_MAX = 6
# Parts of the C library, which every host has anyway.
LIBC = re.compile(r"(libc|libm|libpthread|libdl|librt|ld-linux[\w-]*|linux-vdso|linux-gate)\.so")
# A host's threads, signals, output, exit, locale, directory, environment and children are its own.
NEVER = """
    pthread_create thrd_create signal sigaction bsd_signal sysv_signal sigset
    stdout stderr printf puts putchar perror vprintf __printf_chk __vprintf_chk
    exit quick_exit abort setlocale uselocale chdir fchdir umask setenv putenv unsetenv clearenv
    system popen rand srand random srandom strtok wait wait3 setitimer alarm
    strcpy strcat sprintf vsprintf __strcpy_chk __strcat_chk __sprintf_chk __vsprintf_chk
""".split()


def own(names):
    """Library names without those of the C library."""
    return sorted(name for name in set(names) if not LIBC.match(name))


def main():
    library, sanitized = sys.argv[1], "--sanitized" in sys.argv
    dynamic = abi.output("readelf", "-dW", library)
    segments = abi.output("readelf", "-lW", library)
    needed = own(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    everything = own(re.findall(r"^\s*(\S+\.so\S*)", abi.output("ldd", library), re.M))
    undefined = abi.output("nm", "-D", "--undefined-only", library).split()
    called = {name.partition("@")[0] for name in undefined}
    stack = re.search(r"^\s*GNU_STACK.*$", segments, re.M)
    tap = abi.Tap()
    soname = re.search(r"\(SONAME\).*\[(.*)\]", dynamic)
    tap.check("soname libmod.so.1", [] if soname and soname.group(1) == "libmod.so.1" else [soname])
    if sanitized:
        tap.skip(f"at most {NEEDED_MAX} libraries", "sanitized: their runtime comes on top")
    else:
        tap.check(f"needs at most {NEEDED_MAX} libraries", needed if len(needed) > NEEDED_MAX else [])
        tap.check(
            f"loads at most {NEEDED_MAX} libraries", everything if len(everything) > NEEDED_MAX else []
        )
    for flag in ("NODELETE", "NOW"):
        tap.check(f"flag {flag}", [] if re.search(rf"FLAGS_1.*\b{flag}\b", dynamic) else [dynamic])
    tap.check("relocations are read-only", [] if "GNU_RELRO" in segments else [segments])
    tap.check("no text relocations", re.findall(r".*TEXTREL.*", dynamic))
    tap.check("no run path", re.findall(r".*\((?:RPATH|RUNPATH)\).*", dynamic))
    tap.check(
        "no executable stack",
        [] if stack and "RWE" not in stack.group(0) else [stack],
    )
    tap.check("calls nothing that is the host's", sorted(called & set(NEVER)))
    print(f"# needs {' '.join(needed)}")
    tap.end()


main()
