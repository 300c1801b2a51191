import { deepStrictEqual, throws } from "node:assert/strict";
import { kubeOptions } from "../../src/cli/kube_flags.ts";
import { readSizeFlags, type SizeFlags } from "../../src/cli/size_flags.ts";
import { pipelineRequestSchema } from "../../src/pipeline/request.ts";

const sizes: [name: string, flags: SizeFlags, expected: Record<string, number> | RegExp][] = [
  ["nothing that was not said", {}, {}],
  ["units of both sorts", { maxFileSize: "1.5MB", maxBundleSize: "2GiB" }, { file: 1_500_000, bundle: 2 * 1024 ** 3 }],
  ["bytes, and 0 for no limit", { maxFileSize: "1000", maxCollectorSize: "0" }, { file: 1000, collector: 0 }],
  ["no size without a unit it knows", { maxFileSize: "5 files" }, /--max-file-size: "5 files" is not a size/],
  ["no negative size", { maxBundleSize: "-1" }, /--max-bundle-size: "-1" is not a size/],
];
for (const [name, flags, expected] of sizes) {
  Deno.test(`readSizeFlags() takes ${name}`, () => {
    if (expected instanceof RegExp) throws(() => readSizeFlags(flags), expected);
    else deepStrictEqual(readSizeFlags(flags), expected);
  });
}

Deno.test("a request has all size limits, named or not", () => {
  const request = { specs: [], archivePath: "/a", rootName: "a", workParent: "/w", sizeLimits: { bundle: 0 } };
  deepStrictEqual(pipelineRequestSchema.parse(request).sizeLimits, { file: 250e6, collector: 1e9, bundle: 0 });
});

const rates: [name: string, flags: Record<string, string>, expected: Record<string, number> | RegExp][] = [
  ["nothing that was not said", {}, {}],
  ["a rate", { qps: "20" }, { qps: 20 }],
  ["a slow rate with a burst", { qps: "0.5", burst: "10" }, { qps: 0.5, burst: 10 }],
  ["a rate of 0 as none", { qps: "0" }, { qps: 0 }],
  ["no word as a rate", { qps: "slow" }, /--qps: "slow" is not a number/],
  ["no negative rate", { qps: "-3" }, /--qps: "-3" is not a number/],
  ["no burst alone", { burst: "3" }, /--burst means nothing without --qps/],
  ["no burst beside no rate", { qps: "0", burst: "3" }, /--burst means nothing without --qps/],
  ["a deadline of requests in seconds", { requestTimeout: "30" }, { requestTimeoutMs: 30_000 }],
  ["a deadline of requests as a duration", { requestTimeout: "2m" }, { requestTimeoutMs: 120_000 }],
  ["a deadline of 0 as none", { requestTimeout: "0" }, { requestTimeoutMs: 0 }],
];
for (const [name, flags, expected] of rates) {
  Deno.test(`kubeOptions() takes ${name}`, () => {
    if (expected instanceof RegExp) throws(() => kubeOptions(flags), expected);
    else deepStrictEqual(kubeOptions(flags), expected);
  });
}
