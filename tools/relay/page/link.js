// Link: one session with the relay over WebSocket, kept alive across drops.
// It says hello, answers with promises what the relay answers by id, and reconnects with a jittered back-off as the relay's
// welcome asked. Events: `state` (its own), `open` (after each welcome), `message`, `problem`.
import { Heartbeat } from './heartbeat.js';

const kFirstTimeoutMs = 10_000;
const kBackoffMsMax = 30_000;
// After these the relay does not want us back (docs/protocol.md, close codes).
const kFinalCloseCodes = new Map([
  [4001, 'The relay asks for a valid token: open this page with ?token=… (perseidctl token makes one).'],
  [4003, 'The relay does not permit this connection.'],
  [4009, 'This session went on in another window.'],
]);

export class Link extends EventTarget {
  state = 'closed';
  reason = '';
  client = '';
  name;
  wasOpen = false; // There was a WebSocket once, so nothing on the way forbids it
  attempts = 0; // Connections tried in vain since the last that opened
  seen = () => ({}); // The `since` of a hello that resumes: up to where this page has read
  stats = { sent: {}, received: {}, bytesSent: 0, bytesReceived: 0 };

  #url;
  #token; // Or nothing
  #clients = new Set(); // Every id that this page has had: a new connection has a new one.
  #socket = null;
  #session = '';
  #welcome = {
    heartbeat_interval_ms: 5000,
    timeout_ms: 30000,
    reconnect_attempts: 5,
    reconnect_delay_ms: 1000,
  };
  #nextId = 1;
  #waiting = new Map();
  #kept = new Map(); // room -> its entry in the welcome of a resumed session
  #final = false;
  #renamed = false;
  #delayHintMs = 0;
  #retryTimer = 0;
  #heartbeat = new Heartbeat(
    () => this.request({ type: 'system', op: 'ping' }),
    () => this.#beat(),
  );

  constructor(url, name, token) {
    super();
    this.#url = url;
    this.name = name;
    this.#token = token;
    // Whoever comes back to the page wants it connected, however often it tried in vain.
    const back = () => document.visibilityState === 'visible' && !this.#final && this.retryNow();
    addEventListener('online', back);
    document.addEventListener('visibilitychange', back);
  }

  get pingMs() {
    return this.#heartbeat.pingMs;
  }

  get silentMs() {
    return this.#heartbeat.silentMs;
  }

  // The relay has kept the session over the break: what was sent may be sent again under its id.
  get resumed() {
    return this.#welcome.resumed === true;
  }

  // What the last welcome says of a seat that outlived the break; once, as it is true of that moment.
  takeKept(room) {
    const kept = this.#kept.get(room);
    this.#kept.delete(room);
    return kept;
  }

  isOwn(client) {
    return client === this.client || this.#clients.has(client);
  }

  // What is said here becomes the name at the next hello; the relay takes a name once per connection.
  rename(name) {
    this.name = name;
    this.#session = '';
    this.#renamed = this.#socket !== null;
    this.#socket?.close(1000, 'renamed');
    this.retryNow();
  }

  connect() {
    clearTimeout(this.#retryTimer);
    if (this.#socket) return;
    this.#setState('connecting');
    const socket = new WebSocket(this.#url, 'perseid.json.v1');
    this.#socket = socket;
    const giveUp = setTimeout(() => socket.close(), kFirstTimeoutMs);
    socket.onopen = () => this.#hello(giveUp);
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => {
      clearTimeout(giveUp);
      this.#lost(socket, event);
    };
  }

  retryNow() {
    if (this.state === 'open' || this.#socket) return;
    this.attempts = 0;
    this.connect();
  }

  // Sends and forgets. False if there is no connection to send on.
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    const text = JSON.stringify(message);
    this.#socket.send(text);
    this.stats.bytesSent += text.length;
    this.stats.sent[message.type] = (this.stats.sent[message.type] ?? 0) + 1;
    return true;
  }

  newId() {
    return this.#nextId++;
  }

  // Sends with an id; resolves with the answer, rejects with the relay's error or when the connection is lost.
  request(message) {
    const id = message.id ?? this.newId();
    return new Promise((resolve, reject) => {
      if (!this.send({ ...message, id })) {
        reject({ code: 'not_connected', message: 'Not connected.' });
        return;
      }
      this.#waiting.set(id, { resolve, reject });
    });
  }

  async #hello(giveUp) {
    this.wasOpen = true;
    const hello = { type: 'system', op: 'hello', name: this.name };
    if (this.#token) hello.token = this.#token;
    if (this.#session) Object.assign(hello, { session: this.#session, since: this.seen() });
    try {
      const welcome = await this.request(hello);
      clearTimeout(giveUp);
      this.#welcome = welcome;
      this.#session = welcome.session;
      this.#kept = new Map((welcome.rooms ?? []).map((each) => [each.room, each]));
      this.client = welcome.client;
      this.#clients.add(welcome.client);
      this.attempts = 0;
      this.#delayHintMs = 0;
      this.#final = false;
      this.#setState('open');
      this.#heartbeat.start();
      this.#emit('open', welcome);
    } catch (error) {
      if (error.code !== 'connection_lost') this.#emit('problem', error); // The close says why.
      this.#socket?.close();
    }
  }

  #receive(text) {
    this.#heartbeat.heard();
    this.stats.bytesReceived += text.length;
    const message = JSON.parse(text);
    this.stats.received[message.type] = (this.stats.received[message.type] ?? 0) + 1;
    if (message.type === 'system' && message.id !== undefined && this.#waiting.has(message.id)) {
      const { resolve, reject } = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.op === 'error') reject(message);
      else resolve(message);
      return;
    }
    if (message.op === 'goaway') this.#delayHintMs = message.reconnect_delay_ms ?? 0;
    if (message.op === 'error') this.#emit('problem', message);
    else this.#emit('message', message);
  }

  #beat() {
    if (this.silentMs > this.#welcome.timeout_ms) this.#socket?.close(4000, 'relay is silent');
    this.#emit('state');
  }

  #lost(socket, event) {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#heartbeat.stop();
    for (const { reject } of this.#waiting.values())
      reject({ code: 'connection_lost', message: 'The connection was lost.' });
    this.#waiting.clear();
    this.#final = kFinalCloseCodes.has(event.code);
    if (this.#renamed) {
      this.#renamed = false;
      this.connect();
    } else if (this.#final) {
      this.#setState('closed', kFinalCloseCodes.get(event.code));
    } else if (this.attempts >= this.#welcome.reconnect_attempts) {
      this.#setState('closed', event.reason || 'The relay cannot be reached.');
    } else {
      this.#retryLater(event);
    }
  }

  // Exponential, with jitter over half its length, so that a thousand pages do not return at once.
  #retryLater(event) {
    const base = this.#delayHintMs || this.#welcome.reconnect_delay_ms * 2 ** this.attempts;
    const delayMs = Math.min(base, kBackoffMsMax) * (0.5 + Math.random() / 2);
    this.attempts += 1;
    this.#setState('waiting', event.reason);
    this.#retryTimer = setTimeout(() => this.connect(), delayMs);
  }

  #setState(state, reason = '') {
    this.state = state;
    this.reason = reason;
    this.#emit('state');
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
