import { defineCollector, titled } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { collectHostFiles, hostFilesFields, hostFilesNeeds } from "./host_files.ts";

const titleOf = titled("collectd");

export const collectd = defineCollector({
  kind: "collectd",
  where: "cluster",
  summary: "What collectd keeps on every node, as an archive, through a pod on each",
  title: titleOf,
  fields: () => ({
    hostPath: textField().describe("Folder of collectd's data on the nodes"),
    ...hostFilesFields(),
  }),
  needs: hostFilesNeeds,
  collect: (config, context) =>
    collectHostFiles({ ...config, name: "collectd/rrd", extractArchive: false, title: titleOf(config) }, context),
});
