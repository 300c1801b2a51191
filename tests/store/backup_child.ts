// A process that backs up a store, again and again until it is killed. Arguments: the store, the folder of backups.
import { makeBackup } from "../../src/store/backup.ts";

const [store, folder] = Deno.args;
console.log("ready");
for (let at = Date.parse("2026-03-02T12:00:00Z");; at += 60_000) await makeBackup(store!, folder!, new Date(at));
