import { BlockList, isIP } from "node:net";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { requiredText, SpecConditionError } from "../../condition_error.ts";
import { judge, readOutcomes } from "../../outcome_engine.ts";
import { boolCondition } from "../../when.ts";

interface Config {
  cidr?: string;
  ip?: string;
}

export const subnetContainsIP = defineAnalyzer({
  kind: "subnetContainsIP",
  where: "host",
  summary: "Whether an address of the spec lies inside a subnet of the spec",
  fields: () => ({
    collectorName: textField(),
    cidr: textField().describe("The subnet: 10.0.0.0/8"),
    ip: textField().describe("The address"),
    outcomes: outcomesField().describe('when: "true" where it lies inside, "false" where not'),
  }),
  title: ({ checkName }) => checkName || "Subnet Contains IP",
  validate(config) {
    contains(config);
    readOutcomes(config.outcomes, boolCondition);
  },
  async *analyze(config) {
    const inside = contains(config);
    const what = `${config.ip}, which lies ${inside ? "inside" : "outside"} ${config.cidr}`;
    yield judge(readOutcomes(config.outcomes, boolCondition), inside, what);
  },
});

/** @throws {SpecConditionError} */
function contains(config: Config): boolean {
  const cidr = requiredText(config.cidr, "cidr");
  const ip = requiredText(config.ip, "ip");
  const [network, prefix, ...more] = cidr.split("/");
  const bits = addressBits(network!);
  if (bits === 0 || !/^\d{1,3}$/.test(prefix ?? "") || Number(prefix) > bits || more.length > 0) {
    throw new SpecConditionError(`cidr "${cidr}"`, "it is not a subnet", "Write it as 10.0.0.0/8 or fd00::/8");
  }
  if (addressBits(ip) === 0) {
    throw new SpecConditionError(`ip "${ip}"`, "it is not an IP address", "Write it as 10.0.0.1 or fd00::1");
  }
  const subnet = new BlockList();
  subnet.addSubnet(network!, Number(prefix), familyOf(network!));
  return subnet.check(ip, familyOf(ip));
}

/** 32 or 128; 0 for what is no address. */
function addressBits(text: string): number {
  if (text.includes("%") || isIP(text) === 0) return 0;
  return isIP(text) === 6 ? 128 : 32;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
