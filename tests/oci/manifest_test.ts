import { strictEqual, throws } from "node:assert/strict";
import { choosePlatform, parseManifest } from "../../src/oci/manifest.ts";

const behaviour: [name: string, platforms: (string | undefined)[], expect: number | undefined][] = [
  ["linux/amd64", ["linux/arm64", "windows/amd64", "linux/amd64"], 2],
  ["linux/amd64 without a variant", ["linux/amd64/v3", "linux/amd64"], 1],
  ["a variant of linux/amd64 where there is no other", ["linux/arm64", "linux/amd64/v3"], 1],
  ["the first where there is none", ["linux/arm64", "linux/s390x"], 0],
  ["no attestation", ["unknown/unknown", "linux/arm64"], 1],
  ["one without a platform", ["unknown/unknown", undefined], 1],
  ["nothing of nothing", [], undefined],
];
for (const [name, platforms, expect] of behaviour) {
  Deno.test(`choosePlatform() takes ${name}`, () => {
    const manifests = platforms.map((text) => {
      const [os, architecture, variant] = text?.split("/") ?? [];
      const platform = text === undefined ? undefined : { os: os!, architecture: architecture!, variant };
      return { mediaType: "", digest: "", size: 0, platform };
    });
    const chosen = choosePlatform(manifests);
    strictEqual(chosen === undefined ? undefined : manifests.indexOf(chosen as typeof manifests[0]), expect);
  });
}

const layer = { mediaType: "l", digest: "d", size: 1 };
const refused: [name: string, document: unknown][] = [
  ["no object", []],
  ["neither layers nor manifests", { schemaVersion: 2 }],
  ["the form of old Docker", { schemaVersion: 1, fsLayers: [] }],
  ["a layer of a negative size", { schemaVersion: 2, config: layer, layers: [{ ...layer, size: -1 }] }],
];
for (const [name, document] of refused) {
  Deno.test(`parseManifest() refuses ${name}`, () => {
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    throws(() => parseManifest(bytes, "", "x"), { code: "REGISTRY_MANIFEST" });
  });
}
