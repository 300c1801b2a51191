import { abortable } from "../core/abortable.ts";
import { systemClock } from "../core/clock.ts";
import { trustSystemAuthorities } from "../core/system_authorities.ts";
import type { CliContext, Input, Output } from "./cli_context.ts";

/** The context of a real process. The first SIGINT or SIGTERM aborts `signal` (finish what can be finished), the second
 * one `abort` (drop everything). */
export function systemRuntime(): CliContext {
  trustSystemAuthorities();
  const stop = new AbortController();
  const abort = new AbortController();
  const onSignal = () => {
    if (!stop.signal.aborted) stop.abort(new DOMException("interrupted", "AbortError"));
    else abort.abort(new DOMException("interrupted twice", "AbortError"));
  };
  Deno.addSignalListener("SIGINT", onSignal);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onSignal);
  return {
    env: Deno.env.toObject(),
    withholdVariables(names) {
      for (const name of names) Deno.env.delete(name);
    },
    cwd: Deno.cwd(),
    clock: systemClock,
    stdout: output(Deno.stdout),
    stderr: output(Deno.stderr),
    stdin: input(stop.signal),
    signal: stop.signal,
    abort: abort.signal,
    exitCode: 0,
  };
}

function output(stream: typeof Deno.stdout): Output {
  const isTerminal = stream.isTerminal();
  const encoder = new TextEncoder();
  return {
    isTerminal,
    get columns() {
      if (!isTerminal) return Infinity;
      try {
        return Deno.consoleSize().columns;
      } catch {
        return 80;
      }
    },
    write(text) {
      this.writeBytes!(encoder.encode(text));
    },
    writeBytes(bytes) {
      // Written at once: what is printed before the process ends must not be lost.
      for (let rest = bytes; rest.length > 0;) {
        try {
          rest = rest.subarray(stream.writeSync(rest));
        } catch (error) {
          if (error instanceof Deno.errors.WouldBlock) continue;
          // The reader of a pipe has gone, as `… | head` does: there is nobody to tell.
          if (error instanceof Deno.errors.BrokenPipe) {
            if (this.outlivesReader) return;
            Deno.exit(0);
          }
          throw error;
        }
      }
    },
  };
}

/** @param interrupted ends a hidden question, and the terminal shows again what is typed */
function input(interrupted: AbortSignal): Input {
  let rest = "";
  const decoder = new TextDecoder();
  const readUntil = async (lineEnd: RegExp) => {
    const buffer = new Uint8Array(4096);
    for (let end = lineEnd.exec(rest);; end = lineEnd.exec(rest)) {
      if (end !== null) {
        const line = rest.slice(0, end.index);
        rest = rest.slice(end.index + end[0].length);
        return line;
      }
      const read = await Deno.stdin.read(buffer);
      if (read === null) {
        const last = rest;
        rest = "";
        return last === "" ? undefined : last;
      }
      rest += decoder.decode(buffer.subarray(0, read), { stream: true });
    }
  };
  return {
    isTerminal: Deno.stdin.isTerminal(),
    async readAll() {
      return rest + await new Response(Deno.stdin.readable).text();
    },
    readLine: () => readUntil(/\r?\n/),
    readHidden: Deno.build.os === "windows" ? undefined : async (ask) => {
      // Ctrl-C still comes as a signal. The terminal does not edit the line: backspace arrives as a character.
      Deno.stdin.setRaw(true, { cbreak: true });
      try {
        await ask?.();
        const line = await abortable(readUntil(/[\r\n]/), interrupted);
        const pasted = rest.trim() === "" ? "" : `\n${rest}`;
        rest = "";
        return withoutErased(line === undefined ? undefined : line + pasted);
      } finally {
        Deno.stdin.setRaw(false);
      }
    },
  };
}

function withoutErased(typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const kept: string[] = [];
  for (const char of typed) {
    if (char === "\x7f" || char === "\b") kept.pop();
    else kept.push(char);
  }
  return kept.join("");
}
