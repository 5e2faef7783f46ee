# bash completion for ringmain: asks the tool itself (ringmain __complete).
# SPDX-License-Identifier: MIT

_ringmain() {
  local line=${COMP_LINE:0:COMP_POINT} words candidate kept reply
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  # bash replaces what is behind the last ':' or '=' alone, as those end a word for it.
  local last=${words[${#words[@]} - 1]}
  kept=${last%"${last##*[:=]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    case $candidate in
      :directories) mapfile -t reply < <(compgen -d -- "${last#"$kept"}"); COMPREPLY+=("${reply[@]}") ;;
      :files) mapfile -t reply < <(compgen -f -- "${last#"$kept"}"); COMPREPLY+=("${reply[@]}") ;;
      *) COMPREPLY+=("${candidate#"$kept"}") ;;
    esac
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  # More comes behind a scheme.
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null
}
complete -F _ringmain ringmain
