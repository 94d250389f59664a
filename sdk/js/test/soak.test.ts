// Soak: members of both flavours come, go, and are cut off again and again while all write.
// PERSEID_TEST_SOAK_S=300 makes it long. What must hold: every message once and in one order for
// everybody who stays, every state that of the relay: now and then, and in the end.
import { expect, onTestFinished, test } from "vitest";
import type { Client } from "../src/client.js";
import { json } from "../src/index.js";
import type { Message } from "../src/messages.js";
import type { Room } from "../src/room.js";
import { binary } from "../src/state/index.js";
import { Proxy } from "./proxy.js";
import { client, Relay, until } from "./relay.js";
import { dice } from "./support.js";

const kSoakMs = Number(process.env.PERSEID_TEST_SOAK_S ?? 6) * 1000;
const kConfig = `
[[room]]
pattern = "typed"
state_hz = 50
checksum_every_ticks = 5
  [room.schema]
  x = { type = "float", min = -512, max = 512, resolution = 0.01 }
  does = { type = "enum", values = ["idle", "run"] }
  name = { type = "string", max_bytes = 16 }
`;
const kCheckEvery = 1000; // Rounds.
const kFlavours = [json, binary()];

interface Player {
  client: Client;
  room: Room;
  proxy: Proxy;
  heard: Message[];
}

test("soak", { timeout: kSoakMs + 180_000 }, async () => {
  const roll = dice(11);
  const one = (of: number) => Math.floor(roll() * of);
  const names = ["typed", "free"];
  const relay = await Relay.configured(kConfig, "--reconnect-delay-ms", "20");
  onTestFinished(() => relay.end());
  const reconnect = { attempts: 1000, delayMs: 20, delayMaxMs: 200 };

  const enter = async (name: string, n: number): Promise<Player> => {
    const proxy = await Proxy.to(relay);
    const made = client(proxy.url, { name: `p${n}`, flavour: kFlavours[n % 2]!, reconnect });
    const room = await made.join(name, { presence: true });
    const heard: Message[] = [];
    room.on("chat", (message) => heard.push(message));
    return { client: made, room, proxy, heard };
  };

  // Nobody writes meanwhile: every member's state is to become what the relay gives to who joins
  // now, in either flavour.
  const checked = async (members: Player[]): Promise<number> => {
    await Promise.all(members.map(({ room }) => written(room)));
    for (const name of names) {
      const here = members.filter(({ room }) => room.name === name);
      const watchers = kFlavours.map((flavour) => client(relay, { flavour }));
      const fresh = await Promise.all(watchers.map((each) => each.join(name)));
      const all = () => [...fresh, ...here.map(({ room }) => room)].map((room) => textOf(room));
      await until(() => new Set(all()).size === 1);
      expect(fresh[0]!.state.entities.size).toBeGreaterThan(0);
      for (const each of watchers) each.close();
    }
    return members.length;
  };

  let entered = 0;
  const stay = await Promise.all(
    names.flatMap((name) => [0, 1, 2, 3].map(() => enter(name, entered++))),
  );
  let guests: Player[] = [];
  const said = new Map(names.map((name) => [name, new Set<string>()]));
  const sends: Promise<unknown>[] = [];
  let [cuts, checks] = [0, 0];
  const end = Date.now() + kSoakMs;
  for (let round = 0; Date.now() < end; ++round) {
    const players = [...stay, ...guests];
    const { room, proxy, client: of } = players[one(players.length)]!;
    const text = `${of.id} ${round}`;
    if (one(3) === 0) {
      const send = room.chat(text);
      send.catch(() => {}); // Looked at in the end: a guest may be gone by then.
      sends.push(send);
      if (stay.some((each) => each.room === room)) said.get(room.name)!.add(text);
    }
    const entity = `e${one(40)}`;
    if (one(8) === 0) room.state.unset(entity);
    else room.state.set(entity, { x: one(51200) / 100, does: one(2) ? "run" : "idle" });
    if (one(60) === 0) {
      // Some sessions are lost for good: as if the relay had forgotten them.
      if (one(10) === 0 && room.status === "joined") of.forgetSession();
      proxy.cut();
      cuts += 1;
    }
    if (round % kCheckEvery === kCheckEvery - 1) checks += await checked([...stay, ...guests]);
    if (one(80) === 0) guests.push(await enter(names[one(2)]!, entered++));
    if (guests.length > 4) {
      const [gone, ...others] = guests;
      guests = others;
      gone!.client.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 1 + one(4)));
  }
  const results = await Promise.allSettled(sends);
  const codes = results.map((each) => (each.status === "rejected" ? each.reason.code : "closed"));
  expect(new Set(codes)).toEqual(new Set(["closed"])); // Only those of guests who have gone.
  checks += await checked([...stay, ...guests]);
  for (const name of names) {
    const members = [...stay, ...guests].filter(({ room }) => room.name === name);
    const newest = () => Math.max(...members.map(({ room }) => room.lanes.chat.seen));
    await until(() => members.every(({ room }) => room.lanes.chat.seen === newest()));
    const [first, ...others] = stay.filter(({ room }) => room.name === name);
    const heard = first!.heard.map(({ payload }) => (payload as { text: string }).text);
    const once = new Set(heard);
    expect(once.size).toBe(heard.length);
    expect([...said.get(name)!].filter((text) => !once.has(text))).toEqual([]);
    for (const other of others) {
      expect(other.heard.map(({ seq }) => seq)).toEqual(first!.heard.map(({ seq }) => seq));
    }
  }
  const stats = stay.map(({ client: of }) => of.stats());
  const sum = (pick: (of: (typeof stats)[number]) => number) =>
    stats.reduce((total, each) => total + pick(each), 0);
  console.log(
    `soak: ${entered} members, ${sends.length} messages, ${cuts} cuts, ` +
      `${sum((each) => each.resumes)} resumed, ${sum((each) => each.reconnects)} begun anew, ${checks} states compared`,
  );
  expect(sum((each) => each.keyframesAsked)).toBe(0);
});

// Resolves when the relay has taken all that this member set.
let marks = 0;
async function written(room: Room): Promise<void> {
  room.state.set("last", { x: ++marks % 500 });
  await room.state.flush();
}

const textOf = (room: Room) => JSON.stringify(sorted(room));

function sorted(room: Room) {
  const names = [...room.state.entities.keys()].sort();
  return names.map((name) => {
    const fields = room.state.get(name)!;
    return [name, Object.keys(fields).sort().map((field) => [field, fields[field]])];
  });
}
