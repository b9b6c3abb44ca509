// The shells' sides of completion: each asks `musterd complete -- WORDS`, whose lines are a word, a tab and its help.
#include "server/app/completion.hpp"

namespace musterd::app {

namespace {

// COMP_WORDBREAKS has ':' and '=', which no name of ours has. A space follows what is complete.
constexpr std::string_view bash = R"script(# bash completion of musterd; load it with: source <(musterd completion bash)
_musterd() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        if [ "$line" = :file ]; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
            return
        fi
        COMPREPLY+=("${line%%$'\t'*}")
    done < <(musterd complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _musterd musterd
)script";

constexpr std::string_view zsh = R"script(#compdef musterd
# zsh completion of musterd; load it with: source <(musterd completion zsh), or put it into $fpath as _musterd
_musterd() {
    local line
    local -a found
    while IFS= read -r line; do
        if [[ $line == :file ]]; then
            _files
            return
        fi
        if [[ $line == *$'\t'?* ]]; then
            found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        else
            found+=("${${line%%$'\t'*}//:/\\:}")
        fi
    done < <(musterd complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    _describe musterd found
}
if [[ $funcstack[1] == _musterd ]]; then _musterd "$@"; else compdef _musterd musterd; fi
)script";

constexpr std::string_view fish = R"script(# fish completion of musterd; load it with: musterd completion fish | source
function __musterd_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (musterd complete -- $words[2..-1] 2>/dev/null)
    if test "$found" = :file
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
end
complete -c musterd -f -a '(__musterd_complete)'
)script";

}  // namespace

std::string_view completion_script(std::string_view shell) {
    if (shell == "bash") return bash;
    if (shell == "zsh") return zsh;
    return shell == "fish" ? fish : std::string_view();
}

}  // namespace musterd::app
