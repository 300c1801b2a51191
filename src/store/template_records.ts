import { type JobTemplate, templateSchema } from "../schedule/template.ts";
import { key } from "./keys.ts";
import { again, asCheck, type KvSession } from "./kv_session.ts";
import { encodeRecord } from "./record_codec.ts";
import type { RecordReader } from "./record_reader.ts";

/** Templates, by name. */
export class TemplateRecords {
  readonly #session: KvSession;
  readonly #reader: RecordReader;

  constructor(session: KvSession, reader: RecordReader) {
    this.#session = session;
    this.#reader = reader;
  }

  save(template: JobTemplate, replace: boolean): Promise<boolean> {
    const { name } = template;
    return this.#session.untilCommitted(`save the template "${name}"`, async () => {
      const entry = await this.#session.get(key.template(name));
      if (!replace && await this.#reader.read(templateSchema, entry) !== undefined) return false;
      // One that could not be read was set aside by that: its place is free.
      const check = replace ? asCheck(entry) : { key: key.template(name), versionstamp: null };
      const operation = this.#session.atomic().check(check)
        .set(key.template(name), encodeRecord(template, `the template "${name}"`));
      return await this.#session.commit(operation) ? true : again;
    });
  }

  async get(name: string): Promise<JobTemplate | undefined> {
    return await this.#reader.read(templateSchema, await this.#session.get(key.template(name)));
  }

  async list(): Promise<JobTemplate[]> {
    const templates: JobTemplate[] = [];
    for await (const entry of this.#session.list({ prefix: key.templates })) {
      const template = await this.#reader.read(templateSchema, entry);
      if (template !== undefined) templates.push(template);
    }
    return templates;
  }

  delete(name: string): Promise<boolean> {
    return this.#session.untilCommitted(`delete the template "${name}"`, async () => {
      const entry = await this.#session.get(key.template(name));
      if (await this.#reader.read(templateSchema, entry) === undefined) return false;
      return await this.#session.commit(this.#session.atomic().check(asCheck(entry)).delete(entry.key)) ? true : again;
    });
  }
}
