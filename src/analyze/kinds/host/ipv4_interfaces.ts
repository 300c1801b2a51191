import { defineHostAnalyzer } from "../../host_analyzer.ts";
import { type HostData, listIn } from "../../host_data.ts";
import { namedIntCondition } from "../../when.ts";

const countCondition = namedIntCondition(["count"]);

export const ipv4Interfaces = defineHostAnalyzer<HostData[]>({
  kind: "ipv4Interfaces",
  summary: "Counts the network interfaces that have an IPv4 address",
  title: "IPv4 Interfaces",
  path: () => "system/ipv4Interfaces.json",
  when: "count >= 2",
  condition(when) {
    const holds = countCondition(when);
    return ({ length }) => holds({ count: length });
  },
  read: (file) => listIn(file),
  show: ({ length }) => `${length} interfaces with an IPv4 address`,
});
