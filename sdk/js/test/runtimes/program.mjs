// A game's client as one runtime runs it: with the runtime's own WebSocket, where it has one.
//
//   program.mjs URL json|binary ROOM [once]
import { webcrypto } from "node:crypto";
import process from "node:process";
import { connect } from "perseid";
import { ed25519Signer, newRoomKey, newSigningKeys, roomCipher, verify } from "perseid/secure";
import { binary } from "perseid/state";

globalThis.crypto ??= webcrypto; // Node 18.
const [url, flavour, name, once] = process.argv.slice(2);
const own = globalThis.WebSocket ? undefined : (await import("perseid/node")).NodeSocket;
const until = (source, name, match = () => true) =>
  new Promise((resolve) => source.on(name, (event) => match(event) && resolve(event)));

const options = {
  reconnect: once ? false : { attempts: 50, delayMs: 20, delayMaxMs: 200 },
  ...(flavour === "binary" && { flavour: binary() }),
  ...(own && { WebSocket: own }),
};
const client = connect(url, { name: "ana", ...options });
client.ready().catch(({ name, code, message }) => console.log(`${name} ${code}: ${message}`));
const room = await client.join(`lobby ${name}`, { presence: true });
const heard = [];
room.on("chat", ({ seq, payload }) => heard.push([seq, payload.text]));
await room.chat("Zoë 🎲");
const seen = until(room, "state", () => room.state.get("e1")?.x === 1.5);
room.state.set("e1", { x: 1.5 });
await seen;

const { id } = client;
const back = until(client, "link", ({ resumed }) => resumed !== undefined);
console.log("cut me"); // The test cuts the wire.
const { resumed } = await back;
const last = until(room, "chat", ({ seq }) => seq === 2);
await room.chat("back");
await last;

const key = newRoomKey();
const cipher = () => roomCipher({ keys: { k: key }, current: "k" });
const hidden = await client.join(`hidden ${name}`, { encryption: await cipher() });
const opened = until(hidden, "chat");
await hidden.chat("4711");
const { payload, encrypted } = await opened;
const keys = await newSigningKeys();
const signer = connect(url, { ...options, signing: await ed25519Signer(keys) });
const signed = until(room, "chat", ({ seq }) => seq === 3);
await (await signer.join(`lobby ${name}`)).chat("signed");
const verified = await verify(await signed);
const same = client.id === id;
console.log(JSON.stringify({ heard, resumed, same, payload, encrypted, verified }));
signer.close();
client.close(); // And nothing keeps the runtime from ending.
