/** What the DNS pod runs, for `sh -c SCRIPT sh NAME`: sections under headings, read by {@linkcode readDnsReport}. */
export const DNS_SCRIPT = `
echo "=== /etc/resolv.conf"
cat /etc/resolv.conf
echo "=== dig kubernetes"
dig +search +short -q kubernetes
echo "=== dig $1"
dig +search +short -q "$1"
echo "=== end"
`;

export interface DnsReport {
  /** The file as it is. */
  resolvConf: string;
  /** The last line of an answer; empty: there was none. */
  kubernetes: string;
  nonResolvable: string;
}

/** Reads what the pod printed. A pod that was cut short has answered less. */
export function readDnsReport(text: string): DnsReport {
  const sections: string[][] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("=== ")) sections.push([]);
    else sections.at(-1)?.push(line);
  }
  const [resolvConf = [], kubernetes = [], nonResolvable = []] = sections;
  return {
    resolvConf: resolvConf.join("\n").trimEnd(),
    kubernetes: lastAnswer(kubernetes),
    nonResolvable: lastAnswer(nonResolvable),
  };
}

/** dig begins its own remarks with a semicolon: a timeout is no address. */
function lastAnswer(lines: string[]): string {
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith(";")).at(-1) ?? "";
}
