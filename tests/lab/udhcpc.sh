#!/bin/sh
# What busybox udhcpc runs when the lease changes; leaves the lease as shell words in /run/lease.
case "$1" in
deconfig) ip -4 address flush dev "$interface" ;;
bound | renew)
    ip -4 address flush dev "$interface"
    ip address add "$ip/${mask:-24}" brd + dev "$interface"
    [ -n "$router" ] && ip route replace default via "${router%% *}" dev "$interface"
    printf 'address=%s\nserver=%s\nrouter="%s"\ndns="%s"\nlease=%s\n' "$ip" "$serverid" "$router" "$dns" "$lease" >/run/lease
    ;;
esac
exit 0
