# bash completion for modctl. Options come from each command's own help.
_modctl()
{
    local current=${COMP_WORDS[COMP_CWORD]} command="" word words
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        init | doctor | scan | hash | selftest | help | list | config | rules) command=$word ;;
        build | info | check | install | find | show | schema | reference | test)
            case $command in
            list | config | rules) command="$command $word" ;;
            esac
            ;;
        esac
    done
    case $command in
    "" | help) words="init doctor config scan hash list rules selftest help --version" ;;
    list) words="build info check install find" ;;
    rules) words="check test" ;;
    config) words="check show schema reference" ;;
    *) words="" ;;
    esac
    if [[ $current == -* ]]; then
        # shellcheck disable=SC2086
        words=$(modctl $command --help 2>/dev/null | grep -oE '^ +(-[a-z], )?--[a-z]+' |
            grep -oE -- '--[a-z]+')
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -o filenames -F _modctl modctl
