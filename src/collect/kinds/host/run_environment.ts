import { SupportBundleError } from "../../../core/errors.ts";
import { EXECUTION_ENV, WORK_ENV } from "../../../core/execution_mark.ts";

export interface RunEnvironment {
  /** The whole environment of the command. */
  env: Record<string, string>;
  /** For the info file: what the spec sets, as `KEY=VALUE`, and the bare names of what is inherited. */
  shown: string[];
}

const ALWAYS = ["PATH", "KUBECONFIG", "PWD", EXECUTION_ENV, WORK_ENV];

/** The environment of a host command: all of the parent's; or with `inheritEnvs`, those; or with `ignoreParentEnvs`, none;
 * with PATH, KUBECONFIG and PWD in any case, and with the mark of the execution. What the spec sets wins.
 * @throws {SupportBundleError} when an entry is no `KEY=VALUE`, or a variable to inherit is not set */
export function runEnvironment(
  spec: { env?: string[]; inheritEnvs?: string[]; ignoreParentEnvs?: boolean },
  parent: Readonly<Record<string, string>>,
): RunEnvironment {
  const inherited: Record<string, string> = {};
  const wanted = spec.ignoreParentEnvs
    ? ALWAYS
    : spec.inheritEnvs?.length
    ? [...spec.inheritEnvs, ...ALWAYS]
    : Object.keys(parent);
  for (const name of wanted) {
    const value = parent[name];
    if (value !== undefined) inherited[name] = value;
    else if (!ALWAYS.includes(name)) {
      throw new SupportBundleError(`Cannot pass the variable "${name}" on: it is not set`, {
        code: "SPEC_VALUE",
        hint: "Set it, or take it out of inheritEnvs",
      });
    }
  }
  const own: Record<string, string> = {};
  for (const [index, entry] of (spec.env ?? []).entries()) {
    const match = /^([^=\0]+)=([^\0]+)$/s.exec(entry);
    if (match === null) { // the entry itself may be a secret: its place has to do
      throw new SupportBundleError(`Entry ${index + 1} of env is not of the form KEY=VALUE`, { code: "SPEC_VALUE" });
    }
    own[match[1]!] = match[2]!;
  }
  const shown = [
    ...Object.entries(own).map(([name, value]) => `${name}=${value}`),
    ...Object.keys(inherited).filter((name) => !Object.hasOwn(own, name)).sort(),
  ];
  return { env: { ...inherited, ...own }, shown };
}
