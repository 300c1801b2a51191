import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describeCall, parseApiPath } from "../../src/kube/api_path.ts";

const calls = [
  // name                                              method  path                                           expect
  [
    "describeCall() names a list and its namespace",
    "GET",
    "/api/v1/namespaces/x/pods?limit=5",
    'list "pods" in namespace "x"',
  ],
  ["describeCall() names a cluster-wide list", "GET", "/apis/apps/v1/deployments", 'list "deployments"'],
  ["describeCall() names an object", "GET", "/api/v1/namespaces/x/pods/a", 'get "pods" "a" in namespace "x"'],
  ["describeCall() takes a namespace itself as an object", "GET", "/api/v1/namespaces/x", 'get "namespaces" "x"'],
  [
    "describeCall() names subresources",
    "GET",
    "/api/v1/namespaces/x/pods/a/log",
    'get "pods/log" "a" in namespace "x"',
  ],
  [
    "describeCall() calls an exec what RBAC calls it",
    "GET",
    "/api/v1/namespaces/x/pods/a/exec",
    'create "pods/exec" "a" in namespace "x"',
  ],
  [
    "describeCall() names what is created",
    "POST",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    'create "selfsubjectaccessreviews"',
  ],
  ["describeCall() quotes a path without a resource", "GET", "/version", 'get "/version"'],
] as const;
for (const [name, method, path, expected] of calls) {
  Deno.test(name, () => strictEqual(describeCall(method, path), expected));
}

Deno.test("parseApiPath() reads group, version and escaped names", () =>
  deepStrictEqual(parseApiPath("/apis/example.com/v1beta1/namespaces/a%20b/widgets/w"), {
    resource: "widgets",
    group: "example.com",
    version: "v1beta1",
    namespace: "a b",
    name: "w",
  }));
