import { createExactHttpClient } from "../../core/http_client.ts";
import { withTimeLimit } from "../../core/time_limit.ts";

type Env = Readonly<Record<string, string>>;

interface MachineCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

const CONTAINER_TIMEOUT_MS = 5_000;
const INSTANCE_TIMEOUT_MS = 1_000;
const INSTANCE_TOKEN_SECONDS = 300;
/** Where plain HTTP may go: this machine, and the agents of ECS and EKS. */
const CONTAINER_HOSTS = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

/** The keys of the role that a container has in ECS, or a pod with an EKS Pod Identity.
 * @returns undefined when the environment names no agent to ask
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export function containerCredentials(env: Env): (() => Promise<MachineCredentials>) | undefined {
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const address = relative ? `http://169.254.170.2${relative}` : env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!address) return undefined;
  return async () => {
    const url = URL.parse(address);
    if (url === null || (url.protocol !== "https:" && !CONTAINER_HOSTS.test(url.hostname))) {
      throw new Error("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https: nor an address of this machine");
    }
    const tokenFile = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
    const token = tokenFile ? await Deno.readTextFile(tokenFile) : env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
    const headers: Record<string, string> = token ? { authorization: token.trim() } : {};
    return parse(await ask(url, { headers }, CONTAINER_TIMEOUT_MS));
  };
}

/** The keys of the role that a machine has in EC2, by the second version of its metadata service.
 * @returns undefined when AWS_EC2_METADATA_DISABLED is true
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
export function instanceCredentials(env: Env): (() => Promise<MachineCredentials>) | undefined {
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === "true") return undefined;
  const isIpv6 = env.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE?.toLowerCase() === "ipv6";
  const endpoint = env.AWS_EC2_METADATA_SERVICE_ENDPOINT || `http://${isIpv6 ? "[fd00:ec2::254]" : "169.254.169.254"}`;
  return async () => {
    const at = (path: string) => new URL(`/latest/${path}`, endpoint);
    const token = await ask(at("api/token"), {
      method: "PUT",
      headers: { "x-aws-ec2-metadata-token-ttl-seconds": String(INSTANCE_TOKEN_SECONDS) },
    }, INSTANCE_TIMEOUT_MS);
    const headers = { "x-aws-ec2-metadata-token": token };
    const roles = "meta-data/iam/security-credentials/";
    const role = (await ask(at(roles), { headers }, INSTANCE_TIMEOUT_MS)).split("\n")[0]!.trim();
    return parse(await ask(at(roles + encodeURIComponent(role)), { headers }, INSTANCE_TIMEOUT_MS));
  };
}

/** Never through a proxy: the answer is about this machine, and for it alone. */
async function ask(url: URL, init: RequestInit, timeoutMs: number): Promise<string> {
  using client = createExactHttpClient({});
  return await withTimeLimit(timeoutMs, undefined, async (signal) => {
    const answer = await fetch(url, { ...init, client, signal, redirect: "error" });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${url.host} answered ${answer.status}`);
    return text;
  });
}

function parse(text: string): MachineCredentials {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error("the answer is no JSON"); // Its text may hold a secret.
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = answer ?? {};
  if (typeof AccessKeyId !== "string" || typeof SecretAccessKey !== "string") throw new Error("the answer has no keys");
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: typeof Token === "string" ? Token : undefined,
    expiration: typeof Expiration === "string" ? new Date(Expiration) : undefined,
  };
}
