import { badWhen } from "../../condition_error.ts";
import { defineHostAnalyzer } from "../../host_analyzer.ts";
import { type HostData, listIn, textOf } from "../../host_data.ts";
import { comparison, type Condition, EQUALITIES, words } from "../../when.ts";

const HINT = "Write it as docker = active, or ufw != active,running,loaded; * stands for any state";

export const hostServices = defineHostAnalyzer<HostData[]>({
  kind: "hostServices",
  summary: "Compares the states of systemd's services",
  title: "Host Services",
  path: () => "system/systemctl_services.json",
  when: "docker = active, ufw != active,running,loaded",
  condition: serviceCondition,
  read: (file) => listIn(file),
  show: ({ length }) => `the ${length} services of the host`,
});

/** In the order in which conditions write them. */
const STATES = ["active", "sub", "load"] as const;
type Field = "unit" | typeof STATES[number];

const COLUMNS: Record<Field, string> = { unit: "Unit", load: "Load", active: "Active", sub: "Sub" };
/** systemctl marks failed units in front of their names, and collectors took the mark for a column. */
const COLUMNS_AFTER_MARK: Record<Field, string | undefined> = {
  unit: "Load",
  load: "Active",
  active: "Sub",
  sub: undefined,
};

/** @throws when the collector did not write it, or redaction has hidden it */
function fieldOf(service: HostData, field: Field): string {
  const marked = /^[●○×↻*]$/.test(String(service.value.Unit));
  const column = marked ? COLUMNS_AFTER_MARK[field] : COLUMNS[field];
  if (column !== undefined) return textOf(service, column);
  throw new Error(`${service.path} of the bundle does not tell the ${field} state of ${fieldOf(service, "unit")}`);
}

/** `<unit> <op> <active>[,<sub>[,<load>]]`, about the first unit whose name is, or begins with, the one given. */
function serviceCondition(when: string): Condition<HostData[]> {
  const parts = words(when);
  if (parts.length !== 3) throw badWhen(when, "it is not a service, an operator and a state", HINT);
  const [name, operator, states] = parts as [string, string, string];
  const differs = operator === "<>" || comparison(operator, when, EQUALITIES) === "!=";
  const written = states.split(",").map((state) => state.trim());
  if (written.length > STATES.length) throw badWhen(when, `"${states}" has more than three states`, HINT);
  const wanted = STATES.map((state, i) => [state, written[i] ?? ""] as const)
    .filter(([, value]) => value !== "" && value !== "*");
  return (services) => {
    const service = services.find((candidate) => fieldOf(candidate, "unit").startsWith(name));
    if (service === undefined) return false;
    const equal = wanted.every(([state, value]) => fieldOf(service, state) === value);
    return differs ? !equal : equal;
  };
}
