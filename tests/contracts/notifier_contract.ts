import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { secretsOf } from "../secrets.ts";
import { CredentialError } from "../../src/core/credential_reference.ts";
import { UsageError } from "../../src/core/errors.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget } from "../../src/notify/notifier.ts";
import { NotifyError } from "../../src/notify/notify_error.ts";

/** How a receiver answers: it takes what it gets, asks to come back later (`Retry-After: 17` where the protocol has that), fails
 * for a passing reason, refuses for good, does not know the credentials, or says nothing. */
export type Answer = "takes" | "busy" | "broken" | "refuses" | "wrong-credentials" | "silent";

/** Somebody to tell, made for one test. */
export interface NotifierPlace {
  target: NotifyTarget;
  /** What the target's references name. */
  env: Record<string, string>;
  /** What no error may hold. */
  secrets: string[];
  /** The answers to come, one a try; the last one stays. */
  answer(...answers: Answer[]): void | Promise<void>;
  /** How often it was tried. */
  tries(): number | Promise<number>;
  /** What the receiver has taken, as text. */
  received(): string[] | Promise<string[]>;
  close(): Promise<void>;
}

export interface NotifierCase {
  notifier: Notifier;
  /** When the real thing is not here. */
  ignore?: boolean;
  open(): Promise<NotifierPlace> | NotifierPlace;
  /** The same target where nobody is. */
  absent(place: NotifierPlace): NotifyTarget;
  /** True when it can be told how long to wait. */
  waits?: boolean;
  /** Answers that this kind's receivers cannot give. */
  lacks?: Answer[];
  /** A receiver whose certificate nobody vouches for. */
  untrusted?(): Promise<NotifierPlace>;
  /** Looks at what arrives of {@linkcode hostile}. */
  harmless(received: string): void;
  /** Targets that could never work, and why. */
  unusable: [why: RegExp, target: Partial<NotifyTarget>][];
}

export const NOW = new Date("2026-03-02T04:05:06Z");

/** A run that failed, as those who keep a state want to know of it: one request for every kind. */
export const failed: Notification = {
  schemaVersion: 1,
  events: ["failure"],
  job: { id: "3f0c9a1e", name: "nightly" },
  execution: { id: "3f0c9a1e-20260302T040000Z", scheduledAt: "2026-03-02T04:00:00.000Z", attempt: 2 },
  sentAt: NOW.toISOString(),
  host: "host-1",
  status: "failed",
  summary: "nightly: failed",
  error: "The API server did not answer",
  findings: { fail: 0, warn: 0, pass: 0 },
  newFindings: [],
  fixedFindings: [],
};

/** Everything that a message can have. */
export const full: Notification = {
  ...failed,
  events: ["failure", "new-findings", "fixed-findings", "always"],
  status: "failed",
  summary: "nightly: failed, 2 failures and 1 warning, 2 of them new, 1 fixed, the job is paused now",
  paused: { note: '5 runs failed in a row; to enable it again: support-bundle schedule enable "nightly"' },
  findings: { fail: 2, warn: 1, pass: 12 },
  newFindings: [
    {
      title: "Pod shop/web is crash-looping",
      severity: "fail",
      message: "It ended 7 times with exit code 137",
      evidence: "cluster-resources/pods/shop.json:120",
    },
    { title: "Certificate of shop.example", severity: "warn", message: "It expires in 6 days" },
  ],
  fixedFindings: [{ title: "Disk", severity: "fail", message: "/var is 97 % full" }],
  bundle: {
    path: "/var/lib/support-bundle/nightly.tar.gz",
    url: "https://bundles.example.com/nightly/2026-03-02.tar.gz",
    bytes: 48_300_000,
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  },
  earlier: [
    {
      job: failed.job,
      events: ["new-findings"],
      at: "2026-03-01T22:00:00.000Z",
      status: "completed",
      summary: "nightly: completed, 1 failure, 1 of them new",
    },
  ],
};

/** A password that stands in texts where no redaction has seen it. */
export const PASSWORD_IN_URL = crypto.randomUUID();

const NASTY = "<!channel> <@U1> @everyone </table><script>alert(1)</script> [x](https://evil.invalid) *b* `c` " +
  `\r\nBcc: evil@example.com\r\n\u0000\u001b[31m\u202e \ud800 ftp://u:${PASSWORD_IN_URL}@h/ "quoted" \\ & `;

/** Texts that want to be more than text, and have a megabyte. */
export const hostile: Notification = {
  ...full,
  job: { id: "3f0c9a1e", name: `nightly ${NASTY}` },
  host: NASTY,
  summary: `${NASTY} ${"&".repeat(1_000_000)}`,
  error: `${NASTY} ${"&".repeat(1_000_000)}`,
  newFindings: Array.from({ length: 60 }, (_, n) => ({
    title: `${n} ${NASTY}`,
    severity: "fail" as const,
    message: `${NASTY} ${"<".repeat(n === 0 ? 1_000_000 : 10_000)}`,
    evidence: NASTY,
  })),
  fixedFindings: Array.from({ length: 60 }, (_, n) => ({ title: `${n}`, severity: "warn" as const, message: NASTY })),
  bundle: { ...full.bundle!, url: `https://u:${PASSWORD_IN_URL}@bundles.example.com/x?sig=${PASSWORD_IN_URL}` },
  earlier: Array.from({ length: 500 }, () => ({ ...full.earlier![0]!, summary: NASTY })),
};

/** What every notifier has to hold. */
export function notifierContract(one: NotifierCase): void {
  const { notifier, lacks = [] } = one;
  const test = (behaviour: string, fn: (place: NotifierPlace) => Promise<void> | void, needs?: Answer) => {
    if (needs !== undefined && lacks.includes(needs)) return;
    Deno.test({
      name: `${notifier.kind}: ${behaviour}`,
      ignore: one.ignore === true,
      async fn() {
        const place = await one.open();
        try {
          await fn(place);
        } finally {
          await place.close();
        }
      },
    });
  };

  test("tells of a run that failed, once", async (place) => {
    await notifier.notify(failed, place.target, context(place));
    strictEqual(await place.tries(), 1);
    strictEqual((await place.received()).length, 1);
    match((await place.received())[0]!, /nightly/);
  });

  test("tells of everything that a message can have", async (place) => {
    await notifier.notify(full, place.target, context(place));
    ok((await place.received()).length >= 1);
    match((await place.received()).join("\n"), /nightly/);
  });

  test("tells of a run of no job", async (place) => {
    const { job: _, execution: __, error: ___, ...bare } = failed;
    await notifier.notify(bare, place.target, context(place));
    strictEqual((await place.received()).length, 1);
  });

  test("tries again what fails for a passing reason, and tells it once", async (place) => {
    await place.answer("broken", "broken", "takes");
    const slept: number[] = [];
    await notifier.notify(failed, place.target, context(place, { clock: recording(slept) }));
    deepStrictEqual([await place.tries(), (await place.received()).length, slept.length], [3, 1, 2]);
  }, "broken");

  if (one.waits) {
    test("waits as long as it is asked to", async (place) => {
      await place.answer("busy", "takes");
      const slept: number[] = [];
      await notifier.notify(failed, place.target, context(place, { clock: recording(slept) }));
      deepStrictEqual([slept, (await place.received()).length], [[17_000], 1]);
    });
  }

  test("gives up after three tries, and says what to do", async (place) => {
    await place.answer("broken");
    await fails(place, place.target);
    deepStrictEqual([await place.tries(), (await place.received()).length], [3, 0]);
  }, "broken");

  test("does not try again what is refused for good", async (place) => {
    await place.answer("refuses");
    await fails(place, place.target);
    deepStrictEqual([await place.tries(), (await place.received()).length], [1, 0]);
  }, "refuses");

  test("fails for good with wrong credentials, and keeps them to itself", async (place) => {
    await place.answer("wrong-credentials");
    await fails(place, place.target);
    strictEqual(await place.tries(), 1);
  }, "wrong-credentials");

  test("gives up on one who says nothing", async (place) => {
    await place.answer("silent");
    await fails(place, place.target, { tryTimeoutMs: 200 });
    strictEqual((await place.received()).length, 0);
  }, "silent");

  test("ends with the signal's reason", async (place) => {
    await place.answer("silent");
    const abort = new AbortController();
    const telling = notifier.notify(failed, place.target, context(place, { signal: abort.signal }));
    telling.catch(() => {});
    while (await place.tries() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort(new Error("the run was stopped"));
    await rejects(telling, { message: "the run was stopped" });
  }, "silent");

  test("does nothing when it is aborted before it begins", async (place) => {
    const signal = AbortSignal.abort(new Error("too late"));
    await rejects(notifier.notify(failed, place.target, context(place, { signal })), { message: "too late" });
    strictEqual(await place.tries(), 0);
  });

  test("says that nobody is there", async (place) => {
    await fails(place, one.absent(place));
  });

  if (one.untrusted !== undefined) {
    const { untrusted } = one;
    test("trusts no certificate that nobody vouches for", async () => {
      const place = await untrusted();
      try {
        await fails(place, place.target);
        strictEqual((await place.received()).length, 0);
      } finally {
        await place.close();
      }
    });
  }

  test("sends nothing when a secret is not there", async (place) => {
    if (Object.keys(place.env).length === 0) return;
    await rejects(notifier.notify(failed, place.target, context(place, { secret: none })), CredentialError);
    strictEqual(await place.tries(), 0);
  });

  test("keeps to itself what a secret is that it cannot use", async (place) => {
    for (const name of Object.keys(place.env)) {
      for (const odd of ["\n", "\u2192", "\u0000"]) {
        const env = { ...place.env, [name]: `${place.env[name]}${odd}${place.env[name]}` };
        await notifier.notify(failed, place.target, context({ env })).catch((error) => {
          ok(error instanceof NotifyError || error instanceof UsageError, Deno.inspect(error));
          noSecrets(error, place.secrets);
        });
      }
    }
  });

  test("takes texts of others for text, whatever is in them", async (place) => {
    await notifier.notify(hostile, place.target, context(place));
    ok((await place.received()).length > 0);
    for (const received of await place.received()) one.harmless(received);
  });

  for (const [why, some] of one.unusable) {
    test(`refuses a target: ${why.source}`, ({ target, secrets }) => {
      throws(() => notifier.validate({ ...target, ...some }), (error) => {
        ok(error instanceof UsageError, Deno.inspect(error));
        match(error.message, why);
        ok(error.hint !== undefined);
        noSecrets(error, secrets);
        return true;
      });
    });
  }

  test("accepts its own target, and explains its options", ({ target }) => {
    notifier.validate(target);
    for (const meaning of Object.values(notifier.options)) ok(meaning !== "");
  });

  async function fails(place: NotifierPlace, target: NotifyTarget, some: Partial<NotifyContext> = {}): Promise<void> {
    await rejects(notifier.notify(failed, target, context(place, some)), (error) => {
      ok(error instanceof NotifyError, Deno.inspect(error));
      ok(error.hint !== undefined && error.hint !== "");
      ok(error.message.length < 600, error.message);
      noSecrets(error, place.secrets);
      return true;
    });
  }
}

export function noSecrets(error: unknown, secrets: readonly string[]): void {
  const text = Deno.inspect(error, { depth: 10, strAbbreviateSize: 10_000 });
  for (const secret of secrets) ok(!text.includes(secret), `the error holds a secret: ${text}`);
}

export function context(place: Pick<NotifierPlace, "env">, some: Partial<NotifyContext> = {}): NotifyContext {
  return {
    signal: new AbortController().signal,
    env: { PATH: Deno.env.get("PATH") ?? "", ...place.env },
    secret: secretsOf(place.env),
    clock: recording([]),
    ...some,
  };
}

export function recording(slept: number[]): NotifyContext["clock"] {
  return { now: () => NOW, sleep: (ms: number) => (slept.push(ms), Promise.resolve()) };
}

function none(): Promise<string> {
  return Promise.reject(new CredentialError("There is none", "Set it"));
}
