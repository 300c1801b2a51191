import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { connectKube } from "../../src/kube/connect.ts";
import { loadSpecs } from "../../src/spec/load_spec.ts";
import { ObjectUnreadableError, readObject } from "../../src/spec/read_object.ts";
import { type ObjectSource, parseSpecSource } from "../../src/spec/spec_source.ts";
import { ManualClock } from "../manual_clock.ts";
import { ClusterSpecs, kubeconfig, REDACTOR, SPEC, withKube } from "./cluster_specs.ts";
import { startSpecServer } from "./spec_server.ts";

const source = (text: string) => parseSpecSource(text) as ObjectSource;

Deno.test({
  name: "readObject() reads one key, or every key that holds a spec, of Secrets and ConfigMaps",
  ignore: kubeconfig === "",
  fn: async (t) => {
    await using cluster = await ClusterSpecs.create();
    const ns = await cluster.namespace("a");
    const other = crypto.randomUUID();
    const data = {
      "zz.yaml": SPEC("zz"),
      "redactor-spec": REDACTOR,
      "support-bundle-spec": SPEC("main"),
      password: other,
    };
    await cluster.secret(ns, "s", data);
    await cluster.configMap(ns, "c", { data, binaryData: { "more.yaml": btoa(SPEC("more")), "logo.png": "/9j/4A==" } });
    await cluster.configMap(ns, "none", { data: { password: other }, binaryData: { "preflight-spec": "/9j/4A==" } });
    await cluster.secret(ns, "other", { password: other });
    await cluster.secret(ns, "empty", {});
    await cluster.configMap(ns, "two", { data: { any: `${SPEC("one")}---\n${REDACTOR}---\n${SPEC("two")}` } });

    const found: [source: string, keys: string[]][] = [
      [`secret/${ns}/s`, ["support-bundle-spec", "redactor-spec", "zz.yaml"]],
      [`configmap/${ns}/c`, ["support-bundle-spec", "redactor-spec", "more.yaml", "zz.yaml"]],
      [`secret/${ns}/s/zz.yaml`, ["zz.yaml"]],
      [`configmap/${ns}/c/more.yaml`, ["more.yaml"]],
      [`secret/${ns}/s/password`, ["password"]],
    ];
    for (const [text, keys] of found) {
      await t.step(text.replace(ns, "NS"), () =>
        withKube({}, async (kube) => {
          const texts = await readObject(source(text), kube);
          const base = text.split("/").slice(0, 3).join("/");
          deepStrictEqual(texts.map(({ name }) => name), keys.map((key) => `${base}/${key}`));
          const expected: Record<string, string> = { ...data, "more.yaml": SPEC("more") };
          deepStrictEqual(texts.map(({ text }) => text), keys.map((key) => expected[key]!));
          strictEqual(kube.usage.requests, 1);
        }));
    }

    const refused: [source: string, message: RegExp, hint: RegExp, unreadable: boolean][] = [
      [`secret/${ns}/s/nope`, /^secret\/\S+\/s has no key "nope"$/, /^It has password, redactor-spec, /, false],
      [`secret/${ns}/other`, /\/other holds no spec$/, /^It has the keys password; specs are under support/, false],
      [`secret/${ns}/empty`, /\/empty holds no spec$/, /^This Secret is empty$/, false],
      [`configmap/${ns}/none`, /The key "preflight-spec" of configmap\/\S+ is not UTF-8 text/, /./, false],
      [`configmap/${ns}/c/logo.png`, /The key "logo.png" of configmap\/\S+ is not UTF-8 text/, /./, false],
      [`secret/${ns}/lost`, /\/lost: there is no Secret "lost" in namespace/, /kubectl get secrets -n /, true],
      [`configmap/${ns}/a.yaml`, /there is no ConfigMap "a.yaml"/, /for a file write \.\/configmap\//, true],
      ["secret/nowhere/x", /there is no Secret "x" in namespace "nowhere"/, /./, true],
      ["secret/..%2f..%2fnodes/x", /Cannot read the spec/, /./, true],
    ];
    for (const [text, message, hint, unreadable] of refused) {
      await t.step(
        `refuses ${text.replace(ns, "NS")}`,
        () =>
          withKube(
            {},
            (kube) =>
              rejects(() => readObject(source(text), kube), (error: Error & { hint?: string; exitCode?: number }) => {
                match(error.message, message);
                match(error.hint ?? "", hint);
                deepStrictEqual([error.exitCode, error instanceof ObjectUnreadableError], [2, unreadable]);
                ok(!`${error.message}${error.hint}`.includes(other));
                return true;
              }),
          ),
      );
    }

    await t.step("forbidden", async () => {
      const config = await cluster.account(ns, { [ns]: [{ resources: ["configmaps"], verbs: ["get"] }] });
      await withKube({ kubeconfig: config }, async (kube) => {
        strictEqual((await readObject(source(`configmap/${ns}/c/zz.yaml`), kube)).length, 1);
        await rejects(() => readObject(source(`secret/${ns}/s`), kube), {
          exitCode: 2,
          transient: false,
          message: /^Cannot read the spec secret\/\S+\/s: forbidden \(secrets "s" is forbidden: User "system:service/,
          hint: /Grant the account `get`/,
        });
      });
    });

    await t.step("loadSpecs() reads several documents of one key, and places them", () =>
      withKube({}, async (kube) => {
        const spec = await loadSpecs({
          sources: [`configmap/${ns}/two`],
          redactorSources: [`secret/${ns}/s`],
          cwd: "/",
          kube,
        });
        deepStrictEqual(
          spec.collectors.slice(0, 4).map(({ config, place }) => [config.name, place]),
          [
            ["one", `configmap/${ns}/two/any:5:17`],
            ["two", `configmap/${ns}/two/any:15:17`],
            ["main", `secret/${ns}/s/support-bundle-spec:5:17`],
            ["zz", `secret/${ns}/s/zz.yaml:5:17`],
          ],
        );
        strictEqual(spec.redactors.length, 2);
      }));
  },
});

Deno.test("readObject() says that nothing listens, and that a later try may succeed", async () => {
  const kube = connectKube({ server: "http://127.0.0.1:9" }, {});
  try {
    await rejects(() => readObject(source("secret/a/b"), kube), {
      exitCode: 2,
      transient: true,
      message: /^Cannot read the spec secret\/a\/b: /,
    });
  } finally {
    kube.close();
  }
});

Deno.test("readObject() gives up a server that hangs", async () => {
  await using server = startSpecServer({}, "hang");
  const clock = new ManualClock();
  const kube = connectKube({ server: server.base }, {});
  try {
    const answer = rejects(() => readObject(source("secret/a/b"), kube, { clock }), {
      exitCode: 2,
      transient: true,
      message: /the API server did not answer within 30 s$/,
    });
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(30_000);
    await answer;
  } finally {
    kube.close();
  }
});

Deno.test("loadSpecs() asks no cluster that no source is in", async () => {
  const kube = connectKube({ server: "http://127.0.0.1:9" }, {});
  await loadSpecs({ sources: ["-"], cwd: "/", kube, stdin: () => Promise.resolve(SPEC("a")) });
  strictEqual(kube.usage.requests, 0);
  kube.close();
});
