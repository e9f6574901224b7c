# What every script here starts from: the repository's root as the place we stand in, and two words
# for the person who watches. To be sourced, not run.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where stamps, the compiled site and scratch files go.
export PAYDESK_TARGET="${CARGO_TARGET_DIR:-$PWD/target}"

# One line about a step that does or installs something. On stderr, so that a script may answer on stdout.
say() {
  printf '  %s\n' "$*" >&2
}

# Says why it cannot go on, and stops.
die() {
  printf '  error: %s\n' "$*" >&2
  exit 1
}

# Runs a command without a word, and shows all that it said if it fails.
quietly() {
  local log status=0
  log="$(mktemp)"
  "$@" >"$log" 2>&1 || status=$?
  if [[ $status -ne 0 ]]; then
    cat "$log" >&2
  fi
  rm -f "$log"
  return "$status"
}

# Runs a command as root: as we are, or by sudo.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root for: $* (install sudo, or run it yourself)"
  fi
}

# Installs those of the named Debian packages that are missing. First argument: what they are for.
install_packages() {
  local purpose="$1" package missing=()
  shift
  for package in "$@"; do
    if ! dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
      missing+=("$package")
    fi
  done
  if [[ ${#missing[@]} -eq 0 ]]; then
    return 0
  fi
  command -v apt-get >/dev/null || die "please install ${missing[*]} ($purpose): this is not a Debian"
  say "installing ${missing[*]} ($purpose)"
  quietly as_root apt-get update
  quietly as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"
}
