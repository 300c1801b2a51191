import { DOCUMENT_ROWS } from "./document_rows.ts";
import { ENTRY_ROWS } from "./entry_rows.ts";
import { OUTCOME_ROWS } from "./outcome_rows.ts";
import type { Row } from "./row.ts";

/** A mistake or more for each code, in the order of the codes. */
export const ROWS: readonly Row[] = [...DOCUMENT_ROWS, ...ENTRY_ROWS, ...OUTCOME_ROWS];
