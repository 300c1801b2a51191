import { SupportBundleError } from "../core/errors.ts";
import { hiddenValue, isHidden } from "./hidden.ts";
import { isRecord, textIn } from "./stored_objects.ts";
import { type Condition, namedIntCondition } from "./when.ts";

/** What a registryImages collector found. Images are sorted. */
export interface ImageChecks {
  verified: string[];
  missing: string[];
  /** Images of which it is not known. */
  errors: string[];
  /** Why an image is not among the verified. */
  reasons: Record<string, string>;
}

/** Reads `{"images": {"<image>": {"exists": true, "error": ""}}}`.
 * @param path names the file in the error
 * @throws {SupportBundleError} when it is something else */
export function readImageChecks(value: unknown, path: string): ImageChecks {
  const images = isRecord(value) ? value.images ?? {} : undefined;
  if (!isRecord(images)) throw unreadable(`${path} of the bundle has no images`);
  const checks: ImageChecks = { verified: [], missing: [], errors: [], reasons: {} };
  for (const image of Object.keys(images).sort()) {
    const check = images[image];
    const error = textIn(check, "error");
    const exists = isRecord(check) ? check.exists ?? false : undefined;
    if (error !== "") {
      checks.errors.push(image);
      checks.reasons[image] = error;
    } else if (typeof exists !== "boolean") {
      throw unreadable(
        typeof exists === "string" && isHidden(exists)
          ? hiddenValue(path)
          : `${path} of the bundle does not say whether "${image}" exists`,
      );
    } else if (exists) {
      checks.verified.push(image);
    } else {
      checks.missing.push(image);
      checks.reasons[image] = "image not found in registry";
    }
  }
  return checks;
}

const counts = namedIntCondition(["verified", "missing", "errors"]);

/** `verified|missing|errors <op> <int>`.
 * @throws {SpecConditionError} */
export function imagesCondition(when: string): Condition<ImageChecks> {
  const holds = counts(when);
  return ({ verified, missing, errors }) =>
    holds({ verified: verified.length, missing: missing.length, errors: errors.length });
}

function unreadable(message: string): SupportBundleError {
  return new SupportBundleError(message, { code: "ANALYZER_INPUT" });
}
