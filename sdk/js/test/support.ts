// What several suites use: vectors, waiting for conditions, dice.
import { readFileSync } from "node:fs";

export const repository = new URL("../../../", import.meta.url);

export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`tests/vectors/${name}`, repository), "utf8")) as T;
}

export const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
export const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
