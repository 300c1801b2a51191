import { defineJsonCompare } from "../../json_compare.ts";

export const hostJsonCompare = defineJsonCompare("host");
