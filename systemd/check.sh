#!/bin/sh
# Checks the units: `systemd-analyze verify` must be silent, the service's exposure at most 1.1. No root, nothing running.
# Ends with 0, or with 1 and what is wrong. A binary that is not installed is stood in for by a dummy in a temporary
# place; the paths of the units are then those of copies.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
threshold=11 # tenths
binary=/usr/local/bin/sir-intake

command -v systemd-analyze >/dev/null || { echo "systemd/check.sh: systemd-analyze is not installed" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/*.service "$here"/*.timer "$work/"
if [ ! -x "$binary" ]; then
    printf '#!/bin/sh\n' >"$work/sir-intake"
    chmod 755 "$work/sir-intake"
    sed -i "s|$binary|$work/sir-intake|g" "$work/sir-intake.service"
fi

faults=0
# A template is checked as the instance that is used.
cp "$work/sir-intake-alarm@.service" "$work/sir-intake-alarm@sir-intake.service.service"
for unit in sir-intake.service sir-intake-alarm@sir-intake.service.service sir-intake-watch.service sir-intake-watch.timer; do
    said=$(SYSTEMD_UNIT_PATH="$work:" systemd-analyze verify --recursive-errors=no "$work/$unit" 2>&1) || faults=1
    if [ -n "$said" ]; then
        printf '%s: %s\n' "$unit" "$said" >&2
        faults=1
    fi
done

report=$(systemd-analyze security --offline=true --threshold="$threshold" "$work/sir-intake.service" 2>&1) || {
    printf '%s\n' "$report" | grep -v '^.\{0,3\}✓' >&2
    faults=1
}
printf '%s\n' "$report" | tail -n 1
exit "$faults"
