// Messages that this SDK and sdk/cpp have sealed for each other: tests/vectors/e2e_*.json.
// PERSEID_REGENERATE=1 makes this SDK's own anew.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Json, Message, NumberedLane } from "../src/messages.js";
import { opened, sealed } from "../src/room_cipher.js";
import { roomCipher } from "../src/secure/index.js";
import { vectors } from "./support.js";

interface Vector {
  room: string;
  lane: NumberedLane;
  sender: string;
  payload: string;
  wire: string;
  edited?: boolean;
}
interface Vectors {
  key_id: string;
  messages: Vector[];
}

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const cipher = () => roomCipher({ keys: { k1: key }, current: "k1" });
const ana = { room: "lobby", lane: "chat", sender: "c0200008000003" } as const;

async function regenerate() {
  const sealing = await cipher();
  const strange = { room: 'a "room" \\ ä\t\u0001\u007f', lane: "player_action" } as const;
  const said: [Omit<Vector, "payload" | "wire">, Json][] = [
    [ana, { text: "hi" }],
    [ana, { text: 'grüße, "日本" 🎲 \\ / \u2028' }],
    [{ ...strange, sender: "c0200008000004" }, { fire: [1, -2500, null, true] }],
    [{ ...ana, lane: "player_action" }, []],
    [ana, 7],
    [ana, { edit: { seq: 4, text: 'bye "all" 🎲' } }],
    [ana, { react: { seq: 4, emoji: "🎲" } }],
    [ana, { delete: { seq: 4 } }],
    [ana, { typing: true }],
  ];
  const seal = (of: Omit<Vector, "payload" | "wire">, payload: Json) =>
    sealed(sealing, of.room, of.lane, of.sender, JSON.stringify(payload));
  const messages: Vector[] = [];
  for (const [of, payload] of said) {
    messages.push({ ...of, payload: JSON.stringify(payload), wire: await seal(of, payload) });
  }
  const first = JSON.parse(await seal(ana, { text: "4711", big: true })) as object;
  const { edit } = JSON.parse(await seal(ana, { edit: { seq: 1, text: "4712" } })) as {
    edit: { text: string };
  };
  const wire = JSON.stringify({ ...first, text: edit.text });
  messages.push({ ...ana, payload: '{"text":"4712","big":true}', wire, edited: true });
  const lines = messages.map((each) => `    ${JSON.stringify(each)}`).join(",\n");
  const text = `{\n  "key_id": "k1",\n  "messages": [\n${lines}\n  ]\n}\n`;
  writeFileSync(new URL("../../../tests/vectors/e2e_js_v1.json", import.meta.url), text);
}

if (process.env.PERSEID_REGENERATE) await regenerate();

test.each(["e2e_js_v1.json", "e2e_cpp_v1.json"])("%s is opened", async (name) => {
  const { messages } = vectors<Vectors>(name);
  const reader = await cipher();
  expect(messages.length).toBeGreaterThan(9);
  for (const { payload, wire, edited, ...of } of messages) {
    const message: Message = { ...of, timestamp: 1, payload: JSON.parse(wire) as Json };
    if (edited) message.edited = true;
    const open = (each: Message) => opened(reader, of.room, each, !edited);
    const { payload: got, encrypted } = await open(message);
    expect(got).toEqual(JSON.parse(payload));
    if (!encrypted) {
      expect(payload).toBe(wire);
      continue;
    }
    const code = { code: "undecryptable" };
    if (!edited) await expect(open(message)).rejects.toMatchObject(code);
    await expect(open({ ...message, sender: "c0200008000009" })).rejects.toMatchObject(code);
  }
});
