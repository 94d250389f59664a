// RawPeer: a WebSocket client on a bare TCP socket that can break every rule and notices every broken one.
import { createHash, randomBytes } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { connect } from 'node:net';
import { FrameReader, closeFrame, kOpcode } from './frame.mjs';
import { within } from './wait.mjs';

const kGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export class RawPeer {
  events = []; // { kind: 'message', binary, payload } | { kind: 'ping' | 'pong', payload } | { kind: 'close', code, reason }
  compressedMessages = 0;
  ended = false; // The relay has closed its side of the TCP connection.
  #socket;
  #reader = new FrameReader();
  #message = null;
  #inflate = null;
  #failure = null;
  #waiters = [];
  #work = Promise.resolve();

  // Connects and upgrades. options: { path, extensions, protocol, headers }. Throws if the relay does not answer 101.
  static async open(relay, options = {}) {
    const peer = await RawPeer.connect(relay);
    await peer.upgrade(options);
    return peer;
  }

  // A TCP connection only.
  static async connect({ host, port }) {
    const peer = new RawPeer();
    peer.#socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    await within(
      new Promise((resolve, reject) => {
        peer.#socket.once('connect', resolve).once('error', reject);
      }),
      'the TCP connection',
    );
    return peer;
  }

  async upgrade({ path = '/echo', extensions, protocol, headers = [] } = {}) {
    const key = randomBytes(16).toString('base64');
    const lines = [
      `GET ${path} HTTP/1.1`,
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${key}`,
      'Sec-WebSocket-Version: 13',
      ...headers,
    ];
    if (extensions) lines.push(`Sec-WebSocket-Extensions: ${extensions}`);
    if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    this.write(`${lines.join('\r\n')}\r\n\r\n`);
    const { status, headers: answer, rest } = await this.readHead();
    if (status !== 101) throw new Error(`not upgraded: ${status}`);
    const accept = createHash('sha1')
      .update(key + kGuid)
      .digest('base64');
    if (answer['sec-websocket-accept'] !== accept) throw new Error('wrong Sec-WebSocket-Accept');
    this.extensions = answer['sec-websocket-extensions'] ?? '';
    this.protocol = answer['sec-websocket-protocol'];
    this.#listen(rest);
  }

  // Frames with RSV1 are handed to `inflate` (async, whole messages) from here on.
  useInflate(inflate) {
    this.#inflate = inflate;
  }

  // Resolves when the bytes are with the kernel. chop: octets per write.
  async write(bytes, { chop = 0 } = {}) {
    const data = Buffer.from(bytes);
    const step = chop || data.length || 1;
    for (let at = 0; at < data.length; at += step) {
      if (this.#socket.destroyed || this.#socket.writableEnded) return;
      const taken = this.#socket.write(data.subarray(at, at + step));
      if (taken) continue;
      const moved = new Promise((resolve) => {
        this.#socket.once('drain', resolve).once('close', resolve);
      });
      await within(moved, 'the relay to take more or to end');
    }
  }

  // Reads no more, as one who is stuck.
  pause() {
    this.#socket.pause();
  }

  // Writes and waits until the relay has taken it: false if it has ended the connection instead.
  async offer(bytes) {
    if (this.#socket.destroyed) return false;
    if (this.#socket.write(bytes)) return true;
    const moved = new Promise((resolve) => {
      this.#socket.once('drain', () => resolve(true)).once('close', () => resolve(false));
    });
    return within(moved, 'the relay to take more or to end');
  }

  // The event number `index`, now or later.
  async event(index, what = `event ${index}`) {
    await this.until(() => this.events.length > index || this.ended, what);
    return this.events[index];
  }

  // Waits until the condition holds; it is looked at whenever something comes.
  async until(condition, what) {
    const wait = async () => {
      for (;;) {
        if (this.#failure) throw this.#failure;
        if (condition()) return;
        await new Promise((resolve) => {
          this.#waiters.push(resolve);
        });
      }
    };
    return within(wait(), what, () => `so far: ${this.events.map(brief).join(', ')}`);
  }

  // The close frame, once it came (undefined if TCP ended without one).
  async closed() {
    await this.until(
      () => this.#closeEvent() || this.ended,
      'a close frame or the end of the connection',
    );
    return this.#closeEvent();
  }

  // Answers a close frame of the relay and waits for the relay to end TCP, as a server should first.
  async endedByRelay({ answer = true } = {}) {
    if (answer && !this.ended) await this.write(closeFrame(this.#closeEvent()?.code ?? 1000));
    await this.until(() => this.ended, 'the relay to close the TCP connection first');
  }

  destroy() {
    this.#socket.destroy();
  }

  end() {
    this.#socket.end();
  }

  // An HTTP answer's head: { status, headers, rest }; rest holds what came behind it.
  async readHead() {
    let bytes = Buffer.alloc(0);
    const read = async () => {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
        bytes = Buffer.concat([bytes, chunk]);
        const end = bytes.indexOf('\r\n\r\n');
        if (end >= 0) return parseHead(bytes, end);
      }
      throw new Error(`the connection ended in the answer's head: ${bytes}`);
    };
    return within(read(), 'an HTTP answer');
  }

  // An HTTP answer whole, up to the end of the connection.
  async readAnswer() {
    const head = await this.readHead();
    const chunks = [head.rest];
    const read = async () => {
      for await (const chunk of this.#socket) chunks.push(chunk);
    };
    await within(read(), 'the end of the HTTP answer');
    return { status: head.status, headers: head.headers, body: Buffer.concat(chunks).toString() };
  }

  #closeEvent() {
    return this.events.find(({ kind }) => kind === 'close');
  }

  #listen(rest) {
    this.#socket.on('error', (error) => {
      this.reset = error;
      this.#finish();
    });
    this.#socket.on('end', () => this.#finish());
    this.#socket.on('data', (chunk) => this.#read(chunk));
    if (rest.length) this.#read(rest);
  }

  #finish() {
    this.#work = this.#work.then(() => {
      this.ended = true;
      this.#socket.end();
      this.#wake();
    });
  }

  #read(chunk) {
    this.#reader.push(chunk);
    try {
      for (let frame = this.#reader.next(); frame; frame = this.#reader.next()) this.#take(frame);
    } catch (error) {
      this.#fail(error);
    }
  }

  #take({ fin, rsv, opcode, payload }) {
    if (opcode >= 8) {
      if (rsv) throw new Error('a control frame with RSV1');
      this.#emit(controlEvent(opcode, payload));
      return;
    }
    if ((opcode === kOpcode.continuation) !== (this.#message !== null))
      throw new Error('a message inside a message, or none to continue');
    if (rsv && (!this.#inflate || this.#message)) throw new Error('RSV1 where it may not be');
    this.#message ??= { opcode, compressed: rsv !== 0, parts: [] };
    this.#message.parts.push(payload);
    if (!fin) return;
    const { opcode: type, compressed, parts } = this.#message;
    this.#message = null;
    if (compressed) this.compressedMessages += 1;
    const whole = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    this.#work = this.#work
      .then(() => this.#deliver(type === kOpcode.binary, compressed ? this.#inflate(whole) : whole))
      .catch((error) => this.#fail(error));
  }

  async #deliver(binary, payloadOrPromise) {
    const payload = await payloadOrPromise;
    if (!binary && !isUtf8(payload)) throw new Error('a text message is not UTF-8');
    this.events.push({ kind: 'message', binary, payload });
    this.#wake();
  }

  // In order with the messages before it, which may still be inflating.
  #emit(event) {
    this.#work = this.#work.then(() => {
      this.events.push(event);
      this.#wake();
    });
  }

  #fail(error) {
    this.#failure = error;
    this.#wake();
  }

  #wake() {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

function controlEvent(opcode, payload) {
  if (opcode !== kOpcode.close) return { kind: opcode === kOpcode.ping ? 'ping' : 'pong', payload };
  if (payload.length === 1) throw new Error('a close frame of one byte');
  if (!isUtf8(payload.subarray(2))) throw new Error('a close reason that is not UTF-8');
  return {
    kind: 'close',
    code: payload.length ? payload.readUInt16BE(0) : undefined,
    reason: payload.subarray(2).toString(),
  };
}

function parseHead(bytes, end) {
  const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(first.split(' ')[1]), headers, rest: bytes.subarray(end + 4) };
}

export function brief({ kind, payload, code, reason, binary }) {
  if (kind === 'close') return `close ${code} ${reason}`;
  return `${binary ? 'binary ' : ''}${kind} (${payload.length} bytes) ${payload.subarray(0, 24).toString('latin1')}`;
}
