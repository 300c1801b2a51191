import type { CredentialSource } from "../credential_source.ts";

export const vault: CredentialSource<"vault"> = {
  scheme: "vault",
  summary: "what `support-bundle credential set` keeps, sealed",
  async read({ name }, { env, clock, vaultFolder }) {
    const { Vault } = await import("../vault.ts");
    return await new Vault(vaultFolder, { env, clock }).read(name);
  },
};
