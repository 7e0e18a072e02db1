"""Which names of the standard library (and of a few well-known packages) do what to the world."""

from __future__ import annotations

import ast
from typing import Any

from lift_sys.ir.models import EffectKind
from lift_sys.reverse_mode.facts import FunctionFacts

_TABLE: dict[EffectKind, str] = {
    "network": "socket ssl urllib.request http.client http.server ftplib smtplib poplib imaplib nntplib telnetlib "
    "socketserver xmlrpc.client xmlrpc.server asyncio.open_connection asyncio.start_server requests httpx urllib3 "
    "aiohttp webbrowser",
    "environment": "os.environ os.environb os.getenv os.getenvb os.putenv os.unsetenv os.getcwd os.getcwdb os.getuid "
    "os.getgid os.geteuid os.getegid os.getlogin os.uname os.cpu_count os.getpid os.getppid os.get_terminal_size "
    "os.path.expanduser os.path.expandvars os.path.abspath os.path.realpath os.path.relpath "
    "platform getpass pwd grp locale.setlocale locale.getlocale locale.getdefaultlocale locale.getpreferredencoding "
    "locale.localeconv sys.argv sys.path sys.executable sys.flags sys.modules sysconfig site shutil.which "
    "shutil.get_terminal_size pathlib.Path.home pathlib.Path.cwd",
    "clock": "time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns "
    "time.process_time time.sleep time.localtime time.gmtime time.ctime time.strftime time.tzname time.timezone "
    "datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today timeit "
    "gzip.compress gzip.GzipFile email.utils.formatdate email.utils.localtime email.utils.make_msgid",
    "randomness": "random secrets os.urandom os.getrandom uuid.uuid1 uuid.uuid4 uuid.getnode _uuid numpy.random",
    "process": "subprocess multiprocessing threading concurrent signal _thread ctypes os.system os.popen os.fork "
    "os.execv os.execve os.execvp os.execl os.spawnv os.spawnl os.kill os.killpg os.wait os.waitpid os._exit "
    "os.abort os.nice os.setuid os.setgid os.chroot os.chdir os.umask os.pipe os.dup os.dup2 sys.exit "
    "sys.setrecursionlimit sys.settrace sys.setprofile atexit pty resource gc sched asyncio.create_subprocess_exec "
    "asyncio.create_subprocess_shell asyncio.run",
    "console": "sys.stdout sys.stderr sys.stdin sys.__stdout__ sys.__stderr__ sys.displayhook curses readline "
    "termios tty logging.info logging.warning logging.error logging.debug logging.critical logging.exception "
    "logging.basicConfig warnings.warn pprint.pprint pprint.pp traceback.print_exc traceback.print_stack "
    "traceback.print_exception",
    "reads_file": "os.listdir os.scandir os.walk os.stat os.lstat os.access os.readlink os.open os.read os.fstat "
    "os.path.exists os.path.isfile os.path.isdir os.path.islink os.path.getsize os.path.getmtime os.path.getatime "
    "os.path.getctime os.path.lexists os.path.samefile os.path.ismount glob.glob glob.iglob linecache "
    "importlib.resources importlib.metadata pkgutil fileinput filecmp io.open io.FileIO codecs.open tokenize.open "
    "gzip.open bz2.open lzma.open zipfile tarfile mmap sqlite3 dbm shelve netrc mimetypes.init zoneinfo.ZoneInfo",
    "writes_file": "os.remove os.unlink os.rename os.renames os.replace os.mkdir os.makedirs os.rmdir os.removedirs "
    "os.link os.symlink os.chmod os.chown os.utime os.truncate os.write os.mkfifo os.mknod tempfile "
    "shutil.rmtree shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.move shutil.chown "
    "shutil.make_archive shutil.unpack_archive shutil.copymode shutil.copystat",
    "global_state": "sys.setswitchinterval decimal.getcontext decimal.setcontext warnings.simplefilter "
    "warnings.filterwarnings importlib.reload",
}
EFFECTS: dict[str, EffectKind] = {name: kind for kind, names in _TABLE.items() for name in names.split()}
_ROOTS = frozenset(name.partition(".")[0] for name in EFFECTS)
_CALLS: dict[str, EffectKind] = {"print": "console", "input": "console", "breakpoint": "process", "exit": "process"}
_PATH_METHODS: dict[str, EffectKind] = {
    "read_text": "reads_file",
    "read_bytes": "reads_file",
    "iterdir": "reads_file",
    "write_text": "writes_file",
    "write_bytes": "writes_file",
    "rmdir": "writes_file",
    "mkdir": "writes_file",
}
PATH_METHODS = frozenset(_PATH_METHODS)
DYNAMIC = frozenset({"exec", "eval", "compile", "__import__", "globals", "locals", "vars"})
Found = tuple[EffectKind, str, int]
"""An effect, what it comes from, and the line."""


def known(dotted: str) -> EffectKind | None:
    """The effect of using a dotted name of the standard library, or of anything below it."""
    while True:
        kind = EFFECTS.get(dotted)
        if kind is not None or "." not in dotted:
            return kind
        dotted = dotted.rpartition(".")[0]


def effectful(aliases: dict[str, str]) -> dict[str, str]:
    """Those imported names (by the name in the code, to the dotted name) that may lead to an effect."""
    return {name: dotted for name, dotted in aliases.items() if dotted.partition(".")[0] in _ROOTS}


def find(facts: Any, free: frozenset[str] | set[str], risky: dict[str, str], bound: frozenset[str]) -> list[Found]:
    """The effects on the outside world of a function or a module-level statement, in source order.

    `risky` comes from `effectful`; `bound` are the names that the module binds (they hide the builtins).
    """
    found: list[Found] = []
    if risky:
        for root, rest, line in facts.chains:
            dotted = risky.get(root)
            if dotted is not None and root in free:
                kind = known(f"{dotted}.{rest}")
                if kind is not None:
                    found.append((kind, f"{dotted}.{rest}", line))
    for call in facts.calls:
        name = call.func.id
        if name == "open":
            if name in free and name not in bound:
                kind = "writes_file" if _writes(call) else "reads_file"
                found.append((kind, "open", call.lineno))
        elif name in _CALLS:
            if name in free and name not in bound:
                found.append((_CALLS[name], name, call.lineno))
        elif name in risky and name in free:
            kind = known(risky[name])
            if kind is not None:
                found.append((kind, risky[name], call.lineno))
    if not PATH_METHODS.isdisjoint(facts.attributes):
        line = facts.node.lineno
        found.extend((_PATH_METHODS[name], f".{name}()", line) for name in sorted(PATH_METHODS & facts.attributes))
    return found


def _writes(call: ast.Call) -> bool:
    mode: ast.expr | None = call.args[1] if len(call.args) > 1 else None
    for keyword in call.keywords:
        if keyword.arg == "mode":
            mode = keyword.value
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wax+"))


def mutated_parameters(facts: FunctionFacts) -> dict[str, tuple[str, int]]:
    """Parameters whose values the function changes in place: how, and where first."""
    changed: dict[str, tuple[str, int]] = {}
    for root, how, line in sorted(facts.mutations, key=_line) if facts.mutations else ():
        if root in facts.parameters and root not in changed:
            changed[root] = (how, line)
    return changed


def _line(item: tuple[str, str, int]) -> tuple[int, str, str]:
    return item[2], item[0], item[1]


def global_changes(facts: FunctionFacts, module_names: frozenset[str]) -> list[tuple[str, int]]:
    """Module-level names that the function rebinds or changes in place, each with its first line."""
    changed = {name: line for name, line in facts.global_stores if name in facts.scope.stores}
    for root, _, line in facts.mutations:
        if root in facts.free and root in module_names and root not in changed:
            changed[root] = line
    return sorted(changed.items())
