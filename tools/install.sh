#!/bin/sh
# Installs what a job needs and this computer lacks, from the distribution (Debian 12, Ubuntu 24.04 and later).
#
#   tools/install.sh demo|test|bench|format|ci
#
# A tool that is there counts, wherever it came from. On a terminal this asks once, with the size of the download; without
# one it just installs, as root or by a sudo that asks no password. MOTE_NO_INSTALL=1 only lists what is missing, and fails.
set -u

job=${1:-demo}
build="g++=g++ make=make cmake=cmake ninja-build=ninja pkg-config=pkg-config flatbuffers-compiler=flatc
       libflatbuffers-dev=flatbuffers/flatbuffers.h libcli11-dev=CLI/CLI.hpp libfmt-dev=fmt/core.h
       nlohmann-json3-dev=nlohmann/json.hpp libsodium-dev=sodium.h
       libtomlplusplus-dev=toml++/toml.h libpng-dev=png.h libjpeg-dev=jpeglib.h"
arm="gcc-arm-none-eabi=arm-none-eabi-g++ qemu-system-arm=qemu-system-arm"
riscv="gcc-riscv64-unknown-elf=riscv64-unknown-elf-g++ qemu-system-misc=qemu-system-riscv32"
test="$build $arm $riscv libgtest-dev=gtest/gtest.h clang=clang++ lld=ld.lld python3=python3 curl=curl"
bench="$build $arm $riscv libbenchmark-dev=benchmark/benchmark.h python3=python3 ccache=ccache"
format="clang-format=clang-format"
case $job in
  build) wanted=$build ;;
  demo) wanted="$build $arm" ;;
  test) wanted=$test ;;
  bench) wanted=$bench ;;
  format) wanted=$format ;;
  ci) wanted="$test $bench $format git=git" ;;
  *) echo "usage: tools/install.sh build|demo|test|bench|format|ci" >&2; exit 2 ;;
esac

# A program is looked for on PATH, a header where compilers look; a package that only the package system knows counts too.
is_there() {
  case $2 in
    *.h | *.hpp) for folder in /usr/include /usr/local/include "/usr/include/$(uname -m)-linux-gnu"; do [ -e "$folder/$2" ] && return 0; done ;;
    *) command -v "$2" >/dev/null 2>&1 && return 0 ;;
  esac
  return 1
}

missing_packages() {
  for pair in $wanted; do
    is_there "${pair%%=*}" "${pair#*=}" || echo "${pair%%=*}"
  done | sort -u | tr '\n' ' '
}

fail() {
  echo "" >&2
  for line in "$@"; do echo "mote: $line" >&2; done
  exit 1
}

missing=$(missing_packages)
[ -z "$missing" ] && exit 0
echo "mote: \`make $job\` needs these packages, which are missing here: $missing"
by_hand="apt-get install --no-install-recommends $missing"
[ -n "${MOTE_NO_INSTALL:-}" ] && fail "MOTE_NO_INSTALL is set, so nothing is installed. By hand:" "  $by_hand"
command -v apt-get >/dev/null 2>&1 || fail "there is no apt-get here; install what these Debian packages hold by other means."

as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || fail "this takes root, and there is no sudo. As root:" "  $by_hand"
  as_root=sudo
  if ! { [ -t 0 ] && [ -t 1 ]; }; then
    sudo -n true 2>/dev/null || fail "this takes root, and sudo asks for a password where there is no terminal. As root:" "  $by_hand"
    as_root="sudo -n"
  fi
fi

candidate() { apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'; }

is_list_old() {
  [ -z "$(find /var/lib/apt/lists -name '*_Packages*' -mtime -1 2>/dev/null | head -n 1)" ] && return 0
  for package in $missing; do candidate "$package" || return 0; done
  return 1
}

download_size() {
  apt-get --print-uris -y -qq --no-install-recommends install $missing 2>/dev/null |
    awk '{bytes += $3} END {if (bytes) printf "%.0f MB in %d packages", bytes / 1e6, NR}'
}

if [ -t 0 ] && [ -t 1 ]; then
  size=$(download_size)
  printf 'mote: install them with %s apt-get (%s to download)? [Y/n] ' "$as_root" "${size:-size not known before apt-get update}"
  read -r answer || answer=n
  case $answer in
    '' | y | Y | yes | Yes) ;;
    *) fail "nothing was installed. By hand:" "  $by_hand" ;;
  esac
fi

update() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update -qq; }
# Newer distributions keep the RISC-V machines in a package of their own.
name_packages() {
  packages=$missing
  case " $missing " in
    *" qemu-system-misc "*) candidate qemu-system-riscv && packages="$packages qemu-system-riscv" ;;
  esac
}
install() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    install -y -qq --no-install-recommends $packages </dev/null
}

updated=
if is_list_old; then
  update || fail "apt-get update failed."
  updated=1
fi
name_packages
echo "mote: installing $packages ($(download_size))"
if ! install; then
  [ -n "$updated" ] && fail "apt-get could not install: $packages"
  update && install || fail "apt-get could not install: $packages"
fi
missing=$(missing_packages)
[ -z "$missing" ] || fail "still missing after the installation: $missing"
