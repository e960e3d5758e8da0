#!/usr/bin/env bash
# Usage: in_namespace.sh COMMAND...
# Runs the command as if it had a machine of its own: private /dev/shm, /tmp, processes, network. Everything it started ends
# with it. As root, or through a user namespace. Exit code 77 (a skipped test) where the kernel allows neither.
set -u
user=()
[ "$(id -u)" -eq 0 ] || user=(--user --map-root-user)
if ! unshare "${user[@]}" --mount true 2>/dev/null; then
  echo "skipped: this system allows no namespaces (run as root, or allow unprivileged user namespaces)" >&2
  exit 77
fi
# A checkout or a build below /tmp stays visible in the private /tmp.
keep=()
for path in "$(realpath "$0")" "$(realpath "$(command -v "$1")")" "$PWD"; do
  [[ $path == /tmp/* ]] && keep+=("$(cut -d/ -f3 <<<"$path")")
done
export TACTUS_TEST_KEEP="${keep[*]}"
# shellcheck disable=SC2016  # the inner shell expands
exec unshare "${user[@]}" --mount --ipc --pid --net --fork --kill-child --mount-proc bash -c '
  mount --make-rprivate / && mount --bind /tmp /mnt &&
    mount -t tmpfs -o "size=${TACTUS_TEST_SHM:-2g}" tmpfs /dev/shm && mount -t tmpfs tmpfs /tmp || exit 77
  for name in $TACTUS_TEST_KEEP; do
    mkdir -p "/tmp/$name" && mount --bind "/mnt/$name" "/tmp/$name"
  done
  umount /mnt
  ip link set lo up 2>/dev/null
  "$@"' in_namespace "$@"
