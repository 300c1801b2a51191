import type { Problem } from "../problem.ts";
import type { Advice } from "./advice.ts";

/** Findings that say nothing about the cluster or the host: something is to be set right before. */
export const statusAdvice: Readonly<Partial<Record<Problem["status"], Advice>>> = {
  "error": {
    text: "The analyzer could not be evaluated. Its subject may be healthy or not: this says neither.",
    action: "Read the message. When it names a file of the bundle, look there for what the collector got instead",
  },
  "file-missing": {
    text: "The bundle does not have the file that this analyzer reads, so it judged nothing.",
    action: "Look in MANIFEST.json why: the collector may be missing in the spec, forbidden, excluded or out of time",
  },
  "no-outcome-matched": {
    text: "None of the outcomes that the spec names fits what was found, so there is no verdict.",
    action: "Add an outcome without `when` at the end of the analyzer's outcomes",
  },
};
