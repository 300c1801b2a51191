/** Delivers a file in a process of its own, one that trusts another authority for instance: reads what to deliver as JSON
 * from standard input, writes the delivery, or what the error says. */
import { azblob } from "../../src/upload/kinds/azblob.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import { context } from "../contracts/uploader_contract.ts";

const { file, url, options, env } = await new Response(Deno.stdin.readable).json();
try {
  const clock = { now: () => new Date(), sleep: () => Promise.resolve() };
  console.log(JSON.stringify(await azblob.upload(file, { url: new URL(url), options }, context(env, { clock }))));
} catch (error) {
  if (!(error instanceof UploadError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message, transient: error.transient }));
}
