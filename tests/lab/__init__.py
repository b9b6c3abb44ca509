"""A network-boot lab on one Linux machine, in network namespaces, for musterd's tests and its demo.

What it is: a bridge with a LAN DHCP server that is not ours (dnsmasq, Kea or none), musterd in a namespace of its own,
machines in QEMU with real firmware, and PXE clients in Python where twenty at once are wanted. One run owns all it
makes; it is gone when the run is gone, however it ended.

What it is not: it never touches this computer's own network. Nothing in the lab can reach out of it, and nothing
outside can reach in but by the one forwarded port that the demo opens on loopback.

    lifetime   undo in reverse order, on exceptions and on signals         network    namespaces, bridge, veths, taps
    processes  children that cannot outlive the run                        lan        the LAN's DHCP server
    server     musterd itself: start, kill -9, ask                         machine    QEMU with BIOS or UEFI
    image      kernel and initrd of the machine that phones home           archive    newc cpio, read and written
    bfb, iso, tarball   the same as BFB, as ISO, as netboot tarball        root       a Debian that is fetched as root
    disk       what a machine finds on its own disk                        relay      a DHCP relay in another subnet
    capture    DHCP as it was on the wire, in pcap                         goldens    of it what unit tests keep
    pxe        DHCP packets of PXE firmware                                pxe_client the firmware, simulated
    checks     one line for each check                                     demo       what deploy/demo runs

Needs root and Linux. Python's standard library only.
"""
