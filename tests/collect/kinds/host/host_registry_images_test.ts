import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { registryImages } from "../../../../src/collect/kinds/host/registry_images.ts";
import { makeImage, pushImage, registryProgram, startRegistry } from "../../../fixtures/oci_registry.ts";
import { randomHex } from "../../../fixtures/server_process.ts";
import { collectAll } from "../../collect_all.ts";

Deno.test({
  name: "registryImages of the host logs in with the spec's name and password, and tells none of them",
  ignore: registryProgram === undefined,
  async fn() {
    const storage = await Deno.makeTempDir({ prefix: "registry-storage-" });
    const user = { username: "puller", password: randomHex(8) };
    try {
      const open = await startRegistry({ storage });
      await pushImage(open.host, "app/web", "1.0", await makeImage({ os: "linux" }, ["x"])).finally(() => open.stop());
      const closed = await startRegistry({ storage, auth: { kind: "basic", ...user } });
      try {
        const [there, not] = [`${closed.host}/app/web:1.0`, `${closed.host}/app/web:2.0`];
        const right = await collectAll(registryImages, { images: [there, not], ...user }, { env: {} });
        const text = right.files["host-collectors/registry-images/images.json"]!;
        deepStrictEqual(JSON.parse(text), { images: { [there]: { exists: true }, [not]: { exists: false } } });
        const login = { username: "puller", password: "planted", collectorName: "app" };
        const wrong = await collectAll(registryImages, { images: [there], ...login }, { env: {} });
        const refused = wrong.files["host-collectors/registry-images/app.json"]!;
        match(JSON.parse(refused).images[there].error, /answered 401/);
        ok(!refused.includes("planted") && !text.includes(user.password));
        const nobody = await collectAll(registryImages, { images: [there] }, { env: {} });
        const { exists } = JSON.parse(nobody.files["host-collectors/registry-images/images.json"]!).images[there];
        strictEqual(exists, false);
      } finally {
        await closed.stop();
      }
    } finally {
      await Deno.remove(storage, { recursive: true });
    }
  },
});
