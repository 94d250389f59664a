// Client: Node's ws speaking the JSON flavour, with an inbox to wait on.
import { WebSocket } from 'ws';
import { within } from './wait.mjs';

export class Client {
  inbox = []; // Messages not yet taken by next(), oldest first.
  texts = []; // Every frame as it came.
  #socket;
  #waiters = [];
  #nextId = 1000;

  // options: { path, protocols, hello (an object or false), ...those of ws }
  static async connect(
    relay,
    { path = '/ws', protocols = ['perseid.json.v1'], hello = {}, ...wsOptions } = {},
  ) {
    const client = new Client();
    client.#socket = new WebSocket(relay.url(path), protocols, {
      perMessageDeflate: false,
      ...wsOptions,
    });
    await client.#open();
    if (hello) {
      client.welcome = await client.request({ type: 'system', op: 'hello', ...hello });
      if (client.welcome.op !== 'welcome')
        throw new Error(`no welcome: ${JSON.stringify(client.welcome)}`);
      client.id = client.welcome.client;
    }
    return client;
  }

  // One more connection's client, closed when the test ends.
  static async of(t, relay, options) {
    const client = await Client.connect(relay, options);
    t.after(() => client.terminate());
    return client;
  }

  get socket() {
    return this.#socket;
  }

  send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  sendText(text) {
    this.#socket.send(text);
  }

  // Sends with a new id (unless it has one) and waits for the answer that bears it.
  async request(message) {
    const id = message.id ?? this.#nextId++;
    this.send({ ...message, id });
    return this.next(
      (answer) => answer.id === id && answer.type === 'system',
      `the answer to ${JSON.stringify(message)}`,
    );
  }

  join(room, more = {}) {
    return this.request({ type: 'system', op: 'join', room, ...more });
  }

  chat(room, payload) {
    return this.request({ type: 'chat', room, payload });
  }

  // The first message for which match(message) holds, now or later; it leaves the inbox.
  async next(match, what = 'a message') {
    const take = () => {
      const index = this.inbox.findIndex(match);
      return index < 0 ? undefined : this.inbox.splice(index, 1)[0];
    };
    const wait = async () => {
      for (;;) {
        const found = take();
        if (found) return found;
        if (this.closedWith)
          throw new Error(
            `closed with ${JSON.stringify(this.closedWith)} while waiting for ${what}`,
          );
        await new Promise((resolve) => {
          this.#waiters.push(resolve);
        });
      }
    };
    return within(wait(), what, () => `in the inbox: ${JSON.stringify(this.inbox).slice(0, 2000)}`);
  }

  nextOf(type, room) {
    return this.next(
      (message) => message.type === type && (room === undefined || message.room === room),
      `${type} of ${room}`,
    );
  }

  nextOp(op) {
    return this.next((message) => message.type === 'system' && message.op === op, `op ${op}`);
  }

  // `count` messages of a lane in the order they came.
  async collect(type, room, count) {
    const messages = [];
    while (messages.length < count) messages.push(await this.nextOf(type, room));
    return messages;
  }

  // { code, reason } once the relay has closed the connection.
  async closed() {
    const wait = async () => {
      while (!this.closedWith)
        await new Promise((resolve) => {
          this.#waiters.push(resolve);
        });
      return this.closedWith;
    };
    return within(wait(), 'the connection to close');
  }

  async close() {
    this.#socket.close(1000);
    return this.closed();
  }

  // Drops the TCP connection without a word.
  terminate() {
    this.#socket.terminate();
  }

  async #open() {
    const opened = new Promise((resolve, reject) => {
      this.#socket.once('open', resolve);
      this.#socket.once('error', reject);
    });
    this.#socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    this.#socket.on('close', (code, reason) => {
      this.closedWith = { code, reason: reason.toString() };
      this.#wake();
    });
    await within(opened, 'the connection to open');
    this.#socket.on('error', () => {}); // `close` follows and is what tests look at.
  }

  #take(data, isBinary) {
    const text = data.toString();
    this.texts.push(text);
    if (isBinary) this.inbox.push({ type: 'binary', data });
    else this.inbox.push(JSON.parse(text));
    this.#wake();
  }

  #wake() {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
