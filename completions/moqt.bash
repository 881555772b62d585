# bash completion of moqt
_moqt() {
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} names= values=
    if [[ $word == = ]]; then word=; fi
    if [[ $option == = ]]; then option=${COMP_WORDS[COMP_CWORD-2]}; fi
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W 'relay pub sub fetch announce inspect interop help completions --help --version' -- "$word"))
        return
    fi
    case ${COMP_WORDS[1]} in
        relay)
            names='--listen --cert --key --threads --address-validation --path --origin --drain --goaway-uri --cache-size --cache-time --default-delivery-timeout --max-subscriber-lag --auth --upstream --cluster --node --cluster-ttl --serve-origins --upstream-insecure --upstream-cacert --upstream-fingerprint --upstream-token --upstream-token-type --max-connections --max-connections-per-address --max-handshakes --max-sessions --max-requests --max-updates --max-filter-ranges --max-subscriptions --max-namespaces --max-tracks --max-streams --max-held-streams --max-held-datagrams --max-buffer --max-object-size --max-datagram-queue --token-cache-size --max-log-lines --config --http --watchdog --draft --cc --idle-timeout --keylog --qlog --mlog --json -v --verbose -q --quiet --color --log --log-format -h --help --version'
            case $option in
                --listen) values='any' ;;
                --cert) values='file' ;;
                --key) values='file' ;;
                --threads) values='any' ;;
                --address-validation) values='auto always never' ;;
                --path) values='any' ;;
                --origin) values='any' ;;
                --drain) values='any' ;;
                --goaway-uri) values='any' ;;
                --cache-size) values='any' ;;
                --cache-time) values='any' ;;
                --default-delivery-timeout) values='any' ;;
                --max-subscriber-lag) values='any' ;;
                --auth) values='file' ;;
                --upstream) values='any' ;;
                --cluster) values='any' ;;
                --node) values='any' ;;
                --cluster-ttl) values='any' ;;
                --serve-origins) values='none read write' ;;
                --upstream-cacert) values='file' ;;
                --upstream-fingerprint) values='any' ;;
                --upstream-token) values='any' ;;
                --upstream-token-type) values='any' ;;
                --max-connections) values='any' ;;
                --max-connections-per-address) values='any' ;;
                --max-handshakes) values='any' ;;
                --max-sessions) values='any' ;;
                --max-requests) values='any' ;;
                --max-updates) values='any' ;;
                --max-filter-ranges) values='any' ;;
                --max-subscriptions) values='any' ;;
                --max-namespaces) values='any' ;;
                --max-tracks) values='any' ;;
                --max-streams) values='any' ;;
                --max-held-streams) values='any' ;;
                --max-held-datagrams) values='any' ;;
                --max-buffer) values='any' ;;
                --max-object-size) values='any' ;;
                --max-datagram-queue) values='any' ;;
                --token-cache-size) values='any' ;;
                --max-log-lines) values='any' ;;
                --config) values='file' ;;
                --http) values='any' ;;
                --watchdog) values='any' ;;
                --draft) values='any' ;;
                --cc) values='cubic bbr reno' ;;
                --idle-timeout) values='any' ;;
                --keylog) values='file' ;;
                --qlog) values='directory' ;;
                --mlog) values='directory' ;;
                --color) values='auto always never' ;;
                --log) values='file' ;;
                --log-format) values='text json' ;;
                *) : ;;
            esac ;;
        pub)
            names='--as --realtime --no-realtime --rate --loop --group-size --group-ms --object-size --first-group --datagrams --priority --group-order --delivery-timeout --namespace --name --announce --listen --publish --start --transport --resolve --connect-timeout --max-time --session-file --retry -k --insecure --cacert --fingerprint --sni --token --token-type --cert --key --draft --cc --idle-timeout --keylog --qlog --mlog --json -v --verbose -q --quiet --color --log --log-format -h --help --version'
            case $option in
                --as) values='auto media lines frames raw' ;;
                --rate) values='any' ;;
                --loop) values='forever' ;;
                --group-size) values='any' ;;
                --group-ms) values='any' ;;
                --object-size) values='any' ;;
                --first-group) values='any' ;;
                --priority) values='any' ;;
                --group-order) values='asc desc' ;;
                --delivery-timeout) values='any' ;;
                --namespace) values='any' ;;
                --name) values='any' ;;
                --announce) values='always wait never' ;;
                --listen) values='any' ;;
                --start) values='subscriber now' ;;
                --transport) values='quic webtransport auto' ;;
                --resolve) values='any' ;;
                --connect-timeout) values='any' ;;
                --max-time) values='any' ;;
                --session-file) values='file' ;;
                --retry) values='any' ;;
                --cacert) values='file' ;;
                --fingerprint) values='any' ;;
                --sni) values='any' ;;
                --token) values='any' ;;
                --token-type) values='any' ;;
                --cert) values='file' ;;
                --key) values='file' ;;
                --draft) values='any' ;;
                --cc) values='cubic bbr reno' ;;
                --idle-timeout) values='any' ;;
                --keylog) values='file' ;;
                --qlog) values='directory' ;;
                --mlog) values='directory' ;;
                --color) values='auto always never' ;;
                --log) values='file' ;;
                --log-format) values='text json' ;;
                *) if [[ $word != -* ]]; then values='file'; fi ;;
            esac ;;
        sub)
            names='-o --output --as -F --template --unordered --stats --namespace --name --list --track --video --audio --from --to --join -n --count --groups --filter --wait --transport --resolve --connect-timeout --max-time --session-file --retry -k --insecure --cacert --fingerprint --sni --token --token-type --cert --key --draft --cc --idle-timeout --keylog --qlog --mlog --json -v --verbose -q --quiet --color --log --log-format -h --help --version'
            case $option in
                -o|--output) values='file' ;;
                --as) values='raw lines frames' ;;
                -F|--template) values='any' ;;
                --stats) values='any' ;;
                --namespace) values='any' ;;
                --name) values='any' ;;
                --track) values='any' ;;
                --video) values='none' ;;
                --audio) values='none' ;;
                --from) values='now next start' ;;
                --to) values='any' ;;
                --join) values='any' ;;
                -n|--count) values='any' ;;
                --groups) values='any' ;;
                --filter) values='any' ;;
                --wait) values='any' ;;
                --transport) values='quic webtransport auto' ;;
                --resolve) values='any' ;;
                --connect-timeout) values='any' ;;
                --max-time) values='any' ;;
                --session-file) values='file' ;;
                --retry) values='any' ;;
                --cacert) values='file' ;;
                --fingerprint) values='any' ;;
                --sni) values='any' ;;
                --token) values='any' ;;
                --token-type) values='any' ;;
                --cert) values='file' ;;
                --key) values='file' ;;
                --draft) values='any' ;;
                --cc) values='cubic bbr reno' ;;
                --idle-timeout) values='any' ;;
                --keylog) values='file' ;;
                --qlog) values='directory' ;;
                --mlog) values='directory' ;;
                --color) values='auto always never' ;;
                --log) values='file' ;;
                --log-format) values='text json' ;;
                *) : ;;
            esac ;;
        fetch)
            names='-o --output --as -F --template --namespace --name --priority --filter --transport --resolve --connect-timeout --max-time --session-file --retry -k --insecure --cacert --fingerprint --sni --token --token-type --cert --key --draft --cc --idle-timeout --keylog --qlog --mlog --json -v --verbose -q --quiet --color --log --log-format -h --help --version'
            case $option in
                -o|--output) values='file' ;;
                --as) values='raw lines frames' ;;
                -F|--template) values='any' ;;
                --namespace) values='any' ;;
                --name) values='any' ;;
                --priority) values='any' ;;
                --filter) values='any' ;;
                --transport) values='quic webtransport auto' ;;
                --resolve) values='any' ;;
                --connect-timeout) values='any' ;;
                --max-time) values='any' ;;
                --session-file) values='file' ;;
                --retry) values='any' ;;
                --cacert) values='file' ;;
                --fingerprint) values='any' ;;
                --sni) values='any' ;;
                --token) values='any' ;;
                --token-type) values='any' ;;
                --cert) values='file' ;;
                --key) values='file' ;;
                --draft) values='any' ;;
                --cc) values='cubic bbr reno' ;;
                --idle-timeout) values='any' ;;
                --keylog) values='file' ;;
                --qlog) values='directory' ;;
                --mlog) values='directory' ;;
                --color) values='auto always never' ;;
                --log) values='file' ;;
                --log-format) values='text json' ;;
                *) : ;;
            esac ;;
        announce)
            names='--watch --tracks --status --namespace --name --transport --resolve --connect-timeout --max-time --session-file --retry -k --insecure --cacert --fingerprint --sni --token --token-type --cert --key --draft --cc --idle-timeout --keylog --qlog --mlog --json -v --verbose -q --quiet --color --log --log-format -h --help --version'
            case $option in
                --namespace) values='any' ;;
                --name) values='any' ;;
                --transport) values='quic webtransport auto' ;;
                --resolve) values='any' ;;
                --connect-timeout) values='any' ;;
                --max-time) values='any' ;;
                --session-file) values='file' ;;
                --retry) values='any' ;;
                --cacert) values='file' ;;
                --fingerprint) values='any' ;;
                --sni) values='any' ;;
                --token) values='any' ;;
                --token-type) values='any' ;;
                --cert) values='file' ;;
                --key) values='file' ;;
                --draft) values='any' ;;
                --cc) values='cubic bbr reno' ;;
                --idle-timeout) values='any' ;;
                --keylog) values='file' ;;
                --qlog) values='directory' ;;
                --mlog) values='directory' ;;
                --color) values='auto always never' ;;
                --log) values='file' ;;
                --log-format) values='text json' ;;
                *) : ;;
            esac ;;
        inspect)
            names='--hex --draft --stream --context -V --tree --bytes --reencode --drafts -c --count --transport --resolve --connect-timeout --max-time --session-file --retry -k --insecure --cacert --fingerprint --sni --token --token-type --cert --key --cc --idle-timeout --keylog --qlog --mlog --json -v --verbose -q --quiet --color --log --log-format -h --help --version'
            case $option in
                --draft) values='any' ;;
                --stream) values='message control request uni datagram' ;;
                --context) values='answers= i_am= first= first_response= desc= max_ranges= offered= wt= fill_of= updates= loc=' ;;
                -c|--count) values='any' ;;
                --transport) values='quic webtransport auto' ;;
                --resolve) values='any' ;;
                --connect-timeout) values='any' ;;
                --max-time) values='any' ;;
                --session-file) values='file' ;;
                --retry) values='any' ;;
                --cacert) values='file' ;;
                --fingerprint) values='any' ;;
                --sni) values='any' ;;
                --token) values='any' ;;
                --token-type) values='any' ;;
                --cert) values='file' ;;
                --key) values='file' ;;
                --cc) values='cubic bbr reno' ;;
                --idle-timeout) values='any' ;;
                --keylog) values='file' ;;
                --qlog) values='directory' ;;
                --mlog) values='directory' ;;
                --color) values='auto always never' ;;
                --log) values='file' ;;
                --log-format) values='text json' ;;
                *) if [[ $word != -* ]]; then values='file'; fi ;;
            esac ;;
        interop)
            names='-r --relay -t --test -l --list --tls-disable-verify --transport --resolve --connect-timeout --max-time --session-file --retry -k --insecure --cacert --fingerprint --sni --token --token-type --cert --key --draft --cc --idle-timeout --keylog --qlog --mlog --json -v --verbose -q --quiet --color --log --log-format -h --help --version'
            case $option in
                -r|--relay) values='any' ;;
                -t|--test) values='setup-only announce-only publish-namespace-done subscribe-error announce-subscribe subscribe-before-announce publish-track-subscribe fetch joining-fetch datagrams goaway malformed' ;;
                --transport) values='quic webtransport auto' ;;
                --resolve) values='any' ;;
                --connect-timeout) values='any' ;;
                --max-time) values='any' ;;
                --session-file) values='file' ;;
                --retry) values='any' ;;
                --cacert) values='file' ;;
                --fingerprint) values='any' ;;
                --sni) values='any' ;;
                --token) values='any' ;;
                --token-type) values='any' ;;
                --cert) values='file' ;;
                --key) values='file' ;;
                --draft) values='any' ;;
                --cc) values='cubic bbr reno' ;;
                --idle-timeout) values='any' ;;
                --keylog) values='file' ;;
                --qlog) values='directory' ;;
                --mlog) values='directory' ;;
                --color) values='auto always never' ;;
                --log) values='file' ;;
                --log-format) values='text json' ;;
                *) : ;;
            esac ;;
        help)
            names='--man -h --help --version'
            case $option in
                *) if [[ $word != -* ]]; then values='relay pub sub fetch announce inspect interop help completions'; fi ;;
            esac ;;
        completions)
            names='-h --help --version'
            case $option in
                *) if [[ $word != -* ]]; then values='bash zsh fish'; fi ;;
            esac ;;
    esac
    case $values in
        file) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        directory) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        any) COMPREPLY=(); return ;;
        ?*) COMPREPLY=($(compgen -W "$values" -- "$word")); return ;;
    esac
    COMPREPLY=($(compgen -W "$names" -- "$word"))
}
complete -F _moqt moqt
