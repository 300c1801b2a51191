import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { KubeClient, KubeListPage } from "../../src/kube/kube_client.ts";
import { portal } from "../../src/upload/kinds/portal.ts";
import { parseDestination } from "../../src/upload/registry.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import type { LocalFile } from "../../src/upload/uploader.ts";
import { type Member, tarOf } from "../bundle/tar_bytes.ts";
import { context } from "../contracts/uploader_contract.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";

const ROOT = "support-bundle-2026-01-31T08_00_00";
const LICENSE = randomLicense();
const OTHER = randomLicense();

type Files = Record<string, string>;
interface Row {
  files?: Files;
  /** Path of the URL, with the slug. */
  path?: string;
  licenseId?: string;
  /** Licenses in Secrets of the cluster. */
  cluster?: [licenseID: string, appSlug: string][];
  expect: [licenseId: string, appSlug: string] | RegExp;
}

const file = (licenseID: string, appSlug: string): Files => ({
  "cluster-resources/license.json": JSON.stringify({ appSlug, licenseID }),
});
const document = (licenseID: string, appSlug: string) =>
  `apiVersion: kots.io/v1beta1\nkind: License\nspec:\n  licenseID: ${licenseID}\n  appSlug: ${appSlug}\n`;
const configMap = (data: Record<string, string>): Files => ({
  "cluster-resources/configmaps/default.json": JSON.stringify({ kind: "ConfigMapList", items: [{ data }] }),
});

const rows: Record<string, Row> = {
  "takes license and slug that are named, and no others": {
    files: file(OTHER, "other"),
    licenseId: LICENSE,
    path: "shop",
    expect: [LICENSE, "shop"],
  },
  "takes both from the license of the bundle": { files: file(LICENSE, "shop"), expect: [LICENSE, "shop"] },
  "takes the slug of a license that is named from the bundle": {
    files: file(LICENSE, "shop"),
    licenseId: LICENSE,
    expect: [LICENSE, "shop"],
  },
  "does not mix a license that is named with the slug of another one": {
    files: file(OTHER, "other"),
    licenseId: LICENSE,
    expect: /app slug .* cannot be found/,
  },
  "does not send a license to another application": {
    files: file(OTHER, "other"),
    path: "shop",
    expect: /license .* cannot be found/,
  },
  "takes a license document of a ConfigMap in the bundle": {
    files: configMap({ license: document(LICENSE, "shop") }),
    expect: [LICENSE, "shop"],
  },
  "prefers the license file": {
    files: { ...configMap({ license: document(OTHER, "other") }), ...file(LICENSE, "shop") },
    expect: [LICENSE, "shop"],
  },
  "takes no value of a ConfigMap for a license because it looks like one": {
    files: configMap({
      session: LICENSE,
      license: LICENSE,
      license_id: LICENSE,
      json: JSON.stringify({ licenseID: LICENSE }),
    }),
    expect: /license and app slug .* cannot be found/,
  },
  "takes no document of another kind": {
    files: configMap({ license: document(LICENSE, "shop").replace("kind: License", "kind: LicenseRequest") }),
    expect: /cannot be found/,
  },
  "takes no license that redaction has hidden": { files: file("***HIDDEN***", "shop"), expect: /cannot be found/ },
  "takes no license without its slug": { files: file(LICENSE, ""), expect: /cannot be found/ },
  "chooses none of several": {
    files: configMap({ a: document(LICENSE, "shop"), b: document(OTHER, "other") }),
    expect: /there are 2 licenses/,
  },
  "asks the cluster when the bundle has none": { cluster: [[LICENSE, "shop"]], expect: [LICENSE, "shop"] },
  "chooses the license of the cluster that fits the slug": {
    cluster: [[LICENSE, "shop"], [OTHER, "other"]],
    path: "other",
    expect: [OTHER, "other"],
  },
};
for (const [name, row] of Object.entries(rows)) {
  portalTest(`portal: ${name}`, async ({ url, caFile, received, work }) => {
    const bundle = await makeBundle(work, row.files ?? {});
    const credentials = row.licenseId === undefined ? undefined : "env:LICENSE";
    const destination = parseDestination(`${url}/${row.path ?? ""}`, { caFile }, credentials);
    const kube = row.cluster === undefined ? undefined : clusterOf(row.cluster);
    const upload = portal.upload(bundle, destination, context({ LICENSE: row.licenseId ?? "" }, { kube }));
    if (row.expect instanceof RegExp) {
      const error = await failure(upload);
      ok(row.expect.test(error.message), error.message);
      strictEqual(error.code, "UPLOAD_CREDENTIALS");
      keepsSecret(error);
      deepStrictEqual(received, []);
      return;
    }
    const [licenseId, appSlug] = row.expect;
    deepStrictEqual(await upload, { url: `${url}/${appSlug}`, bytes: bundle.bytes, sha256: bundle.sha256 });
    deepStrictEqual(received, [{
      method: "POST",
      path: `/supportbundle/upload/${appSlug}`,
      authorization: licenseId,
      contentType: "application/gzip",
      contentLength: String(bundle.bytes),
      sha256: bundle.sha256,
    }]);
  });
}

const ANSWERS: [status: number, code: string, transient: boolean][] = [
  [401, "UPLOAD_CREDENTIALS", false],
  [404, "UPLOAD_CREDENTIALS", false],
  [413, "UPLOAD_FAILED", false],
  [503, "UPLOAD_FAILED", true],
];
for (const [status, code, transient] of ANSWERS) {
  portalTest(
    `portal: calls ${status} ${transient ? "transient" : "final"}, and keeps the license to itself`,
    async (it) => {
      it.answer = status;
      const bundle = await makeBundle(it.work, file(LICENSE, "shop"));
      const destination = parseDestination(`${it.url}/`, { caFile: it.caFile });
      const error = await failure(portal.upload(bundle, destination, context({})));
      deepStrictEqual([error.code, error.transient], [code, transient]);
      ok(error.message.includes("the vendor portal at 127.0.0.1"), error.message);
      keepsSecret(error);
      strictEqual(it.received.length, transient ? 4 : 1);
    },
  );
}

portalTest("portal: finds no license in a bundle that is encrypted, and sends it when they are named", async (it) => {
  const path = join(it.work, "bundle.tar.gz.age");
  await Deno.writeTextFile(path, "age-encryption.org/v1\n-> X25519 x\n");
  const bundle = await describe(path);
  const destination = (path: string) => parseDestination(`${it.url}/${path}`, { caFile: it.caFile }, "env:LICENSE");
  ok((await failure(portal.upload(bundle, destination(""), context({ LICENSE })))).message.includes("app slug"));
  await portal.upload(bundle, destination("shop"), context({ LICENSE }));
  strictEqual(it.received[0]!.contentType, "application/octet-stream");
});

Deno.test("parseDestination() takes the vendor portal by its short name, and refuses what is no slug", async () => {
  strictEqual(parseDestination("enabled").url.href, "portal:");
  strictEqual(parseDestination("portal://vendor.example/shop").url.host, "vendor.example");
  await rejects(async () => await parseDestination("portal://vendor.example/a/b"), /no application's slug/);
});

interface Received {
  method: string;
  path: string;
  authorization: string | null;
  contentType: string | null;
  contentLength: string | null;
  sha256: string;
}

interface Portal {
  url: string;
  caFile: string;
  received: Received[];
  work: string;
  answer: number;
}

function portalTest(name: string, fn: (portal: Portal) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasOpenssl,
    async fn() {
      const { ca, server: { cert, key } } = await makeCertificates();
      const work = await Deno.makeTempDir({ prefix: "portal-" });
      const received: Received[] = [];
      const it: Portal = { url: "", caFile: join(work, "ca.pem"), received, work, answer: 200 };
      await Deno.writeTextFile(it.caFile, ca);
      const server = Deno.serve({ hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} }, async (request) => {
        const { method, headers } = request;
        const sha256 = createHash("sha256").update(new Uint8Array(await request.arrayBuffer())).digest("hex");
        received.push({
          method,
          path: new URL(request.url).pathname,
          authorization: headers.get("authorization"),
          contentType: headers.get("content-type"),
          contentLength: headers.get("content-length"),
          sha256,
        });
        // As servers do that say what they were sent.
        return new Response(`unknown license ${headers.get("authorization")}`, { status: it.answer });
      });
      it.url = `portal://127.0.0.1:${server.addr.port}`;
      try {
        await fn(it);
      } finally {
        await server.shutdown();
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}

async function makeBundle(folder: string, files: Files): Promise<LocalFile> {
  const all = { "version.yaml": "apiVersion: troubleshoot.sh/v1beta2\n", ...files };
  const tar = await tarOf(...Object.entries(all).map(([name, text]): Member => [{ name: `${ROOT}/${name}` }, text]));
  const path = join(folder, "bundle.tar.gz");
  await Deno.writeFile(path, gzipSync(tar));
  return await describe(path);
}

async function describe(path: string): Promise<LocalFile> {
  const bytes = await Deno.readFile(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path, name: path.split("/").at(-1)!, bytes: bytes.length, sha256 };
}

/** A cluster with a Secret `replicated` for each license. */
function clusterOf(licenses: [licenseID: string, appSlug: string][]): KubeClient {
  const items = licenses.map(([licenseID, appSlug]) => {
    const config = `license: |\n${document(licenseID, appSlug).replace(/^/gm, "  ")}`;
    return { metadata: { name: "replicated" }, data: { "config.yaml": btoa(config) } };
  });
  return {
    async *list(path: string, options: { fieldSelector?: string }): AsyncGenerator<KubeListPage> {
      deepStrictEqual([path, options.fieldSelector], ["/api/v1/secrets", "metadata.name=replicated"]);
      yield await Promise.resolve({ kind: "SecretList", apiVersion: "v1", metadata: {}, items });
    },
  } as unknown as KubeClient;
}

function randomLicense(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(27)), (byte) => (byte % 36).toString(36)).join("");
}

function keepsSecret(error: unknown): void {
  const text = Deno.inspect(error, { depth: 10 });
  ok(!text.includes(LICENSE) && !text.includes(OTHER), "the error holds a license");
}

async function failure(promise: Promise<unknown>): Promise<UploadError> {
  let caught: unknown;
  await rejects(promise, (error) => (caught = error, error instanceof UploadError));
  return caught as UploadError;
}
