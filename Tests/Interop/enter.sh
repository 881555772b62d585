#!/bin/sh
# enter.sh ROOT COMMAND...: runs COMMAND in the system under ROOT, with this machine's network and devices. Needs root.
exec unshare --mount sh -c '
    root=$1
    shift
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm" 2>/dev/null
    exec chroot "$root" "$@"' sh "$@"
