import os from "node:os";
import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";

export const memory = defineCollector({
  kind: "memory",
  where: "host",
  summary: "Amount of memory of this machine",
  title: "Amount of Memory",
  fields: () => ({}),
  async *collect() {
    yield jsonEntry("host-collectors/system/memory.json", { total: os.totalmem() }, { indent: 0, source: "MemTotal" });
  },
});
