// Coded updates (docs/state-coding.md): what a client sends instead of {"set":…,"unset":…}.
import { PerseidError } from "../errors.js";
import type { StateUpdate } from "../flavour.js";
import type { Json } from "../messages.js";
import { Bytes } from "./bytes.js";
import type { Schema } from "./schema.js";
import { quantise } from "./value.js";

/** Throws `unknown_field` or `bad_value` for what the room could not hold. */
export function codedUpdate(schema: Schema, { set = {}, unset = [] }: StateUpdate): Uint8Array {
  const out = new Bytes();
  const entities = Object.entries(set);
  out.varint(entities.length);
  for (const [key, values] of entities) putEntity(out, schema, key, values);
  out.varint(unset.length);
  for (const key of unset) out.string(key);
  return out.taken;
}

function putEntity(
  out: Bytes,
  schema: Schema,
  key: string,
  values: { [field: string]: Json },
): void {
  const { fields } = schema;
  const unknown = Object.keys(values).find((name) => !fields.some((each) => each.name === name));
  if (unknown !== undefined) throw new PerseidError("unknown_field", undefined, unknown);
  let present = 0;
  let removed = 0;
  for (const [i, { name }] of fields.entries()) {
    if (!Object.hasOwn(values, name)) continue;
    if (values[name] === null) removed += 2 ** i;
    else present += 2 ** i;
  }
  out.string(key);
  out.varint(present);
  out.varint(removed);
  for (const field of fields) {
    const value = values[field.name];
    if (!Object.hasOwn(values, field.name) || value === null) continue;
    const quantised = quantise(field, value!);
    if (quantised === undefined) {
      throw new PerseidError("bad_value", `${key}.${field.name}`, `${key}.${field.name}`);
    }
    if (typeof quantised === "string") out.string(quantised);
    else for (const part of quantised) out.varint(part);
  }
}
