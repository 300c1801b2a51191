import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";
import { httpFields } from "../../http_fields.ts";
import { httpResult, requestOf } from "../../http_request.ts";

export const http = defineCollector({
  kind: "http",
  where: "host",
  summary: "Answer to an HTTP request that this machine sends",
  title: ({ collectorName }) => collectorName || "HTTP Request",
  fields: httpFields,
  async *collect(config, context) {
    const request = requestOf(config);
    const { content, truncated } = await httpResult(request, context);
    const path = bundlePath("host-collectors/http", `${config.collectorName || "result"}.json`);
    yield { ...jsonEntry(path, content, { source: `${request.method} ${request.shownUrl}` }), truncated };
  },
});
