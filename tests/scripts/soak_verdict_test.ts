import { deepStrictEqual } from "node:assert/strict";
import { soakFaults, type SoakSample, type SoakSlot } from "../../scripts/soak_verdict.ts";

const BEGUN = Date.UTC(2026, 2, 2);
const SECONDS = 600;

/** Samples of ten minutes, and a slot each second. */
function soak(sample: (second: number) => Partial<SoakSample>, slot: (second: number) => string | undefined) {
  const samples = Array.from({ length: SECONDS / 2 }, (_, i): SoakSample => ({
    atMs: 2_000 * (i + 1),
    residentMB: 100,
    anonymousMB: 50,
    fileDescriptors: 29,
    threads: 8,
    zombies: [],
    ...sample(2 * (i + 1)),
  }));
  const slots = Array.from({ length: SECONDS }, (_, i): SoakSlot[] => {
    const status = slot(i);
    return status === undefined ? [] : [{ scheduledAt: new Date(BEGUN + i * 1_000).toISOString(), status }];
  }).flat();
  return soakFaults(samples, slots, BEGUN, BEGUN + (SECONDS - 1) * 1_000);
}

const well = () => ({});
const completed = () => "completed";

const behaviour: [
  name: string,
  sample: (second: number) => Partial<SoakSample>,
  slot: (second: number) => string | undefined,
  expect: string[],
][] = [
  ["finds nothing in a daemon that stays as it is", well, completed, []],
  ["allows memory to settle and to swing", (s) => ({ anonymousMB: Math.min(s, 120) / 10 + s % 20 }), completed, []],
  ["allows a collection of garbage", (s) => ({ anonymousMB: s > 310 && s < 350 ? 40 : 50 }), completed, []],
  ["finds memory that grows with each run", (s) => ({ anonymousMB: 50 + s / 100 }), completed, [
    "memory grows by 6.0 MB in 10 minutes; 5 are allowed",
  ]],
  ["allows what each attempt opens for its time", (s) => ({ fileDescriptors: 29 + s % 8 }), completed, []],
  ["finds file descriptors that stay open", (s) => ({ fileDescriptors: 29 + Math.floor(s / 100) }), completed, [
    "file descriptors: 32, later 34",
  ]],
  ["allows a thread more", (s) => ({ threads: s > 450 ? 9 : 8 }), completed, []],
  ["finds threads that stay", (s) => ({ threads: s > 450 ? 12 : 8 }), completed, ["threads: 8, later 12"]],
  ["allows a child that ends at this instant", (s) => ({ zombies: s === 300 || s === 302 ? [7] : [] }), completed, []],
  ["finds a zombie", (s) => ({ zombies: s >= 300 && s <= 304 ? [7] : [] }), completed, [
    "zombie processes in 1 of 300 samples",
  ]],
  [
    "finds slots without an execution, and those that failed",
    well,
    (s) => s === 5 ? undefined : s === 9 ? "skipped" : "completed",
    [
      "2 of 600 slots were not completed",
    ],
  ],
];
for (const [name, sample, slot, expect] of behaviour) {
  Deno.test(`soakFaults() ${name}`, () => deepStrictEqual(soak(sample, slot), expect));
}
