import manifest from "../../deno.json" with { type: "json" };

/** The version of this program, as `version`, `version.yaml` and the user agent say it. */
export const VERSION: string = manifest.version;
