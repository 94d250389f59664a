// State against the real relay: both flavours see the same, typed rooms and grids too.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { json } from "../src/index.js";
import type { Room } from "../src/room.js";
import { binary } from "../src/state/index.js";
import { client, next, Relay, until } from "./relay.js";
import { dice } from "./support.js";

const kConfig = `
[[room]]
pattern = "typed*"
state_hz = 100
checksum_every_ticks = 1
  [room.schema]
  x = { type = "float", min = -100, max = 100, resolution = 0.5 }
  turn = { type = "quat" }
  hp = { type = "int", min = 0, max = 100, out_of_range = "refuse" }
  does = { type = "enum", values = ["idle", "run"] }
  name = { type = "string", max_bytes = 8 }
  bag = "json"

[[room]]
pattern = "grid*"
state_hz = 100
  [room.schema]
  x = { type = "float", min = -500, max = 500, resolution = 0.5 }
  y = { type = "float", min = -500, max = 500, resolution = 0.5 }
  [room.grid]
  cell = 10
  radius = 5
  far_radius = 25
  far_divisor = 2
`;

let relay: Relay;
beforeAll(async () => {
  relay = await Relay.configured(kConfig, "--state-hz", "100");
});
afterAll(() => relay.end());

const kFlavours = [
  { name: "json", flavour: json },
  { name: "binary", flavour: binary() },
];
let rooms = 0;
const seenBy = (room: Room) => Object.fromEntries(room.state.entities);

describe.each(kFlavours)("$name", ({ flavour }) => {
  test("what is set is seen: merged, removed, whole for who comes later", async () => {
    const name = `free ${++rooms}`;
    const ana = await client(relay, { flavour }).join(name);
    const ben = await client(relay, { flavour }).join(name);
    ana.state.set("e1", { x: 1, y: 2 });
    ana.state.set("e1", { y: 3 });
    ana.state.set("e2", { hp: 5 });
    await ana.state.flush();
    await until(() => ben.state.get("e2") !== undefined);
    expect(seenBy(ben)).toEqual({ e1: { x: 1, y: 3 }, e2: { hp: 5 } });
    ana.state.set("e1", { x: null });
    ana.state.unset("e2");
    const event = await next<{ removed: string[] }>(ben, "state");
    expect(event).toMatchObject({ changed: ["e1"], removed: ["e2"], full: false });
    const late = await client(relay, { flavour }).join(name);
    await until(() => late.state.get("e1") !== undefined);
    expect(seenBy(late)).toEqual({ e1: { y: 3 } });
  });

  test("a typed room", async () => {
    const name = `typed ${++rooms}`;
    const ana = await client(relay, { flavour }).join(name);
    const ben = await client(relay, { flavour }).join(name);
    ana.state.set("e1", { x: 1.3, hp: 7, does: "run", name: "Zoë", turn: [0, 0, 0, 2] });
    ana.state.set("e2", { bag: { a: [1, null] } });
    await ana.state.flush();
    await until(() => ben.state.get("e2") !== undefined);
    const e1 = { x: 1.5, turn: [0, 0, 0, 1], hp: 7, does: "run", name: "Zoë" };
    expect(ben.state.get("e1")).toMatchObject({ ...e1, turn: expect.anything() });
    expect(ben.state.get("e2")).toEqual({ bag: { a: [1, null] } });
    ana.state.set("e1", { hp: 101 });
    await expect(ana.state.flush()).rejects.toMatchObject({ code: "bad_value" });
    ana.state.set("e1", { mana: 1 });
    await expect(ana.state.flush()).rejects.toMatchObject({ code: "unknown_field" });
  });

  test("a grid: what comes into view, goes over borders and out of view", async () => {
    const name = `grid ${++rooms}`;
    const ana = await client(relay, { flavour }).join(name);
    const viewer = client(relay, { flavour });
    const ben = await viewer.join(name, { view: { x: 5, y: 5 } });
    ana.state.set("e1", { x: 5, y: 5 });
    ana.state.set("far", { x: 400, y: 400 });
    await until(() => ben.state.get("e1") !== undefined);
    for (let x = 5; x <= 12; x += 0.5) {
      ana.state.set("e1", { x });
      await ana.state.flush();
    }
    await until(() => ben.state.get("e1")?.x === 12);
    expect(seenBy(ben)).toEqual({ e1: { x: 12, y: 5 } });
    ana.state.set("e1", { x: 200 });
    await until(() => ben.state.get("e1") === undefined);
    await ben.view({ x: 400, y: 400 });
    await until(() => ben.state.get("far") !== undefined);
    expect(seenBy(ben)).toEqual({ far: { x: 400, y: 400 } });
    expect(viewer.stats().keyframesAsked).toBe(0);
  });
});

test("churn: members of both flavours end with the same state, in typed rooms and free ones", async () => {
  const roll = dice(7);
  const one = (of: number) => Math.floor(roll() * of);
  for (const name of [`typed ${++rooms}`, `free ${++rooms}`]) {
    const writers = await Promise.all(
      kFlavours.map(({ flavour }) => client(relay, { flavour }).join(name)),
    );
    const readers = await Promise.all(
      kFlavours.map(({ flavour }) => client(relay, { flavour }).join(name)),
    );
    for (let round = 0; round < 400; ++round) {
      const { state } = writers[one(2)]!;
      const entity = `e${one(30)}`;
      if (one(6) === 0) state.unset(entity);
      else if (one(3) === 0) state.set(entity, { hp: one(100), name: `n${one(9)}` });
      else state.set(entity, { x: one(400) / 2 - 100, does: one(2) ? "run" : null });
      if (one(4) === 0) await state.flush();
      if (round === 200) {
        const late = kFlavours.map(({ flavour }) => client(relay, { flavour }).join(name));
        readers.push(...(await Promise.all(late)));
      }
    }
    for (const { state } of writers) {
      state.set("last", { hp: 1 });
      await state.flush();
    }
    writers[0]!.state.set("last", { hp: 2 });
    await until(() => [...writers, ...readers].every((each) => each.state.get("last")?.hp === 2));
    const [first, ...others] = [...writers, ...readers].map(seenBy);
    expect(Object.keys(first!).length).toBeGreaterThan(10);
    for (const other of others) expect(other).toEqual(first);
  }
});

test("a frame that does not fit is answered by asking for a keyframe", async () => {
  const name = `typed ${++rooms}`;
  const flavour = binary();
  let forged = 0;
  const ben = client(relay, {
    flavour: {
      ...flavour,
      read(data) {
        const message = flavour.read(data);
        if (message?.lane === "game_state" && message.coded && !message.full && forged === 0) {
          forged += 1;
          message.coded = message.coded.slice();
          message.coded[1]! ^= 1; // Of the checksum, that each frame of this room has.
        }
        return message;
      },
    },
  });
  const ana = await client(relay).join(name);
  const theirs = await ben.join(name);
  for (let x = 0; x < 60 || theirs.state.get("e1")?.x !== x - 1; ++x) {
    ana.state.set("e1", { x: x % 100 });
    await ana.state.flush();
    if (x > 60) await until(() => theirs.state.get("e1")?.x === x % 100);
  }
  expect(forged).toBe(1);
  expect(ben.stats().keyframesAsked).toBe(1);
});
