import { normalize } from "node:path/posix";
import { defineCollector, titled } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { collectHostFiles, extractArchiveField, hostFilesFields, hostFilesNeeds } from "./host_files.ts";

const titleOf = titled("copy-from-host");

export const copyFromHost = defineCollector({
  kind: "copyFromHost",
  where: "cluster",
  summary: "A file or folder of every node, through a pod on each",
  title: titleOf,
  fields: () => ({
    name: textField().default("").describe("Folder in the bundle; empty: the hostPath"),
    hostPath: textField().describe("File or folder of the nodes"),
    extractArchive: extractArchiveField(),
    ...hostFilesFields(),
  }),
  needs: hostFilesNeeds,
  collect: (config, context) =>
    collectHostFiles({
      ...config,
      name: config.name || normalize(config.hostPath),
      extractArchive: config.extractArchive === true,
      title: titleOf(config),
    }, context),
});
