// NodeSocket: a WebSocket client (RFC 6455) on Node's own http, for Node before 22, which has none.
// Only what the library needs of the WebSocket API; no compression.
import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { SocketLike } from "../socket.js";
import { Frames, kClose, kBinary, kPing, kPong, kText, frameOf } from "./frames.js";

const kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const kCloseWaitMs = 2000;

export class NodeSocket implements SocketLike {
  binaryType = "arraybuffer";
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  onerror: SocketLike["onerror"] = null;
  #stream: Duplex | undefined;
  #frames = new Frames();
  #abort: () => void;
  #isClosing = false;
  #isClosed = false;

  constructor(url: string, protocols: string[]) {
    const target = new URL(url.replace(/^ws/, "http"));
    const key = randomBytes(16).toString("base64");
    const request = (target.protocol === "https:" ? httpsRequest : httpRequest)(target, {
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Protocol": protocols.join(", "),
      },
    });
    this.#abort = () => request.destroy();
    request.on("error", (error) => this.#end(1006, error.message));
    request.on("response", (response) => {
      response.resume();
      this.#end(1006, `HTTP ${response.statusCode}`);
    });
    request.on("upgrade", (response, stream: Duplex, head: Buffer) => {
      const wanted = createHash("sha1").update(key + kGuid).digest("base64");
      if (response.headers["sec-websocket-accept"] !== wanted) {
        stream.destroy();
        return this.#end(1006, "not a WebSocket");
      }
      this.#opened(stream, head);
    });
    request.end();
  }

  get bufferedAmount(): number {
    return this.#stream?.writableLength ?? 0;
  }

  send(data: string | Uint8Array): void {
    const isText = typeof data === "string";
    this.#write(isText ? kText : kBinary, isText ? Buffer.from(data) : data);
  }

  close(code = 1000, reason = ""): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (!this.#stream) return this.#abort();
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
    this.#write(kClose, payload);
    // The relay answers, and ends the connection; else this side does.
    setTimeout(() => this.#stream?.destroy(), kCloseWaitMs).unref();
  }

  #opened(stream: Duplex, head: Buffer): void {
    this.#stream = stream;
    (stream as { setNoDelay?: (on: boolean) => void }).setNoDelay?.(true);
    stream.on("data", (bytes: Buffer) => this.#take(bytes));
    stream.on("error", () => {});
    stream.on("close", () => this.#end(1006, ""));
    stream.on("end", () => stream.end());
    this.#tell(this.onopen, {});
    if (head.length > 0) this.#take(head);
  }

  #take(bytes: Buffer): void {
    this.#frames.push(bytes);
    for (let frame = this.#frames.next(); frame && !this.#isClosed; frame = this.#frames.next()) {
      const { opcode, payload } = frame;
      if (opcode === kPing) this.#write(kPong, payload);
      else if (opcode === kClose) this.#closed(payload);
      else if (opcode === kText) this.#tell(this.onmessage, { data: payload.toString() });
      else if (opcode === kBinary) this.#tell(this.onmessage, { data: bufferOf(payload) });
    }
  }

  #closed(payload: Buffer): void {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    if (!this.#isClosing) this.#write(kClose, payload);
    this.#isClosing = true;
    this.#stream!.end();
    this.#end(code, payload.subarray(2).toString());
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (this.#stream?.writable) this.#stream.write(frameOf(opcode, payload, randomBytes(4)));
  }

  #end(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell(this.onclose, { code, reason });
  }

  #tell(handler: SocketLike["onopen"], event: unknown): void {
    handler?.(event as never);
  }
}

function bufferOf(payload: Buffer): ArrayBuffer {
  return Uint8Array.from(payload).buffer;
}
