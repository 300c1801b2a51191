/** Prints a line `PATH = VALUE` for each setting of the network and of the virtual memory, for `sh -c`. What a setting says
 * to nobody has an empty value. */
export const SYSCTL_SCRIPT = `
for tool in find cat; do
  command -v "$tool" > /dev/null || { echo "the image has no $tool"; exit 127; }
done
find /proc/sys/net/ipv4 /proc/sys/net/bridge /proc/sys/vm -type f 2> /dev/null | while IFS= read -r file; do
  echo "$file = $(cat "$file" 2> /dev/null)"
done
`;
