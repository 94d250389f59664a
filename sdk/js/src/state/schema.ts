// A room's schema (docs/state-coding.md, "Schemas and parts"): what a value is in parts.
// The numbers are JavaScript's own doubles; every step here is exact, or rounded as IEEE 754 says.
import type { Json } from "../messages.js";

export type FieldType = "bool" | "int" | "float" | "quat" | "enum" | "string" | "json";

export interface Field {
  name: string;
  type: FieldType;
  firstPart: number;
  /** How many parts; 0 for a text. */
  parts: number;
  /** Of the moving parts. */
  partMax: number;
  /** Which of the texts, if it is one. */
  text: number;
  decimals: number;
  min: number;
  max: number;
  resolution: number;
  origin: number;
  step: number;
  refuses: boolean;
  values: string[];
  bytesMax: number;
}

export interface Part {
  max: number;
  /** A magnitude; else a symbol. */
  moves: boolean;
}

type Described = { [key: string]: Json };

export class Schema {
  readonly fields: Field[] = [];
  readonly parts: Part[] = [];
  texts = 0;

  /** `json` is the schema of `joined`: the order of its fields counts. */
  constructor(json: { [field: string]: Json }) {
    for (const [name, of] of Object.entries(json)) {
      this.#add(fieldOf(name, (typeof of === "string" ? { type: of } : of) as Described));
    }
  }

  #add(field: Field): void {
    field.firstPart = this.parts.length;
    if (field.parts === 0) field.text = this.texts++;
    for (let i = 0; i < field.parts; ++i) {
      const isIndex = field.type === "quat" && i === 0;
      const moves = ["int", "float", "quat"].includes(field.type) && !isIndex;
      this.parts.push({ max: isIndex ? 3 : field.partMax, moves });
    }
    this.fields.push(field);
  }
}

function fieldOf(name: string, of: Described): Field {
  const type = of.type as FieldType;
  const numberOf = (key: string, or: number) => Number(of[key] ?? or);
  const field: Field = {
    ...{ name, type, firstPart: 0, parts: 1, partMax: 0, text: -1, decimals: 0 },
    ...{ min: numberOf("min", 0), max: numberOf("max", 0), resolution: numberOf("resolution", 1) },
    ...{ origin: 0, step: 1, refuses: of.out_of_range === "refuse" },
    values: (of.values as string[] | undefined) ?? [],
    bytesMax: numberOf("max_bytes", 64),
  };
  if (type === "int" || type === "float") setRange(field);
  if (type === "bool") field.partMax = 1;
  if (type === "enum") field.partMax = field.values.length - 1;
  if (type === "string" || type === "json") field.parts = 0;
  if (type === "quat") {
    field.parts = 4;
    field.partMax = 2 ** numberOf("bits", 9) - 1;
    field.decimals = Math.ceil(-Math.log10(Math.SQRT2 / field.partMax / 20));
  }
  return field;
}

// Whole numbers below 2^53: a value is (origin + part * step) / 10^decimals.
function setRange(field: Field): void {
  field.decimals = decimalsOf(field.resolution);
  const scale = 10 ** field.decimals;
  field.origin = Math.round(field.min * scale);
  field.step = Math.round(field.resolution * scale);
  field.partMax = Math.floor((Math.round(field.max * scale) - field.origin) / field.step);
}

// How many decimals the shortest text has that reads back as this number.
function decimalsOf(number: number): number {
  const [digits, exponent] = number.toExponential().split("e");
  return Math.max(0, (digits!.split(".")[1] ?? "").length - Number(exponent));
}
