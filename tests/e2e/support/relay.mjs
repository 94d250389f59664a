// Relay: one process of the real binary, on a free port, ended with the test that started it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { within } from './wait.mjs';

const kStderrCharsMax = 20_000;

export class Relay {
  #process;
  #stderr = '';

  // Starts the relay and waits until it accepts. `flags` are added to --port 0.
  static async start(...flags) {
    const binary = process.env.PERSEID_BINARY;
    if (!binary) throw new Error('PERSEID_BINARY must name the relay to test');
    const relay = new Relay();
    const child = spawn(
      binary,
      ['--host', '127.0.0.1', ...(flags.includes('--port') ? [] : ['--port', '0']), ...flags],
      { stdio: ['ignore', 'pipe', 'pipe'], env: relayEnvironment() },
    );
    relay.#process = child;
    process.on('exit', () => child.kill('SIGKILL'));
    child.stderr.setEncoding('utf8').on('data', (text) => {
      relay.#stderr = (relay.#stderr + text).slice(-kStderrCharsMax);
    });
    child.on('error', (error) => {
      relay.#stderr += `${binary}: ${error.message}`;
    });
    relay.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    const line = await within(relay.#listeningLine(), 'the relay to listen', () => relay.#stderr);
    const match = /^listening on (.+):(\d+)$/.exec(line);
    if (!match) throw new Error(`not the line that was promised: ${JSON.stringify(line)}`);
    relay.host = match[1];
    relay.port = Number(match[2]);
    relay.secure = flags.includes('--tls-cert');
    return relay;
  }

  get stderr() {
    return this.#stderr;
  }

  // Until standard error holds this text.
  async says(text) {
    const wait = async () => {
      while (!this.#stderr.includes(text)) await once(this.#process.stderr, 'data');
    };
    await within(wait(), `the relay to say ${text}`, () => this.#stderr);
  }

  get pid() {
    return this.#process.pid;
  }

  url(path = '/ws') {
    return `${this.secure ? 'wss' : 'ws'}://${this.host}:${this.port}${path}`;
  }

  signal(name) {
    this.#process.kill(name);
  }

  // Ends the relay as an operator would; throws if it does not go in peace.
  async stop() {
    this.signal('SIGTERM');
    const { code, signal } = await within(
      this.exited,
      'the relay to exit',
      () => this.#stderr,
    ).catch((error) => {
      this.signal('SIGKILL');
      throw error;
    });
    if (code !== 0) throw new Error(`the relay ended with ${code ?? signal}:\n${this.#stderr}`);
  }

  async #listeningLine() {
    const lines = createInterface({ input: this.#process.stdout });
    for await (const line of lines) return line;
    const { code, signal } = await this.exited;
    throw new Error(`the relay ended with ${code ?? signal} before it listened:\n${this.#stderr}`);
  }
}

// Starts a relay for the whole of a test (or file, with the module's own before and after).
export async function relayFor(t, ...flags) {
  const relay = await Relay.start(...flags);
  t.after(() => relay.stop());
  return relay;
}

// Without the names that are these tests' own: the relay takes every PERSEID_ name for an option.
function relayEnvironment() {
  const own = /^PERSEID_(BINARY|CHROMIUM|TEST_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}
