import { z } from "zod";

/** How a run writes tokens. Serializable, and without secrets: keys are named by credential references. */
export const tokenOptionsSchema = z.object({
  /** Credential reference; absent: a random key that is forgotten with the run. */
  key: z.string().optional(),
  /** As `--token-prefix` has it. */
  format: z.string().optional(),
  /** What the user calls the bundle. */
  bundleId: z.string().optional(),
  /** Absolute; where the types of values are kept from run to run, for a key that is. */
  typesFile: z.string().optional(),
  map: z.object({
    /** Absolute. */
    path: z.string(),
    encrypt: z.union([
      z.object({ recipients: z.array(z.string()).min(1) }),
      /** Credential reference. */
      z.object({ passphrase: z.string() }),
    ]).optional(),
  }).optional(),
});

export type TokenOptions = z.output<typeof tokenOptionsSchema>;
