import { deepStrictEqual, throws } from "node:assert/strict";
import { parseValuePath, PathError, valueAt } from "../../src/analyze/value_path.ts";

const document = {
  spec: { containers: [{ image: "a", ports: [80, 443] }, { image: "b" }], replicas: 0, none: null },
  "a/b-c": [[1, 2], [3]],
  "7": "seven",
};

const behaviour: [path: string, value: unknown][] = [
  ["", document],
  [" ", document],
  ["spec.replicas", 0],
  [".spec.replicas", 0],
  ["spec.containers[1].image", "b"],
  ["spec.containers.[1].image", "b"],
  ["spec.containers.1.image", "b"],
  ["spec.containers[0].ports[1]", 443],
  ["a/b-c[1][0]", 3],
  ["7", "seven"],
  ["spec.none", null],
  ["spec.gone", null],
  ["gone", null],
  ["constructor", null],
  ["spec.containers[9]", null],
  ["a/b-c[0][99999]", null],
];

for (const [path, value] of behaviour) {
  Deno.test(`valueAt("${path}")`, () => deepStrictEqual(valueAt(document, parseValuePath(path)), value));
}

const nowhere: [path: string, message: string][] = [
  ["spec.gone.deeper", 'spec.gone has no "deeper": it is nothing'],
  ["spec.none.deeper", 'spec.none has no "deeper": it is nothing'],
  ["spec.replicas.deeper", 'spec.replicas has no "deeper": it is a single value'],
  ["spec.containers.image", 'spec.containers has no "image": it is a list'],
  ["spec[0]", "spec has no 0: it is a map"],
  ["[0]", "the document has no 0: it is a map"],
  ["spec.containers[9].image", 'spec.containers[9] has no "image": it is nothing'],
];

for (const [path, message] of nowhere) {
  Deno.test(`valueAt("${path}") leads nowhere`, () =>
    throws(
      () => valueAt(document, parseValuePath(path)),
      (error) => error instanceof PathError && error.message === message,
    ));
}

for (const path of ["a..b", "a.", "a[", "a[x]", "a[-1]", "a]b", "a[0]b"]) {
  Deno.test(`parseValuePath("${path}") refuses it`, () =>
    throws(() => parseValuePath(path), { message: /^Cannot read the path "/ }));
}
