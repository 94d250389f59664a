// A WebSocket with more lag than the network has, and one that can be cut: to try things out.

export const lag = { delayMs: 0, jitterMs: 0, cutUntil: 0 };
const open = new Set();

// As if the network were gone for so long.
export function cut(ms) {
  lag.cutUntil = performance.now() + ms;
  for (const socket of [...open]) socket.sever();
}

export class LagSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  #socket;
  #inAt = 0;
  #outAt = 0;
  #isOver = false;

  constructor(url, protocols) {
    if (performance.now() < lag.cutUntil) {
      setTimeout(() => this.#end(1006, 'cut'), 50);
      return;
    }
    const socket = new WebSocket(url, protocols);
    this.#socket = socket;
    open.add(this);
    socket.binaryType = 'arraybuffer';
    socket.onopen = (event) => this.onopen?.(event);
    socket.onmessage = (event) => {
      this.#inAt = this.#later(this.#inAt, () => this.onmessage?.(event));
    };
    socket.onclose = ({ code, reason }) => this.#end(code, reason);
    socket.onerror = (event) => this.onerror?.(event);
  }

  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(data) {
    const socket = this.#socket;
    this.#outAt = this.#later(this.#outAt, () => socket.readyState === 1 && socket.send(data));
  }

  close(code, reason) {
    this.#socket?.close(code, reason);
  }

  // Without good-bye, as far as a page can.
  sever() {
    this.#socket?.close(3000, 'cut');
    this.#end(1006, 'cut');
  }

  // Half of the lag each way. Nothing overtakes: it is a stream.
  #later(after, run) {
    if (lag.delayMs + lag.jitterMs === 0 && performance.now() >= after) {
      run();
      return after;
    }
    const wanted = performance.now() + (lag.delayMs + Math.random() * lag.jitterMs) / 2;
    const at = Math.max(after, wanted);
    setTimeout(() => !this.#isOver && run(), at - performance.now());
    return at;
  }

  #end(code, reason) {
    if (this.#isOver) return;
    this.#isOver = true;
    open.delete(this);
    this.onclose?.({ code, reason });
  }
}
