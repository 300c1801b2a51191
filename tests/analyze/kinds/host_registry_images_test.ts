import { hostRegistryImages } from "../../../src/analyze/kinds/host/registry_images.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass } from "../judge_kind.ts";

const path = "host-collectors/registry-images/images.json";
const images = {
  images: {
    "nginx:2": { exists: true },
    "nginx:1": { exists: true },
    "app:b": { exists: false },
    "app:a": { exists: false },
    "app:c": { exists: false, error: "unauthorized" },
  },
};

testConditions(hostRegistryImages, path, [
  ["verified = 2", images, true],
  ["verified == 2", images, true],
  ["verified === 3", images, false],
  ["missing > 1", images, true],
  ["missing >= 3", images, false],
  ["errors < 1", images, false],
  ["errors <= 1", images, true],
  ["errors = 0", { images: {} }, true],
]);

testMistakes(hostRegistryImages, [
  ["missing 0", "it is not a name, an operator and a number"],
  ["found > 0", '"found" cannot be compared here'],
  ["missing != 0", '"!=" is not an operator here'],
]);

testBehaviour(hostRegistryImages, [
  [
    "renders messages, with sorted lists",
    {
      outcomes: [fail(undefined, '{{ join ", " .Verified }} | {{ .Missing }} | {{ .Errors }}')],
    },
    { [path]: images },
    ["fail: nginx:1, nginx:2 | [app:a app:b] | [app:c]"],
  ],
  [
    "renders why an image is not verified",
    {
      outcomes: [
        fail("missing > 0", "{{ range $image, $why := .UnverifiedReasons }}{{ $image }}: {{ $why }}; {{ end }}"),
      ],
    },
    { [path]: images },
    [
      "fail: app:a: image not found in registry; app:b: image not found in registry; app:c: unauthorized; ",
    ],
  ],
  ["says so when no outcome matches", { outcomes: [fail("missing > 5")] }, { [path]: images }, [
    "skipped/no-outcome-matched: No outcome of the spec matched 2 verified images, 2 missing, 1 with errors",
  ]],
  ["fails on a message that asks for what there is not", { outcomes: [pass(undefined, "{{ .Nope }}")] }, {
    [path]: images,
  }, [
    'throws: Cannot use the template "{{ .Nope }}": registry images has no field Nope',
  ]],
  ["refuses a message that cannot be read, behind an outcome that matches", {
    outcomes: [pass(), fail(undefined, "{{ end }}")],
  }, {
    [path]: images,
  }, ['throws: Cannot use the template "{{ end }}": unexpected {{end}}']],
  ["fails where it is hidden whether an image exists", { outcomes: [pass()] }, {
    [path]: { images: { a: { exists: "***HIDDEN***" } } },
  }, [`throws: The value in ${path} cannot be judged: redaction has hidden it`]],
]);
