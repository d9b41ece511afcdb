#!/bin/sh
# Formats all C++ files of the repository; with --check it names those that are not formatted, and fails.
set -eu
cd "$(dirname "$0")/.."
mode=-i
[ "${1:-}" = --check ] && mode="--dry-run -Werror"
# Recorded output of the program stays as it is.
git ls-files -co --exclude-standard -- '*.h' '*.cpp' '*.c' | grep -v '^tests/golden/' | xargs -r clang-format --style=file $mode
