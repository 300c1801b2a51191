import { match, ok, rejects } from "node:assert/strict";
import { parseSettings } from "../../src/daemon/load_settings.ts";
import { SettingsError } from "../../src/daemon/settings.ts";

export type RefusedSettings = [
  name: string,
  text: string,
  env: Record<string, string>,
  message: RegExp,
  hint: RegExp,
];

/** Tests of settings that cannot be used: each says why, where, and what to do. */
export function refusesSettings(rows: readonly RefusedSettings[]): void {
  for (const [name, text, env, message, hint] of rows) {
    Deno.test(`parseSettings() ${name}`, async () => {
      await rejects(parseSettings(text, "s.yaml", env), (error) => {
        ok(error instanceof SettingsError, String(error));
        match(error.message, message);
        match(error.hint ?? "", hint);
        return true;
      });
    });
  }
}
