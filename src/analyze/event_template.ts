import { goStruct, type GoTypes } from "./go_struct.ts";
import type { StoredObject } from "./stored_objects.ts";
import type { Struct } from "./template/values.ts";

const TYPES: GoTypes = {
  Event: "kind apiVersion metadata:ObjectMeta involvedObject:ObjectReference reason message source:EventSource " +
    "firstTimestamp lastTimestamp count#0 type eventTime series:?EventSeries action related:?ObjectReference " +
    "reportingComponent|ReportingController reportingInstance",
  ObjectReference: "kind namespace name uid apiVersion resourceVersion fieldPath",
  EventSource: "component host",
  EventSeries: "count#0 lastObservedTime",
};

/** The data of templates about an event: `.Message`, `.InvolvedObject.Name`. A field that Go's type does not have is an
 * error when it is asked for. */
export function eventTemplateData(event: StoredObject): Struct {
  return goStruct(TYPES, "Event", event);
}
