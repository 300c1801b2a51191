import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, missing } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import { defineCollector } from "../../collector.ts";
import { timeoutMs } from "../../deadline.ts";
import { textField, textMapField } from "../../text_field.ts";
import { findCommand } from "./child_process.ts";
import { commandEntries } from "./command_entries.ts";
import { hostFileEntry, walkFiles } from "./host_files.ts";
import { runEnvironment } from "./run_environment.ts";

const MAX_FILE_BYTES = 50_000_000;
const MAX_FILES = 1000;

export const run = defineCollector({
  kind: "run",
  where: "host",
  summary: "Output of a command on this machine, and the files it writes",
  title: ({ collectorName }) => collectorName || "Run Host",
  fields: () => ({
    command: textField().describe("Path of a program, or its name in PATH"),
    args: z.array(textField()).default([]).describe("Arguments"),
    outputDir: textField().default("").describe(
      "Folder whose files are collected; the command finds it in TS_OUTPUT_DIR",
    ),
    input: textMapField().default({}).describe("Files by name for the command; it finds their folder in TS_INPUT_DIR"),
    env: z.array(textField()).optional().describe("Variables to set, as KEY=VALUE"),
    inheritEnvs: z.array(textField()).optional().describe(
      "The only variables to pass on, with PATH, KUBECONFIG and PWD; without it all",
    ),
    ignoreParentEnvs: flagField().describe("true passes only PATH, KUBECONFIG and PWD on"),
    timeout: textField().optional().describe(
      "Longest time of the command, such as 30s; without it the run's own limit",
    ),
  }),
  async *collect(config, { clock, env: parent, signal }): AsyncGenerator<Entry> {
    const base = bundlePath("host-collectors/run-host", config.collectorName || "run-host");
    const limitMs = timeoutMs(config.timeout);
    const { env, shown } = runEnvironment(config, parent);
    const command = await findCommand(config.command, parent);
    const folder = await mkdtemp(join(tmpdir(), "support-bundle-run-"));
    try {
      const workDir = join(folder, "work");
      await mkdir(workDir);
      env.PWD = workDir;
      const outputDir = config.outputDir === "" ? undefined : join(folder, "output", bundlePath(config.outputDir));
      if (outputDir !== undefined) {
        await mkdir(outputDir, { recursive: true });
        env.TS_OUTPUT_DIR = outputDir;
      }
      if (Object.keys(config.input).length > 0) {
        env.TS_INPUT_DIR = await writeInput(join(folder, "input"), config.input);
      }

      const limit = limitMs === undefined ? undefined : { ms: limitMs, text: config.timeout! };
      yield* commandEntries({
        base,
        command,
        args: config.args,
        cwd: workDir,
        env,
        limit,
        info: {
          outputDir: config.outputDir,
          input: Object.keys(config.input).join(","),
          env: shown,
        },
      }, { clock, signal });
      if (outputDir !== undefined) yield* outputFiles(outputDir, bundlePath(base, config.outputDir), signal);
    } finally {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  },
});

/** @returns the folder that holds the files */
async function writeInput(folder: string, input: Record<string, string>): Promise<string> {
  await mkdir(folder);
  for (const [name, text] of Object.entries(input)) {
    if (name === "" || name === "." || name === ".." || /[\/\\\0]/.test(name)) {
      throw new SupportBundleError(`Cannot write the input "${name}": it is no plain file name`, {
        code: "SPEC_VALUE",
        hint: "Name inputs without slashes",
      });
    }
    await writeFile(join(folder, name), text, { mode: 0o600 });
  }
  return folder;
}

async function* outputFiles(outputDir: string, root: string, signal: AbortSignal): AsyncGenerator<Entry> {
  let files = 0;
  for await (const found of walkFiles(outputDir, "", signal)) {
    if (++files > MAX_FILES) {
      return yield missing(
        root,
        "too-large",
        `The command wrote more than ${MAX_FILES} files; the others were left out`,
      );
    }
    try {
      if ("error" in found) throw found.error;
      yield await hostFileEntry(bundlePath(root, found.relative), found.path, MAX_FILE_BYTES, signal);
    } catch (error) {
      signal.throwIfAborted();
      yield missing(`${root}/${found.relative}`, "failed", describeError(error));
    }
  }
}
