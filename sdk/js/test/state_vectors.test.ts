// The state coder's golden vectors, bit for bit.
import { expect, test } from "vitest";
import type { StateUpdate } from "../src/flavour.js";
import type { Fields, Json } from "../src/messages.js";
import { codedUpdate, Schema, StateDecoder } from "../src/state/index.js";
import { bytesOf, hexOf, vectors } from "./support.js";

interface Frame {
  hex: string;
  checksum: number;
  state: { [entity: string]: Fields };
}
interface Stream {
  name: string;
  schema: { [field: string]: Json };
  distance: number;
  frames: Frame[];
}
interface Update {
  name: string;
  schema: Stream["schema"];
  hex: string;
  update: StateUpdate;
}

const { streams, updates } = vectors<{ streams: Stream[]; updates: Update[] }>("state_v1.json");
const isWhole = ({ hex }: Frame) => (bytesOf(hex)[0]! & 1) !== 0;

function follow({ schema, distance }: Stream, frames: Frame[]) {
  const decoder = new StateDecoder(new Schema(schema), { distance });
  const mirror = new Map<string, Fields>();
  for (const [number, { hex, checksum, state }] of frames.entries()) {
    const changes = decoder.read(bytesOf(hex));
    expect(changes, `frame ${number}`).toBeDefined();
    expect(decoder.table.checksum, `frame ${number}`).toBe(checksum);
    expect(decoder.state, `frame ${number}`).toEqual(state);
    // What it says has changed is all that has (within a stream of distance 1, as the relay's are).
    if (isWhole(frames[number]!)) mirror.clear();
    for (const name of changes!.unset) mirror.delete(name);
    for (const [name, fields] of changes!.set) mirror.set(name, fields);
    if (distance === 1) expect(Object.fromEntries(mirror), `frame ${number}`).toEqual(state);
  }
}

test.each(streams)("every frame of $name", (stream) => follow(stream, stream.frames));

test.each(streams)("joined at any keyframe: $name", (stream) => {
  for (const [at, frame] of stream.frames.entries()) {
    if (!isWhole(frame)) continue;
    const later = stream.frames.slice(at + 1).filter((each) => !isWhole(each));
    follow(stream, [frame, ...later]);
  }
});

test("cut and bent frames end, and leave nothing but a keyframe to be taken", () => {
  let refused = 0;
  for (const { schema, distance, frames } of streams) {
    for (const { hex } of frames.slice(0, 6)) {
      for (let cut = 0; cut < hex.length / 2; ++cut) {
        const decoder = new StateDecoder(new Schema(schema), { distance });
        decoder.decode(bytesOf(frames[0]!.hex));
        const bent = bytesOf(hex);
        bent[cut]! ^= 1 << (cut % 8);
        if (decoder.decode(bent) !== "ok") {
          refused += 1;
          expect(["needs_keyframe", "malformed"]).toContain(decoder.decode(bytesOf("00")));
        }
        decoder.decode(bytesOf(hex).subarray(0, cut));
      }
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test.each(updates)("coded update: $name", ({ schema, hex, update }) => {
  expect(hexOf(codedUpdate(new Schema(schema), update))).toBe(hex);
});

test("a checksum that differs is told, and only a keyframe is taken then", () => {
  const { schema, frames } = streams.find(({ frames }) => frames[0]!.hex.startsWith("05"))!;
  const decoder = new StateDecoder(new Schema(schema));
  const bent = bytesOf(frames[0]!.hex);
  bent[1]! ^= 1;
  expect(decoder.decode(bent)).toBe("differs");
  expect(decoder.decode(bytesOf(frames[1]!.hex))).toBe("needs_keyframe");
  expect(decoder.decode(bytesOf(frames[0]!.hex))).toBe("ok");
});
