import { openJobStore } from "../../src/store/kv_job_store.ts";
import { jobStoreContract, type OpenedStore } from "../contracts/job_store_contract.ts";
import { kvServerProgram, startKvServer } from "../fixtures/kv_server.ts";
import { openEmbeddedStore } from "./embedded_store.ts";

jobStoreContract("KvJobStore (embedded)", openEmbeddedStore);

const program = kvServerProgram();

jobStoreContract("KvJobStore (remote)", openRemoteStore, { ignore: program === undefined });

async function openRemoteStore(): Promise<OpenedStore> {
  const folder = await Deno.makeTempDir();
  const token = crypto.randomUUID();
  const server = await startKvServer(program!, folder, token);
  const { url } = server;
  Deno.env.set("DENO_KV_ACCESS_TOKEN", token);
  const store = await openJobStore({ url });
  return {
    store,
    reopen: () => openJobStore({ url }),
    dispose: async () => {
      store.close();
      Deno.env.delete("DENO_KV_ACCESS_TOKEN");
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
