import { defineHostAnalyzer } from "../../host_analyzer.ts";
import { type HostData, objectIn } from "../../host_data.ts";
import { sysctlCondition } from "../../sysctl_condition.ts";

export const hostSysctl = defineHostAnalyzer<HostData>({
  kind: "sysctl",
  summary: "Compares kernel settings of the host",
  title: "Sysctl",
  path: () => "system/sysctl.json",
  when: "net.ipv4.ip_forward = 1, vm.max_map_count >= 262144",
  condition(when) {
    const { key, holds } = sysctlCondition(when);
    return ({ value: settings, path }) => {
      if (!Object.hasOwn(settings, key)) throw new Error(`${path} of the bundle has no setting "${key}"`);
      return holds(String(settings[key]), path);
    };
  },
  read: objectIn,
  show: ({ path }) => `the settings in ${path}`,
});
