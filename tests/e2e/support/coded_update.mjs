// Coded updates (docs/state-coding.md): what a client sends instead of {"set":...,"unset":...}.
import { quantise } from './state_schema.mjs';

// `update` is { set: { entity: { field: value or null } }, unset: [entity] }.
export function codedUpdate(schema, { set = {}, unset = [] }) {
  const out = [];
  const entities = Object.entries(set);
  putVarint(out, entities.length);
  for (const [key, values] of entities) putEntity(out, schema, key, values);
  putVarint(out, unset.length);
  for (const key of unset) putString(out, key);
  return Uint8Array.from(out);
}

function putEntity(out, schema, key, values) {
  const named = schema.fields.map(({ name }) => Object.hasOwn(values, name));
  const mask = (wanted) => schema.fields.reduce((sum, _, i) => sum + (wanted(i) ? 2 ** i : 0), 0);
  const isNull = (i) => values[schema.fields[i].name] === null;
  putString(out, key);
  putVarint(out, mask((i) => named[i] && !isNull(i)));
  putVarint(out, mask((i) => named[i] && isNull(i)));
  schema.fields.forEach((field, i) => {
    if (!named[i] || isNull(i)) return;
    const quantised = quantise(field, values[field.name]);
    if (quantised === undefined) throw new RangeError(`${key}.${field.name}: not of its range`);
    if (field.parts === 0) putString(out, quantised);
    else for (const part of quantised) putVarint(out, part);
  });
}

function putVarint(out, number) {
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  out.push(rest);
}

function putString(out, text) {
  const bytes = new TextEncoder().encode(text);
  putVarint(out, bytes.length);
  for (const byte of bytes) out.push(byte);
}
