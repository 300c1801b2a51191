import { hostServices } from "../../../src/analyze/kinds/host/host_services.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass } from "../judge_kind.ts";

const path = "host-collectors/system/systemctl_services.json";
const unit = (Unit: string, Load = "loaded", Active = "active", Sub = "running") => ({ Unit, Load, Active, Sub });
const services = [
  unit("docker.service"),
  unit("ufw.service", "loaded", "active", "exited"),
  unit("firewalld.service", "not-found", "inactive", "dead"),
  unit("docker-old.service", "loaded", "inactive", "dead"),
  unit("●", "sssd.service", "loaded", "failed"),
];

testConditions(hostServices, path, [
  ["docker = active", services, true],
  ["docker == active", services, true],
  ["docker.service == active", services, true],
  ["docker == inactive", services, false],
  ["docker-old == inactive", services, true],
  ["docker != active", services, false],
  ["docker <> inactive", services, true],
  ["ufw == active,exited", services, true],
  ["ufw == active,running", services, false],
  ["ufw != active,running", services, true],
  ["ufw == active,exited,loaded", services, true],
  ["ufw == active,exited,masked", services, false],
  ["ufw == *,*,loaded", services, true],
  ["ufw == ,exited", services, true],
  ["ufw == *", services, true],
  ["ufw != *", services, false],
  ["firewalld == inactive,dead,not-found", services, true],
  ["none == active", services, false],
  ["none != active", services, false],
  ["sssd == failed", services, true],
  ["sssd == failed,*,loaded", services, true],
  ["docker == active", null, false],
]);

testMistakes(hostServices, [
  ["docker active", "it is not a service, an operator and a state"],
  ["docker == active, running", "it is not a service, an operator and a state"],
  ["docker > active", '">" is not an operator here'],
  ["docker == a,b,c,d", '"a,b,c,d" has more than three states'],
]);

testBehaviour(hostServices, [
  ["counts the services when no outcome matches", { outcomes: [fail("docker != active")] }, { [path]: services }, [
    "skipped/no-outcome-matched: No outcome of the spec matched the 5 services of the host",
  ]],
  ["fails on a state that the collector lost", { outcomes: [pass("sssd == failed,failed")] }, { [path]: services }, [
    `throws: ${path} of the bundle does not tell the sub state of sssd.service`,
  ]],
  ["fails where the service may be one whose name is hidden", { outcomes: [pass("x == active")] }, {
    [path]: [unit("***HIDDEN***")],
  }, [`throws: ${path} of the bundle has no "Unit": redaction has hidden it`]],
  ["is not hindered by what is hidden elsewhere", { outcomes: [pass("docker == active")] }, {
    [path]: [unit("docker.service", "***HIDDEN***"), unit("***HIDDEN***")],
  }, ["pass: P"]],
]);
