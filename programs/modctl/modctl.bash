# bash completion for modctl. Options come from each command's own help.
_modctl()
{
    local current=${COMP_WORDS[COMP_CWORD]} command="" word words
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        init | doctor | scan | hash | selftest | help | list | config | rules | store | report | \
            queue | decide | undo | events | stats)
            [[ -n $command && $command != help ]] || command=$word
            ;;
        build | info | check | install | find | add | withdraw | show | schema | reference | test | \
            diff | bench | backup)
            case $command in
            list | config | rules | store) command="$command $word" ;;
            "" | help) command=$word ;;
            esac
            ;;
        esac
    done
    case $command in
    "" | help)
        words="init doctor config scan hash list rules report queue show decide undo events stats"
        words="$words store selftest help --version"
        ;;
    list) words="build info check install find add withdraw" ;;
    "list add" | "list withdraw") words="local allow" ;;
    decide) words="remove hold restore dismiss add_to_list withdraw" ;;
    store) words="check backup" ;;
    rules) words="check test diff bench" ;;
    config) words="check show schema reference" ;;
    *) words="" ;;
    esac
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    -f | --format) [[ $command != "list build" ]] || words="csv tx threatexchange stopncii ncmec hma" ;;
    esac
    if [[ $current == -* ]]; then
        # shellcheck disable=SC2086
        words=$(modctl $command --help 2>/dev/null | grep -oE '^ +(-[a-z], )?--[a-z-]+' |
            grep -oE -- '--[a-z-]+')
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -o filenames -F _modctl modctl
