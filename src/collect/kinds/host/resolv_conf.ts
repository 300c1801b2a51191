/** What `/etc/resolv.conf` says about how names are resolved. */
export interface ResolvConf {
  servers: string[];
  search: string[];
  /** A name with at least as many dots is tried as it is before it is searched for. */
  ndots: number;
}

const MAX_SERVERS = 16;

/** Reads resolv.conf(5): of several `search` and `domain` lines the last counts. */
export function parseResolvConf(text: string): ResolvConf {
  const conf: ResolvConf = { servers: [], search: [], ndots: 1 };
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line.replace(/[#;].*/, "").trim().split(/\s+/);
    if (keyword === "nameserver" && values[0] !== undefined && conf.servers.length < MAX_SERVERS) {
      conf.servers.push(values[0]);
    } else if (keyword === "search" || keyword === "domain") conf.search = values;
    else if (keyword === "options") {
      const ndots = values.map((option) => /^ndots:(\d+)$/.exec(option)?.[1]).find((number) => number !== undefined);
      if (ndots !== undefined) conf.ndots = Math.min(Number(ndots), 15);
    }
  }
  return conf;
}

/** The full names, with a dot at their end, that a resolver would try for a name, in its order.
 * @returns each with the domain of the search list that it was made with; empty for none */
export function candidateNames(name: string, { search, ndots }: ResolvConf): { name: string; search: string }[] {
  if (name.endsWith(".")) return [{ name, search: "" }];
  const plain = { name: `${name}.`, search: "" };
  const searched = search.map((domain) => domain.replace(/\.$/, "")).map((domain) => ({
    name: domain === "" ? `${name}.` : `${name}.${domain}.`,
    search: domain,
  }));
  return name.split(".").length > ndots ? [plain, ...searched] : [...searched, plain];
}
