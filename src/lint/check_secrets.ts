import { isAlias, isScalar, type Node, visit } from "yaml";
import type { LintDocument } from "./lint_document.ts";

/** A URI with a password in it; what follows is no placeholder. */
const URI_PASSWORD = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@"']{0,300}:([^\s@/"']{1,1000})@/i;
/** A DSN as MySQL drivers write it. */
const DSN_PASSWORD = /(?:^|\s)[\w.-]{1,300}:([^\s:@/]{1,1000})@(?:tcp|unix)\(/;
const SECRET_KEY =
  /^(?:password|passwd|secretAccessKey|secretKey|clientSecret|apiKey|api[-_]key|token|accessToken|privateKey|.*_(?:PASSWORD|TOKEN|SECRET)|authorization|x-api-key)$/i;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;
/** `$(VAR)`, `${VAR}`, `{{ … }}`, `<password>`, masks. */
const PLACEHOLDER = /^(?:\$[({]?\w+[)}]?|\{\{.*|<.*>|\*+.*|x+|…|\.\.\.)$/is;

/** Finds secrets that are written into a spec. None of them is quoted. */
export function checkSecrets(document: LintDocument, root: Node | undefined): void {
  if (root === undefined) return;
  visit(root, {
    Pair(_, pair) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      if (!isScalar(pair.value) || isAlias(pair.value)) return;
      const value = pair.value.value;
      if (typeof value !== "string" || value === "" || !SECRET_KEY.test(key)) return;
      if (PLACEHOLDER.test(value.replace(/^(?:bearer|basic)\s+/i, ""))) return;
      report(document, pair.value.range![0], `The value of '${key}' stands in the spec`);
      return visit.SKIP;
    },
    // Environment variables: `{name: DB_PASSWORD, value: …}`.
    Map(_, map) {
      const name = map.get("name");
      const value = map.get("value", true);
      if (typeof name !== "string" || !SECRET_KEY.test(name) || !isScalar(value)) return;
      if (typeof value.value !== "string" || value.value === "" || PLACEHOLDER.test(value.value)) return;
      report(document, value.range![0], `The value of '${name}' stands in the spec`);
    },
    Scalar(_, scalar) {
      if (typeof scalar.value !== "string" || !scalar.range) return;
      const password = URI_PASSWORD.exec(scalar.value)?.[1] ?? DSN_PASSWORD.exec(scalar.value)?.[1];
      if (password !== undefined && !PLACEHOLDER.test(password)) {
        report(document, scalar.range[0], "A password stands in this address");
      } else if (PRIVATE_KEY.test(scalar.value)) {
        report(document, scalar.range[0], "A private key stands in the spec");
      }
    },
  });
}

function report(document: LintDocument, offset: number, message: string): void {
  document.report("SB501", [], message, {
    field: "secret",
    offset,
    suggestion: "Refer to a Secret (valueFrom.secretKeyRef) where the kind can, and keep the spec from readers",
  });
}
