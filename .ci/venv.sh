# shellcheck shell=sh
# The Python environment behind ./newswatch and ./runtests. Sourced by them, never run by itself.
# Owns .venv and .venv.lock in the checkout; writes nowhere else and says what it does on stderr only.
#
# A stamp in .venv, written last, holds the checksum of the lock file, the checkout and the interpreter.
# Without a matching stamp the environment is made anew, so an install that was killed is never used.

say() { printf '%s: %s\n' "$program" "$1" >&2; }

fail() {
    say "$1"
    exit 1
}

# Print when process $1 started (clock ticks since boot), so that a reused process id is not taken for it.
# Prints nothing where there is no /proc; fails when the process is gone.
start_of() {
    if [ -r /proc/self/stat ]; then
        { read -r stat_line <"/proc/$1/stat"; } 2>/dev/null || return 1
        # The name in parentheses may hold spaces; what follows it is split into fields on purpose.
        # shellcheck disable=SC2086
        set -- ${stat_line##*) }
        printf '%s\n' "${20}"
    else
        kill -0 "$1" 2>/dev/null
    fi
}

# Write "PID START" of process $1 into file $2, whole or not at all.
record_process() {
    started=$(start_of "$1") || started=gone
    printf '%s %s\n' "$1" "$started" >"$2.new" && mv "$2.new" "$2"
}

# Tell whether the process recorded in file $1 still runs; its id is left in $recorded.
is_running() {
    { read -r recorded recorded_start <"$1"; } 2>/dev/null || return 1
    started=$(start_of "$recorded") || return 1
    [ "$started" = "$recorded_start" ]
}

is_installed() { # CHECKSUM STAMP
    [ -x "$venv/bin/python" ] && [ -r "$2" ] || return 1
    { read -r made_sum && read -r made_root && read -r made_python; } <"$2" || return 1
    [ "$made_sum" = "$1" ] && [ "$made_root" = "$root" ] && [ -x "$made_python" ]
}

# Take the right to change .venv: one install at a time, and none is waited for that has died.
take_lock() {
    waited=0
    missed=0
    until mkdir "$lock" 2>/dev/null; do
        if [ ! -d "$lock" ]; then
            # Released between the two looks, or never to be had here.
            missed=$((missed + 1))
            [ "$missed" -lt 5 ] || fail "cannot write to $root: install once as the user who owns it"
            continue
        fi
        if ! is_running "$lock/owner" && break_dead_lock; then
            continue
        fi
        [ "$waited" -gt 0 ] || say "another start is installing into .venv; waiting for it"
        waited=$((waited + 1))
        sleep 1
    done
    trap release_lock EXIT
    trap 'release_lock; trap - EXIT; exit 129' HUP
    trap 'release_lock; trap - EXIT; exit 130' INT
    trap 'release_lock; trap - EXIT; exit 143' TERM
    record_process "$$" "$lock/owner"
}

# Remove the lock of a dead start, and end the installer it left behind. Guarded by a second folder: of two
# starts that both saw the dead lock, the slower must not remove the quicker one's new lock.
break_dead_lock() {
    if ! mkdir "$lock/break" 2>/dev/null; then
        # Half a minute is far more than the steps below take: whoever made it died on the way.
        [ "$waited" -lt 30 ] || rmdir "$lock/break" 2>/dev/null || :
        return 1
    fi
    # A lock just taken has no owner for an instant.
    [ -e "$lock/owner" ] || sleep 1
    if is_running "$lock/owner"; then
        rmdir "$lock/break" 2>/dev/null
        return 1
    fi
    if is_running "$lock/installer"; then
        kill -9 "$recorded" 2>/dev/null || :
    fi
    # Still the lock that was looked at, not one taken since.
    [ -d "$lock/break" ] && drop_lock
}

# Out of the way in one step, then removed: a waiting start may be making its guard in it.
drop_lock() {
    mv "$lock" "$lock.$$" 2>/dev/null || return 1
    rm -rf "$lock.$$"
}

release_lock() {
    if is_running "$lock/installer"; then
        kill "$recorded" 2>/dev/null || :
        wait "$recorded" 2>/dev/null || :
    fi
    drop_lock || :
}

# Run a command of the installer. In the background, because a shell acts on a signal only between commands
# in the foreground, and a killed start must be able to name the installer that outlived it.
run_step() {
    "$@" >>"$lock/log" 2>&1 </dev/null &
    installer=$!
    record_process "$installer" "$lock/installer"
    wait "$installer"
}

show_log() {
    say "$1; the installer's last words:"
    tail -n 12 "$lock/log" >&2
}

# Leave in $python the real path of a Python 3.11-3.13 that can make a .venv, or "" when there is none.
# $1: modules that it must have. The real path, because /usr/bin/python3 may be another version tomorrow.
find_python() {
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        python=$("$candidate" -c "
import sys
if not (3, 11) <= sys.version_info < (3, 14): raise SystemExit(1)
import os, $1
print(os.path.realpath(sys.executable))" 2>/dev/null) && [ -x "$python" ] && return
    done
    python=
}

# An installer that was killed may leave a child that writes for a moment longer.
remove_venv() { rm -rf "$venv" || { sleep 5 && rm -rf "$venv"; }; }

# $1: the lock file; $2: "new" or "add", to make .venv anew or to add to it.
install_with_uv() {
    if [ "$2" = new ]; then
        find_python "ssl, sqlite3"
        remove_venv || return 1
        # Without a Python of the machine, uv brings one.
        run_step uv venv --quiet --python "${python:->=3.11,<3.14}" "$venv" || return 1
    fi
    # Compiled once here: every cron run saves that time, and may run as a user who cannot write.
    run_step uv pip install --quiet --python "$venv/bin/python" --compile-bytecode \
        --no-deps --require-hashes -r "$1"
}

install_with_pip() {
    if [ "$2" = new ]; then
        find_python "ssl, sqlite3, venv, ensurepip"
        if [ -z "$python" ]; then
            find_python "ssl, sqlite3"
            [ -z "$python" ] || fail "$python lacks the module venv (Debian: apt-get install python3-venv)"
            fail "needs Python 3.11, 3.12 or 3.13 on the PATH (Debian: apt-get install python3 python3-venv), or uv"
        fi
        remove_venv || return 1
        run_step "$python" -m venv "$venv" || return 1
    elif ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        # A .venv that uv made holds no pip.
        run_step "$venv/bin/python" -m ensurepip || return 1
    fi
    run_step "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --no-deps --require-hashes -r "$1"
}

# Make .venv hold what the lock of $1 ("run", "apprise" or "dev") names. Costs one checksum when it already does.
# Each lock holds every line of the ones before it (a test says so).
prepare_venv() {
    venv=$root/.venv
    lock=$root/.venv.lock
    run_lock=$root/requirements.lock
    apprise_lock=$root/requirements-apprise.lock
    dev_lock=$root/requirements-dev.lock
    case $1 in
        run) wanted_lock=$run_lock ;;
        apprise) wanted_lock=$apprise_lock ;;
        dev) wanted_lock=$dev_lock ;;
    esac
    export PYTHONUTF8=1
    unset PYTHONHOME PYTHONPATH
    wanted_sum=$(cksum <"$wanted_lock")
    is_installed "$wanted_sum" "$venv/.installed-$1" && return

    take_lock
    if ! is_installed "$wanted_sum" "$venv/.installed-$1"; then
        run_sum=$(cksum <"$run_lock")
        packages=$(grep -c '^[A-Za-z0-9]' "$wanted_lock") || packages=0
        if [ -z "${HOME:-}" ]; then
            export PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1
        fi
        # The caller's own pip settings say where to fetch from, not where to install to.
        unset PIP_TARGET PIP_PREFIX PIP_ROOT
        export PIP_USER=0
        # An environment of the other lock is added to; anything else, half made or made by hand, goes.
        how=new
        why="first start"
        if is_installed "$run_sum" "$venv/.installed-run"; then
            how=add
            why="development tools"
            [ "$1" = dev ] || why="the package apprise"
        elif [ -e "$venv/.installed-run" ]; then
            why="the lock, the Python or the folder has changed"
        fi
        say "$why: installing $packages packages into .venv ... (about a minute)"
        rm -f "$venv/.installed-run" "$venv/.installed-apprise" "$venv/.installed-dev"
        with_uv=no
        if command -v uv >/dev/null 2>&1; then
            install_with_uv "$wanted_lock" "$how" && with_uv=yes || show_log "uv could not install, trying pip"
        fi
        if [ "$with_uv" = no ] && ! install_with_pip "$wanted_lock" "$how"; then
            show_log "the installation failed, and nothing was started"
            exit 1
        fi
        site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
        printf '%s\n' "$root" >"$site/newswatch.pth"
        python=$("$venv/bin/python" -c 'import os, sys; print(os.path.realpath(sys.executable))')
        write_stamp "$run_sum" "$venv/.installed-run"
        [ "$1" = run ] || write_stamp "$(cksum <"$apprise_lock")" "$venv/.installed-apprise"
        [ "$1" != dev ] || write_stamp "$wanted_sum" "$venv/.installed-dev"
    fi
    trap - EXIT HUP INT TERM
    drop_lock || :
}

# Keep the wish for the extra packages of $1 beside .venv, which is made anew with every changed lock.
add_extra() {
    case ${1:-} in
        apprise) : >"$root/.with-apprise" || fail "cannot write to $root: add it as the user who owns it" ;;
        *) fail "--add takes the name of an extra: apprise" ;;
    esac
}

write_stamp() { # CHECKSUM STAMP
    printf '%s\n%s\n%s\n' "$1" "$root" "$python" >"$2.new" && mv "$2.new" "$2"
}
