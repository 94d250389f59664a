// What the decoder costs: 100 moving entities at 60 states a second, as the relay sends them.
import { expect, onTestFinished, test } from "vitest";
import { binary, Schema, StateDecoder } from "../src/state/index.js";
import { client, Relay, until } from "./relay.js";
import { dice } from "./support.js";

const kEntities = 100;
const kHz = 60;
const kFrames = 240;
// However late the reader is on a busy machine, it is not slowed down.
const kConfig = `
state_hz_min = ${kHz}
[[room]]
pattern = "arena"
state_hz = ${kHz}
  [room.schema]
  x = { type = "float", min = -512, max = 512, resolution = 0.01 }
  y = { type = "float", min = -512, max = 512, resolution = 0.01 }
  yaw = { type = "int", min = 0, max = 359 }
  hp = { type = "int", min = 0, max = 100 }
`;

async function recorded() {
  const relay = await Relay.configured(kConfig);
  onTestFinished(() => relay.end());
  const frames: Uint8Array[] = [];
  const flavour = binary();
  const reader = client(relay, {
    flavour: {
      ...flavour,
      read(data) {
        const message = flavour.read(data);
        if (message?.lane === "game_state" && message.coded) frames.push(message.coded.slice());
        return message;
      },
    },
  });
  const room = await reader.join("arena");
  const writer = await client(relay).join("arena");
  const roll = dice(5);
  const walkers = Array.from({ length: kEntities }, () => ({
    x: roll() * 400,
    y: roll() * 400,
    heading: roll() * 6,
  }));
  for (let step = 0; frames.length < kFrames; ++step) {
    for (const [i, walker] of walkers.entries()) {
      walker.heading += (roll() - 0.5) * 0.1;
      walker.x += Math.cos(walker.heading) * 2;
      walker.y += Math.sin(walker.heading) * 2;
      const yaw = ((Math.round(walker.heading * 57.3) % 360) + 360) % 360;
      writer.state.set(`walker ${i}`, { x: walker.x, y: walker.y, yaw, hp: 100 });
    }
    // Its state may come before the acknowledgement, so what came tells, and not that one more did.
    writer.state.set("step", { hp: step % 101 });
    await writer.state.flush();
    await until(() => room.state.get("step")?.hp === step % 101);
  }
  return { frames, schema: room.joined!.state!.schema };
}

test("100 entities a tick at 60 Hz take less than 3 % of a core", async () => {
  const { frames, schema } = await recorded();
  const parsed = new Schema(schema);
  const shares: number[] = [];
  for (let round = 0; round < 5; ++round) {
    const decoder = new StateDecoder(parsed);
    const before = process.cpuUsage();
    let entities = 0;
    for (const frame of frames) entities += decoder.read(frame)?.set.size ?? 0;
    const { user, system } = process.cpuUsage(before);
    expect(entities).toBeGreaterThan(0.8 * kFrames * kEntities);
    shares.push((user + system) / 1e6 / (frames.length / kHz));
  }
  const share = Math.min(...shares.slice(1));
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length;
  console.log(`decoder: ${(share * 100).toFixed(2)} % of a core, ${bytes.toFixed(0)} bytes a frame`);
  expect(share).toBeLessThan(0.03);
}, 180_000);
