// A field's value from its parts, and back (docs/state-coding.md, "Schemas and parts").
import type { Json } from "../messages.js";
import type { Field } from "./schema.js";

const kSqrt2 = 1.4142135623730951;

/** As JSON.parse would give it of what members of the JSON flavour get; parts begin at `at`. */
export function valueOf(field: Field, parts: Int32Array, at: number, stride: number): Json {
  const part = parts[at]!;
  switch (field.type) {
    case "bool":
      return part !== 0;
    case "enum":
      return field.values[part]!;
    case "quat":
      return quaternionOf(field, parts, at, stride);
    default:
      return (field.origin + part * field.step) / 10 ** field.decimals;
  }
}

export function textValue(field: Field, text: string): Json {
  if (field.type === "string") return text;
  return text === "" ? null : (JSON.parse(text) as Json);
}

function rounded(value: number, scale: number): number {
  const magnitude = Math.floor(Math.abs(value) * scale + 0.5) / scale;
  return value < 0 && magnitude > 0 ? -magnitude : magnitude;
}

const component = (max: number, part: number) => (2 * part - max) / (max * kSqrt2);

function quaternionOf(field: Field, parts: Int32Array, at: number, stride: number): Json {
  const { partMax, decimals } = field;
  const index = parts[at]!;
  const scale = 10 ** decimals;
  const out = [1, 2, 3].map((i) => component(partMax, parts[at + i * stride]!));
  const squares = out[0]! * out[0]! + out[1]! * out[1]! + out[2]! * out[2]!;
  out.splice(index, 0, squares < 1 ? Math.sqrt(1 - squares) : 0);
  return out.map((value) => rounded(value, scale));
}

/** The parts of a value, or its text; undefined if the field cannot hold it. */
export function quantise(field: Field, value: Json): number[] | string | undefined {
  switch (field.type) {
    case "bool":
      return typeof value === "boolean" ? [Number(value)] : undefined;
    case "enum": {
      const index = field.values.indexOf(value as string);
      return index < 0 ? undefined : [index];
    }
    case "string":
      return typeof value === "string" ? value : undefined;
    case "json":
      return JSON.stringify(value);
    case "quat":
      return quantiseQuaternion(field, value);
    default:
      return quantiseNumber(field, value);
  }
}

function quantiseNumber(field: Field, value: Json): number[] | undefined {
  const { min, max, resolution, partMax, refuses } = field;
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  const beyond = value < min - resolution / 2 || value > max + resolution / 2;
  if (refuses && beyond) return undefined;
  return [stepsOf((value - min) / resolution + 0.5, partMax)];
}

const stepsOf = (steps: number, max: number) =>
  steps <= 0 ? 0 : steps >= max ? max : Math.floor(steps);

function quantiseQuaternion({ partMax, decimals }: Field, value: Json): number[] | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const of = value as number[];
  const most = Math.max(...of.map(Math.abs));
  if (!(most > 0)) return undefined;
  const scaled = of.map((each) => each / most);
  const length = Math.sqrt(scaled.reduce((sum, each) => sum + each * each, 0));
  const unit = scaled.map((each) => each / length);
  let largest = 0;
  for (let i = 1; i < 4; ++i) if (Math.abs(unit[i]!) > Math.abs(unit[largest]!)) largest = i;
  const sign = unit[largest]! < 0 ? -1 : 1;
  const small = unit
    .filter((_, i) => i !== largest)
    .map((each) => stepsOf(((each * sign * kSqrt2 + 1) / 2) * partMax + 0.5, partMax));
  settle(partMax, 2 * 10 ** -decimals, small);
  return [largest, ...small];
}

// Its nearest rival goes towards 0 until the largest leads by more than printing rounds off.
function settle(max: number, margin: number, small: number[]): void {
  for (;;) {
    const values = small.map((part) => component(max, part));
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    let worst = 0;
    for (let i = 1; i < 3; ++i) {
      if (Math.abs(values[i]!) > Math.abs(values[worst]!)) worst = i;
    }
    const largest = squares < 1 ? Math.sqrt(1 - squares) : 0;
    if (Math.abs(values[worst]!) + margin <= largest) return;
    small[worst]! += small[worst]! * 2 > max ? -1 : 1;
  }
}
