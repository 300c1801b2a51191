import { ok, strictEqual } from "node:assert/strict";
import { secretShape } from "../../../src/cli/credential/secret_shape.ts";

const shapes: [secret: string, shape: string][] = [
  ['{"accessKeyId":"A","secretAccessKey":"B"}', "a pair of S3 keys"],
  ['{"type":"service_account"}', "the key of a Google service account"],
  ['{"other":1}', "a JSON object"],
  ["{broken", "one line of text"],
  ["-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----", "a private key (PEM)"],
  ["-----BEGIN CERTIFICATE-----\nx", "PEM: certificate"],
  ["# made today\nAGE-SECRET-KEY-1X", "an age identity"],
  ["https://hooks.example.com/T0/B1", "a URL"],
  ["KEY:SECRET", "two parts with a colon: a pair of keys, or a user and a password"],
  ["a\nb", "text of several lines"],
  ["hunter2", "one line of text"],
];
for (const [secret, shape] of shapes) {
  Deno.test(`secretShape() calls it ${shape} (${secret.length} characters)`, () => {
    strictEqual(secretShape(`${secret}\n`), shape);
    ok(!shape.includes(secret));
  });
}
