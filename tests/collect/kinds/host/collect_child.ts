/** Runs one host collector in a process of its own: `collect_child.ts KIND CONFIG`. Prints its files as one line of JSON. */
import { hostCollectors } from "../../../../src/collect/registry.ts";
import { collectAll } from "../../collect_all.ts";

const [kind, config] = Deno.args;
const collector = hostCollectors.find((each) => each.kind === kind)!;
const { files } = await collectAll(collector, JSON.parse(config!));
console.log(JSON.stringify(files));
