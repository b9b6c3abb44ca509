#!/bin/sh
# /init of the lab's machine. It is a machine's operating system in one page: network by DHCP, overlay, phone home.
# Every step says `LAB: …` on the console; the tests read these lines in the serial log. Kernel line:
#   musterd.boot=ID musterd.url=URL BOOTIF=01-MAC   as musterd writes it
#   lab.stay       stay on after phoning home, instead of powering off
#   lab.seconds=N  power off N seconds after the receipt (default 2)
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs none /dev
exec >/dev/console 2>&1
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /run

say() { echo "LAB: $*"; }

end() {
    [ "$stay" = yes ] && while :; do sleep 3600; done
    sleep "$1"
    poweroff -f
}

fail() {
    say "failed: $*"
    # The server should know too, when there is a way to tell it.
    [ -n "$url" ] && [ -n "$address" ] &&
        timeout 5 wget -q -O /dev/null --header 'Content-Type: application/json' \
            --post-data "{\"reason\":\"$*\"}" "$url/failed"
    end 2
}

boot= url= bootif= stay= seconds=2 address= receipt=
for word in $(cat /proc/cmdline); do
    case "$word" in
    musterd.boot=*) boot=${word#*=} ;;
    musterd.url=*) url=${word#*=} ;;
    BOOTIF=*) bootif=${word#*=} ;;
    lab.stay) stay=yes ;;
    lab.seconds=*) seconds=${word#*=} ;;
    esac
done
say "kernel $(uname -r), boot ${boot:-none}, up $(cut -d' ' -f1 /proc/uptime) s"

for module in $(cat /lab/modules); do
    insmod "/lab/$module" || say "module $module does not load"
done

# The overlay first: it needs no network, so what is wrong with it is told even when the network is wrong too.
overlay=/.initrd-secrets/run/musterd/boot.json
if [ ! -f "$overlay" ]; then
    problem='overlay missing'
elif [ -z "$boot" ]; then
    problem='no musterd.boot= on the kernel line'
elif ! grep -q "\"$boot\"" "$overlay"; then
    problem='overlay is of another boot'
elif [ "$(stat -c %a "$overlay")" != 600 ]; then
    problem="overlay has mode $(stat -c %a "$overlay")"
else
    problem=
    say overlay ok
fi
[ -n "$problem" ] && say "$problem"

# Who it is, where its profile gives it an identity and secrets. What is secret is shown by its digest.
overlay_folder=${overlay%/boot.json}
[ -f "$overlay_folder/machine-id" ] && say "machine-id $(cat "$overlay_folder/machine-id")"
for file in "$overlay_folder"/node-password "$overlay_folder"/ssh_host_ed25519_key "$overlay_folder"/secrets/*; do
    [ -f "$file" ] && say "${file#"$overlay_folder"/} $(stat -c %a "$file") $(sha256sum <"$file" | cut -d' ' -f1)"
done

# BOOTIF is 01-aa-bb-cc-dd-ee-ff: hardware type, then the address of the interface that booted.
mac=$(echo "${bootif#01-}" | tr A-Z- a-z:)
interface=
for try in 1 2 3 4 5 6 7 8 9 10; do
    for candidate in /sys/class/net/*; do
        [ "$(cat "$candidate/address")" = "$mac" ] && interface=${candidate##*/}
    done
    [ -n "$interface" ] && break
    sleep 0.5
done
[ -n "$interface" ] || fail "no interface has BOOTIF address '$mac'"
say "interface $interface"
ip link set lo up
ip link set "$interface" up

udhcpc -i "$interface" -s /lab/udhcpc.script -t 10 -T 2 -n -q -f || fail 'no lease'
. /run/lease
say "lease $address from $server"
say "lease has router ${router:-none}, dns ${dns:-none}, $lease s"
[ -z "$problem" ] || fail "$problem"
[ -n "$url" ] || fail 'no musterd.url= on the kernel line'

name=$(sed -n 's/.*"host" *: *"\([^"]*\)".*/\1/p' "$overlay" | head -n 1)
hostname "${name:-lab}"
body="{\"kernel_boot_id\":\"$(cat /proc/sys/kernel/random/boot_id)\",\"hostname\":\"$(hostname)\",\"addresses\":[\"$address\"]}"
# wget ends with 0 on any 2xx. Two minutes of patience: a server that restarts must still get the call.
tries=60
while [ $tries -gt 0 ]; do
    if timeout 10 wget -q -O /run/receipt --header 'Content-Type: application/json' --post-data "$body" "$url/up"; then
        receipt=yes
        break
    fi
    say 'no receipt yet'
    tries=$((tries - 1))
    sleep 2
done
[ -n "$receipt" ] || fail 'phone home got no receipt'
say "up $(hostname) $address after $(cut -d' ' -f1 /proc/uptime) s"
end "$seconds"
