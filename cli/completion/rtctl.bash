# SPDX-License-Identifier: Apache-2.0
# bash completion of rtctl: `source` this file, or install it as /usr/share/bash-completion/completions/rtctl.
# rtctl itself knows its verbs and options and asks the running system for names.

_rtctl() {
  local word=${COMP_WORDS[COMP_CWORD]} candidate
  COMPREPLY=()
  while IFS= read -r candidate; do
    if [ "$candidate" = :files ]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
    fi
    COMPREPLY+=("$candidate")
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _rtctl rtctl
