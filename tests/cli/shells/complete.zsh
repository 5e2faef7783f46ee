# complete.zsh DIRECTORY LINE: what zsh makes of LINE when a tabulator is typed behind it. An interactive shell on a
# terminal of its own, since zsh completes nowhere else. What is waited for doesn't stand in what is typed: zsh may echo it.
# SPDX-License-Identifier: MIT
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= RPS1=; unsetopt zle_bracketed_paste; stty -echo"
zpty -w shell "fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; unsetopt list_ambiguous auto_list"
zpty -w shell 'tell() { print -r -- "<""<<$BUFFER>"">>" }; zle -N tell; bindkey "^X" tell; print READ''Y'
zpty -r shell text '*READY*'
zpty -w -n shell "$2"$'\t\x18'
zpty -r shell text '*>>>*'
text=${text##*<<<}
print -r -- "${text%%>>>*}"
zpty -d shell
