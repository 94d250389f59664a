// Serves the examples, with a relay and the arena's authority behind them: one command.
//
//   node sdk/examples/serve.mjs [--port 8090] [--relay ws://127.0.0.1:8080]
//
// Without --relay it starts build/release/perseid (or PERSEID_BINARY) on a free port. A relay of
// your own needs --creators-declare-rooms, or a rule for the room `arena`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../js/built.mjs';

const kHere = path.dirname(fileURLToPath(import.meta.url));
const kSdk = path.join(kHere, '../js');
const kTypes = { html: 'text/html', css: 'text/css', js: 'text/javascript' };

function optionsOf(args) {
  try {
    const options = { port: { type: 'string', default: '8090' }, relay: { type: 'string' } };
    return parseArgs({ args, options }).values;
  } catch ({ message }) {
    console.error(`${message}\nserve.mjs [--port 8090] [--relay ws://127.0.0.1:8080]`);
    process.exit(1);
  }
}
const values = optionsOf(process.argv.slice(2));

async function startRelay() {
  const binary = process.env.PERSEID_BINARY ?? path.join(kHere, '../../build/release/perseid');
  if (!existsSync(binary)) {
    console.error(`There is no ${binary}: run ./setup run once, or give --relay.`);
    process.exit(1);
  }
  const { PERSEID_BINARY, ...env } = process.env;
  const flags = ['--port', '0', '--creators-declare-rooms'];
  const relay = spawn(binary, flags, { stdio: ['ignore', 'pipe', 'ignore'], env });
  process.on('exit', () => relay.kill());
  for await (const line of createInterface({ input: relay.stdout })) {
    return `ws://127.0.0.1:${/:(\d+)$/.exec(line)[1]}`;
  }
  throw new Error('the relay ended before it listened');
}

// A path of this folder, or /perseid/ for the library's build; nothing outside of them.
async function fileOf(url) {
  const { pathname } = new URL(url, 'http://localhost');
  const wanted = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  const isLibrary = wanted.startsWith('/perseid/');
  const root = isLibrary ? path.join(kSdk, 'dist/min') : kHere;
  const file = path.join(root, isLibrary ? wanted.slice('/perseid'.length) : wanted);
  const type = kTypes[path.extname(file).slice(1)];
  if (!type || !file.startsWith(root + path.sep)) return undefined;
  return { type, body: await readFile(file) };
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
ensureBuilt();
const relay = values.relay ?? (await startRelay());
const { startAuthority } = await import('./arena/authority.mjs');
const patience = setTimeout(() => console.log(`Waiting for a relay at ${relay} ...`), 2000);
try {
  await startAuthority(relay);
} catch ({ message }) {
  console.error(`The arena cannot be at ${relay}: ${message}`);
  process.exit(1);
}
clearTimeout(patience);

const server = createServer(async (request, response) => {
  const file =
    request.url === '/config.json'
      ? { type: 'application/json', body: JSON.stringify({ relay }) }
      : await fileOf(request.url).catch(() => undefined);
  response.writeHead(file ? 200 : 404, { 'Content-Type': file?.type ?? 'text/plain' });
  response.end(file?.body ?? 'not found');
});
server.on('error', ({ message }) => {
  console.error(`${message}: give another --port.`);
  process.exit(1);
});
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`open http://127.0.0.1:${server.address().port}/`);
});
