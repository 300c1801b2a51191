import { defineJsonCompare } from "../../json_compare.ts";

export const jsonCompare = defineJsonCompare("cluster");
