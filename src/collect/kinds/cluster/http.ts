import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector, titled } from "../../collector.ts";
import { httpFields } from "../../http_fields.ts";
import { httpResult, requestOf } from "../../http_request.ts";
import { textField } from "../../text_field.ts";

export const http = defineCollector({
  kind: "http",
  where: "cluster",
  summary: "Answer to an HTTP request that this machine sends",
  title: titled("http"),
  fields: () => ({ name: textField().default("").describe("Folder in the bundle"), ...httpFields() }),
  async *collect(config, context) {
    const request = requestOf(config);
    const path = bundlePath(config.name, `${config.collectorName || "result"}.json`);
    const { content, truncated } = await httpResult(request, context);
    yield { ...jsonEntry(path, content, { source: `${request.method} ${request.shownUrl}` }), truncated };
  },
});
