// AES-256-GCM by WebCrypto. Each member derives a key of its own from the room's key and a random
// salt (HKDF), so that two members can never use the same nonce with the same key; its nonce counts.
// A sealed text is "1.key id.salt.counter.ciphertext", in base64url; the context (room, lane,
// sender) and all before the ciphertext are authenticated.
import type { RoomCipher } from "../cipher.js";
import { PerseidError } from "../errors.js";
import { bytesOf, textOf } from "./base64.js";
import { ReplayWindow } from "./replay_window.js";
import { webCrypto } from "./web_crypto.js";

export interface RoomCipherOptions {
  /** Keys of 32 bytes, by id. Old ones open what was sealed before the key was changed. */
  keys: { [id: string]: Uint8Array | CryptoKey };
  /** The id of the key to seal with. */
  current: string;
  /** So many numbers of each sender are remembered against replay. */
  replayWindow?: number;
  /** So many senders of live messages are remembered; those beyond are not opened. 16384. */
  sendersMax?: number;
}

const kSaltBytes = 16;
const kSendersMax = 16_384;
const kInfo = new TextEncoder().encode("perseid room key 1");
const kEncoder = new TextEncoder();
const kDecoder = new TextDecoder("utf-8", { fatal: true });

const badKey = (why: string) => new PerseidError("bad_value", why, "keys");
const refused = (why: string) => new PerseidError("undecryptable", why);

/** 32 random bytes: a room's key. Hand it on by a way that the relay does not see. */
export function newRoomKey(): Uint8Array {
  return webCrypto().getRandomValues(new Uint8Array(32));
}

export async function roomCipher(options: RoomCipherOptions): Promise<RoomCipher> {
  return cipherOf(options, webCrypto().getRandomValues(new Uint8Array(kSaltBytes)));
}

/**
 * @internal For test vectors: a salt that comes again would seal two messages with one key and
 * nonce.
 */
export async function cipherOf(
  options: RoomCipherOptions,
  salt: Uint8Array<ArrayBuffer>,
): Promise<RoomCipher> {
  const keys = new Map<string, CryptoKey>();
  for (const [id, key] of Object.entries(options.keys)) {
    if (!/^[\w-]{1,32}$/.test(id)) throw badKey(`not a key id: ${id}`);
    keys.set(id, await imported(key));
  }
  const own = keys.get(options.current);
  if (!own) throw badKey(`no key ${options.current}`);
  const sealing = await derived(own, salt, "encrypt");
  return new Cipher(keys, options, textOf(salt), sealing);
}

interface Sender {
  key: CryptoKey;
  seen: ReplayWindow;
}

class Cipher implements RoomCipher {
  #counter = 0;
  /** Of each live sender whose messages are authentic, by key id and salt. */
  #senders = new Map<string, Sender>();

  constructor(
    private readonly keys: Map<string, CryptoKey>,
    private readonly options: RoomCipherOptions,
    private readonly salt: string,
    private readonly sealing: CryptoKey,
  ) {}

  async seal(plain: string, context: string): Promise<string> {
    const counter = this.#counter++;
    const head = `1.${this.options.current}.${this.salt}.${counter.toString(36)}`;
    const sealed = await webCrypto().subtle.encrypt(
      { name: "AES-GCM", iv: nonceOf(counter), additionalData: kEncoder.encode(head + context) },
      this.sealing,
      kEncoder.encode(plain),
    );
    return `${head}.${textOf(new Uint8Array(sealed))}`;
  }

  async open(sealed: string, context: string, isLive: boolean): Promise<string> {
    const match = /^(1\.([\w-]+)\.([\w-]{22})\.([0-9a-z]{1,10}))\.([\w-]+)$/.exec(sealed);
    if (!match) throw refused("It is not sealed as this version seals.");
    const [, head, id, salt, counterText, body] = match as unknown as string[];
    const counter = parseInt(counterText!, 36);
    const name = `${id}.${salt}`;
    const sender = this.#senders.get(name) ?? (await this.#newSender(id!, salt!));
    let plain: ArrayBuffer;
    try {
      const additionalData = kEncoder.encode(head + context);
      const how = { name: "AES-GCM", iv: nonceOf(counter), additionalData };
      plain = await webCrypto().subtle.decrypt(how, sender.key, bytesOf(body!));
    } catch {
      throw refused("No key of this room opens it, or it was changed on its way.");
    }
    if (isLive) this.#count(name, sender, counter);
    try {
      return kDecoder.decode(plain);
    } catch {
      throw refused("What was sealed is not UTF-8.");
    }
  }

  async #newSender(id: string, salt: string): Promise<Sender> {
    const key = this.keys.get(id);
    if (!key) throw refused(`There is no key ${id} here.`);
    const seen = new ReplayWindow(this.options.replayWindow);
    return { key: await derived(key, bytesOf(salt), "decrypt"), seen };
  }

  // Only what is authentic comes here: else anybody could use up the windows and the places.
  #count(name: string, opened: Sender, counter: number): void {
    const known = this.#senders.get(name); // It may have come while `opened` was made.
    if (!known && this.#senders.size >= (this.options.sendersMax ?? kSendersMax)) {
      throw refused("Too many senders.");
    }
    const sender = known ?? opened;
    if (!sender.seen.take(counter)) throw refused("It came before: a replay.");
    if (!known) this.#senders.set(name, sender);
  }
}

function imported(key: Uint8Array | CryptoKey): Promise<CryptoKey> | CryptoKey {
  if (!(key instanceof Uint8Array)) return key;
  if (key.length !== 32) throw badKey("a room key has 32 bytes");
  return webCrypto().subtle.importKey("raw", Uint8Array.from(key), "HKDF", false, ["deriveKey"]);
}

function derived(key: CryptoKey, salt: BufferSource, use: "encrypt" | "decrypt") {
  const how = { name: "HKDF", hash: "SHA-256", salt, info: kInfo };
  return webCrypto().subtle.deriveKey(how, key, { name: "AES-GCM", length: 256 }, false, [use]);
}

function nonceOf(counter: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(12);
  new DataView(out.buffer).setBigUint64(4, BigInt(counter));
  return out;
}
