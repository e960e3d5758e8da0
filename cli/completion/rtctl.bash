# SPDX-License-Identifier: Apache-2.0
# bash completion of rtctl: `source` this file, or install it as /usr/share/bash-completion/completions/rtctl.
# rtctl itself knows its verbs and options and asks the running system for names.

_rtctl() {
  # By spaces: bash itself breaks name:=value at ':' and '='.
  local words candidate typed
  read -r -a words <<<"${COMP_LINE:0:COMP_POINT}"
  [[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
  typed=${words[${#words[@]} - 1]}
  COMPREPLY=()
  while IFS= read -r candidate; do
    if [ "$candidate" = :files ]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$typed")
      return
    fi
    [[ $candidate == *= ]] && compopt -o nospace 2>/dev/null
    # bash replaces what follows the last break only.
    [[ $typed == *[:=]* ]] && candidate=${candidate#"${typed%"${typed##*[:=]}"}"}
    COMPREPLY+=("$candidate")
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _rtctl rtctl
