# fish completion for ringmain: asks the tool itself (ringmain __complete).
# SPDX-License-Identifier: MIT

function __ringmain_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    for candidate in ($words[1] __complete $words[2..-1] "$last" 2>/dev/null)
        switch $candidate
            case ':directories'
                __fish_complete_directories (string replace -r '^--[^=]*=' '' -- "$last")
            case ':files'
                __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$last")
            case '*'
                printf '%s\n' $candidate
        end
    end
end
complete -c ringmain -f -a '(__ringmain_complete)'
