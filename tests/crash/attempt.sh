#!/bin/sh
# Stands for the child of an attempt, in milliseconds: `specs: ["fake:MODE"]`. Of a first attempt that is to be killed, MODE
# says where it kills itself; later ones complete. Writes into $CRASH_JOURNAL what the store must not be asked about.
read -r request || exit 64 # its daemon died before it had anything to do
mode=$(printf '%s' "$request" | sed -n 's/.*"fake:\([a-z-]*\)".*/\1/p')
archive=$(printf '%s' "$request" | sed -n 's/.*"archivePath":"\([^"]*\)".*/\1/p')
work=$(printf '%s' "$request" | sed -n 's/.*"workParent":"\([^"]*\)".*/\1/p')
attempt=$(printf '%s' "$request" | sed -n 's/.*"attempt":\([0-9]*\).*/\1/p')
id=$SUPPORT_BUNDLE_EXECUTION

note() { echo "$*" >> "$CRASH_JOURNAL"; }
step() {
  [ "$mode-$attempt" = "die-$1-1" ] || return 0
  note "killed child:$1"
  kill -KILL $$
}

# Held for as long as anything of the attempt lives. A process that was killed is gone within this time.
exec 9> "$CRASH_JOURNAL.$id"
flock -w 1 9 || note "concurrent $id"

step told
setsid sleep 300 & # a command with a group of its own
command=$!
echo 'half a ' > "$archive.part" && echo 'half a ' > "$work/entry" || exit 70
step half-a-bundle
[ "$mode" = slow ] && sleep 0.5
[ "$mode" = slower ] && sleep 2
echo 'bundle' >> "$archive.part" && mv "$archive.part" "$archive" || exit 70
kill -KILL $command
printf '{"type":"report","report":{"status":"completed","exitCode":0,"stages":[{"stage":"collect","status":"ok","durationMs":1}],"archive":{"path":"%s","bytes":14,"sha256":"abc"},"collectorCount":1,"analyzerCount":0,"findings":{"fail":0,"warn":0,"pass":0,"top":[]},"analysis":[],"redactions":{},"shortfalls":[],"shortfallCount":0,"durationMs":1,"peakMemoryMB":1}}\n' "$archive"
step reported
exit 0
