import { ok, rejects, strictEqual } from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import { CredentialError } from "../../src/core/credential_reference.ts";
import { secretReader } from "../../src/credentials/secret_reader.ts";
import { createLimitedAccount } from "../fixtures/service_account.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG") ?? "";

Deno.test({
  name: "secretReader() reads a Secret of a real cluster, and says what an account without rights lacks",
  ignore: ADMIN === "",
  fn: async () => {
    await using account = await createLimitedAccount(ADMIN);
    const { namespace } = account;
    const value = crypto.randomUUID();
    await account.apply([{
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s3", namespace },
      stringData: { "keys.json": `${value}\n` },
    }]);
    const read = (kubeconfig: string) =>
      secretReader({ env: {}, clock: systemClock, kube: { kubeconfig }, vaultFolder: "/nowhere" });
    const reference = `k8s-secret:${namespace}/s3/keys.json`;
    strictEqual(await read(ADMIN)(reference), value);
    await rejects(read(account.kubeconfig)(reference), (error) => {
      ok(error instanceof CredentialError && /which cannot be read: .*403/.test(error.message), Deno.inspect(error));
      return true;
    });
  },
});
