import { createHash } from "node:crypto";
import * as z from "zod";
import { removeResumeFile, resumePath } from "../bundle/resume_path.ts";
import { writePrivateFile } from "../core/private_file.ts";
import type { Delivery, Destination, LocalFile, ResumeState } from "./uploader.ts";

const deliverySchema = z.object({ url: z.string(), bytes: z.number(), sha256: z.string() });
const fileSchema = z.object({
  version: z.literal(1),
  /** By {@linkcode keyOf}. */
  uploads: z.record(z.string(), z.object({ state: z.unknown().optional(), delivered: deliverySchema.optional() })),
});
type Uploads = z.output<typeof fileSchema>["uploads"];

/** How far the uploads of a bundle and its companions have come, to each of their destinations. Survives a kill; holds no
 * credentials. What cannot be read counts as absent: the uploads then begin anew. */
export class ResumeFile {
  readonly #bundlePath: string;
  #uploads: Promise<Uploads> | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param onFault told when it cannot be written: uploads go on, and begin anew the next time */
  constructor(bundlePath: string, private readonly onFault: (error: unknown) => void = () => {}) {
    this.#bundlePath = bundlePath;
  }

  /** For an uploader: its own state of one file on the way to one destination. */
  stateOf(file: LocalFile, destination: Destination): ResumeState {
    const key = keyOf(file, destination);
    return {
      load: async () => (await this.#load())[key]?.state,
      save: (state) => this.#change((uploads) => uploads[key] = { state }),
      clear: () => this.#change((uploads) => delete uploads[key]),
    };
  }

  /** What was said by {@linkcode markDelivered}. */
  async delivered(file: LocalFile, destination: Destination): Promise<Delivery | undefined> {
    return (await this.#load())[keyOf(file, destination)]?.delivered;
  }

  /** Says that the file is there, so that it is not sent once more by whoever does not know yet. */
  markDelivered(file: LocalFile, destination: Destination, delivered: Delivery): Promise<void> {
    return this.#change((uploads) => uploads[keyOf(file, destination)] = { delivered });
  }

  async #load(): Promise<Uploads> {
    return await (this.#uploads ??= read(resumePath(this.#bundlePath)));
  }

  #change(change: (uploads: Uploads) => void): Promise<void> {
    const written = this.#writing.then(async () => {
      const uploads = await this.#load();
      change(uploads);
      if (Object.keys(uploads).length === 0) await removeResumeFile(this.#bundlePath);
      else await writePrivateFile(resumePath(this.#bundlePath), JSON.stringify({ version: 1, uploads }));
    });
    this.#writing = written.catch((error) => this.onFault(error));
    return this.#writing;
  }
}

/** The same bytes on the way to the same place: credentials may change meanwhile. */
function keyOf({ name, sha256 }: LocalFile, { url, options }: Destination): string {
  const place = [url.href, Object.entries(options).sort(([a], [b]) => a < b ? -1 : 1), name, sha256];
  return createHash("sha256").update(JSON.stringify(place)).digest("hex");
}

async function read(path: string): Promise<Uploads> {
  try {
    return fileSchema.parse(JSON.parse(await Deno.readTextFile(path))).uploads;
  } catch {
    return {};
  }
}
