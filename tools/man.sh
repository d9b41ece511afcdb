#!/bin/sh
# Writes the man page from what the program says of itself: tools/man.sh PROGRAM mote.1
set -eu
program=$1
version=$("$program" --version | awk '{print $2}')

# Help text as it stands, in roff: a leading dot or quote would be a request, a backslash an escape.
verbatim() {
  echo .nf
  sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\&&/"
  echo .fi
}

{
  echo ".TH MOTE 1 \"\" \"mote $version\" \"User Commands\""
  printf '.SH NAME\nmote \\- compile trained models to proven firmware\n.SH SYNOPSIS\n.B mote\n.I VERB\n.RI [ OPTIONS ]\n'
  echo .SH DESCRIPTION
  "$program" --help | verbatim
  for verb in inspect compile run verify profile conform targets; do
    printf '.SH MOTE %s\n' "$(echo $verb | tr '[:lower:]' '[:upper:]')"
    "$program" help $verb | verbatim
  done
  printf '.SH FILES\n.TP\n.I ../lib/mote/libmote_count*.so\nThe QEMU plugin that counts instructions, beside the program or there. MOTE_PLUGIN_DIR names another folder.\n'
} > "$2.tmp"
mv "$2.tmp" "$2"
