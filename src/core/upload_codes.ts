/** Of a run whose bundle waits for its destination. */
export const UPLOAD_SPOOLED = "UPLOAD_SPOOLED";

/** Of an upload that was cut off from here: it goes on from where it was. */
export const UPLOAD_INTERRUPTED = "UPLOAD_INTERRUPTED";
