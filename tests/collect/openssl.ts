import { join } from "node:path";

/** Whether this machine can make certificates. */
export const HAS_OPENSSL = await new Deno.Command("openssl", { args: ["version"], stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);

/** Makes certificates that live for two days, in a folder of its own. */
export class CertificateMaker implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async create(): Promise<CertificateMaker> {
    return new CertificateMaker(await Deno.makeTempDir({ prefix: "certificates-" }));
  }

  /** @param subject as openssl writes it: `/C=DE/O=Acme/CN=web`; `+` joins parts of one name
   * @param names subject alternative names, as openssl writes them: `DNS:a,IP:127.0.0.1`
   * @param issuer name of a certificate made before, which signs it; without one it signs itself
   * @param days how long it is valid; -1 for one that expired yesterday
   * @returns the certificate as PEM, and its key */
  async make(
    name: string,
    { subject, names, issuer, ca = false, days = 2 }: {
      subject: string;
      names?: string;
      issuer?: string;
      ca?: boolean;
      days?: number;
    },
  ): Promise<{ pem: string; key: string }> {
    const extensions = [
      `basicConstraints=critical,CA:${ca ? "TRUE" : "FALSE"}`,
      ...(names === undefined ? [] : [`subjectAltName=${names}`]),
    ];
    await Deno.writeTextFile(join(this.folder, "ext"), extensions.join("\n"));
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
    await this.openssl("req", "-new", ...newKey, "-utf8", "-multivalue-rdn", "-subj", subject, "-out", `${name}.csr`);
    const signing = issuer === undefined
      ? ["-signkey", `${name}.key`]
      : ["-CA", `${issuer}.crt`, "-CAkey", `${issuer}.key`, "-CAcreateserial"];
    await this.openssl(
      ...[
        "x509",
        "-req",
        "-in",
        `${name}.csr`,
        ...signing,
        "-days",
        `${days}`,
        "-extfile",
        "ext",
        "-out",
        `${name}.crt`,
      ],
    );
    const read = (ending: string) => Deno.readTextFile(join(this.folder, `${name}.${ending}`));
    return { pem: await read("crt"), key: await read("key") };
  }

  /** What openssl prints, without the last line's end. */
  async openssl(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("openssl", { args, cwd: this.folder }).output();
    if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trimEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
