// A backend that publishes: prices of a few hundred rooms over a pool of connections.
//
//   node sdk/examples/backend/prices.mjs [ws://127.0.0.1:8080] [seconds]
import { ensureBuilt } from '../../js/built.mjs';

const [url = 'ws://127.0.0.1:8080', seconds = '10'] = process.argv.slice(2);
const kRooms = 200;

ensureBuilt();
const { Pool } = await import('../../js/dist/esm/node/index.js');

function giveUp(why) {
  console.error(`${why}\nStart a relay (./setup run), or say where it is: prices.mjs ws://HOST:PORT`);
  process.exit(1);
}

let pool;
const patience = setTimeout(() => console.log(`Waiting for a relay at ${url} ...`), 1500);
try {
  pool = new Pool(url, { size: 4, name: 'prices', reconnect: { delayMs: 250 } });
  await pool.ready();
} catch ({ message }) {
  giveUp(`No relay at ${url}: ${message}`);
}
clearTimeout(patience);

const prices = Array.from({ length: kRooms }, () => 100);
const end = performance.now() + Number(seconds) * 1000;
const refusals = new Map(); // How many, by their code.
let sent = 0;

const isUp = () => pool.clients.every(({ state }) => state !== 'closed');
while (performance.now() < end && isUp()) {
  // Back-pressure: no faster than the relay takes it.
  await pool.drained();
  const at = sent++ % kRooms;
  prices[at] += Math.random() - 0.5;
  const price = Math.round(prices[at] * 100) / 100;
  pool.publish(`price ${at}`, { price }).catch(({ code }) => {
    refusals.set(code, (refusals.get(code) ?? 0) + 1);
  });
  // Below what a session may send by default (1000 a second).
  if (sent % 30 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

// What is under way still gets its answer.
const busy = () => pool.clients.some((each) => each.stats().inFlight + each.stats().queued > 0);
while (isUp() && busy()) await new Promise((resolve) => setTimeout(resolve, 10));
const wasUp = isUp();
pool.close(); // What has no answer is refused with `closed`.
await new Promise(setImmediate);

const stats = pool.clients.map((client) => client.stats());
const acks = stats.reduce((sum, { ack }) => sum + ack.count, 0);
const p99 = Math.max(...stats.map(({ ack }) => ack.p99Ms));
const refused = [...refusals].map(([code, count]) => `, ${count} ${code}`).join('');
console.log(`${sent} published, ${acks} acknowledged${refused}, p99 ${p99.toFixed(1)} ms`);
if (!wasUp) giveUp(`The relay at ${url} is gone.`);
