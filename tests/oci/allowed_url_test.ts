import { doesNotThrow, throws } from "node:assert/strict";
import { checkUrl } from "../../src/oci/allowed_url.ts";

const behaviour: [registry: string, url: string, allowed: boolean][] = [
  ["r.example", "https://r.example/v2/", true],
  ["r.example", "https://storage.example/blob?x", true],
  ["r.example", "https://10.0.0.1/blob", true],
  ["r.example", "http://r.example/v2/", false],
  ["plain.example:5000", "http://plain.example:5000/v2/", true],
  ["plain.example:5000", "http://plain.example:5001/v2/", false],
  ["127.0.0.1:5000", "http://127.0.0.1:5000/v2/", true],
  ["127.0.0.1:5000", "http://localhost:7000/token", true],
  ["localhost:5000", "http://[::1]:5000/", true],
  ["r.example", "https://127.0.0.1/", false],
  ["r.example", "http://localhost/", false],
  ["r.example", "https://[::1]/", false],
  ["r.example", "https://[::ffff:127.0.0.1]/", false],
  ["r.example", "https://0x7f.1/", false],
  ["r.example", "https://169.254.169.254/latest/meta-data", false],
  ["r.example", "https://[fe80::1]/", false],
  ["169.254.1.1", "https://169.254.1.1/v2/", true],
  ["r.example", "https://user:pass@r.example/", false],
  ["r.example", "file:///etc/passwd", false],
];
for (const [registry, url, allowed] of behaviour) {
  Deno.test(`checkUrl() ${allowed ? "lets" : "does not let"} ${registry} refer to ${url}`, () => {
    const check = () => checkUrl(new URL(url), registry, new Set(["plain.example:5000"]));
    if (allowed) doesNotThrow(check);
    else throws(check, { why: "refused-by-us" });
  });
}
