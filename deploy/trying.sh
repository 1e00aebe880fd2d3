# What deploy/quickstart and deploy/fleet share: build, start, and end what was started. Sourced by them. With POSTERN_BIN_DIR set, the programs there are taken and nothing is built.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${POSTERN_BIN_DIR:-$root/build/release/bin}
me=$(basename "$0")
readonly root bin me

keep=no port='' folder=''
started=() # the processes, in the order of their start

say() { printf '%s\n' "$*"; }
step() { printf '\n%s  %s\n' "$1/6" "$2"; }
fail() {
  printf '%s: %s\n' "$me" "$*" >&2
  exit 1
}

# Of --port, once the arguments are read: ends with the usage unless it is a port, or was not given.
check_port() {
  if [ -z "$port" ] || { [[ $port =~ ^[1-9][0-9]{0,4}$ ]] && [ "$port" -le 65535 ]; }; then return; fi
  printf '%s: --port takes a number from 1 to 65535\n' "$me" >&2
  usage >&2
  exit 2
}

# --- the end --------------------------------------------------------------------------------------

# Ends one of our processes: asks, waits up to five seconds, then insists.
end_process() {
  local pid=$1 tries=50
  kill -TERM "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null && [ "$tries" -gt 0 ]; do
    sleep 0.1
    tries=$((tries - 1))
  done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

clean_up() {
  local status=$? index
  trap - EXIT INT TERM
  for ((index = ${#started[@]} - 1; index >= 0; index--)); do end_process "${started[index]}"; done
  [ -n "$folder" ] || exit "$status"
  if [ "$keep" = yes ]; then
    say "Kept: $folder"
  else
    rm -rf "$folder"
  fi
  exit "$status"
}

clean_up_at_the_end() {
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# --- the steps ------------------------------------------------------------------------------------

install_packages() {
  "$root/deploy/install-packages" try || exit 1
  say "     all there"
}

# Only the two programs: what ./tests/run builds beside them is not needed here.
compile() {
  cd "$root"
  cmake --preset release -DPOSTERN_BENCH=OFF -DPOSTERN_ALLOW_OLD_LIBRARIES=ON  # to try it
  cmake --build --preset release --target postern postern-sandbox
}

build() {
  local log=$root/build/quickstart-build.log began=$SECONDS
  if [ -n "${POSTERN_BIN_DIR:-}" ]; then
    say "     not built: POSTERN_BIN_DIR is $bin"
    return
  fi
  mkdir -p "$root/build"
  say "     follow it in a second terminal: tail -f $log"
  if ! (set -e && compile) >"$log" 2>&1 </dev/null; then
    grep -v '^\[' "$log" | tail -n 40 >&2
    fail "the build failed; all of its output is in $log"
  fi
  say "     $bin, in $((SECONDS - began)) s"
}

make_folder() {
  mkdir -p "$root/build/quickstart"
  folder=$(mktemp -d "$root/build/quickstart/XXXXXX")
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
is_taken() { ! is_free "$1"; }

# find_port FIRST: prints the first free one of fifty.
find_port() {
  local port
  for ((port = $1; port < $1 + 50 && port <= 65535; port++)); do
    if is_free "$port"; then
      echo "$port"
      return
    fi
  done
  fail "no free port among the fifty from $1 on (65535 is the last); name another one with --port"
}

# wait_for PID LOG CONDITION…: until the condition holds, at most ten seconds, while PID lives.
wait_for() {
  local pid=$1 log=$2 tries=100
  shift 2
  until "$@"; do
    if ! kill -0 "$pid" 2>/dev/null || [ $tries = 0 ]; then
      tail -n 20 "$log" >&2
      fail "$(basename "$log" .log) did not start (its log is above)"
    fi
    sleep 0.1
    tries=$((tries - 1))
  done
}

# start_sandbox SECONDS: tokens live so long.
start_sandbox() {
  "$bin/postern-sandbox" --listen 127.0.0.1:0 --org acme --public-base https://us.localhost:PORT \
    --port-file "$folder/sandbox.port" --ca-out "$folder/ca.pem" --grant-out "$folder/grant.json" --expires-in "$1" \
    >"$folder/sandbox.log" 2>&1 </dev/null &
  started+=("$!")
  wait_for "$!" "$folder/sandbox.log" test -s "$folder/sandbox.port"
  SANDBOX_URL=https://localhost:$(tr -d '[:space:]' <"$folder/sandbox.port")
  export SANDBOX_URL SANDBOX_CA=$folder/ca.pem SANDBOX_STATE=$folder/state
  say "     $SANDBOX_URL, with an organization named acme"
}

# import_grant CONFIG
import_grant() {
  local told
  told=$("$bin/postern" login --config "$1" --import "$folder/grant.json" 2>&1 </dev/null) ||
    fail "the grant could not be imported: $told"
  say "     ${told//$'\n'/$'\n     '}"
}

# start_postern NAME PORT CONFIG: waits until it listens.
start_postern() {
  "$bin/postern" serve --config "$3" >"$folder/$1.log" 2>&1 </dev/null &
  started+=("$!")
  wait_for "$!" "$folder/$1.log" is_taken "$2"
}

# The address of the status page, with the token that it takes to change something there.
page() {
  "$bin/postern" status --config "$1" 2>&1 </dev/null | sed -n 's/^page: //p'
}
