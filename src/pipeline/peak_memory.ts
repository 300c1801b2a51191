/** The most memory this process has held so far, in megabytes: from the kernel where it says so, else what it holds now. */
export async function peakMemoryMB(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  const bytes = kilobytes === undefined ? Deno.memoryUsage().rss : Number(kilobytes) * 1024;
  return Math.round(bytes / 1e5) / 10;
}
