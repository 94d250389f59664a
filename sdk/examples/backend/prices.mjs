// A backend that publishes: prices of a few hundred rooms over a pool of connections.
//
//   node sdk/examples/backend/prices.mjs [ws://127.0.0.1:8080] [seconds]
import { Pool } from '../../js/dist/esm/node/index.js';

const [url = 'ws://127.0.0.1:8080', seconds = '10'] = process.argv.slice(2);
const kRooms = 200;

const pool = new Pool(url, { size: 4, name: 'prices' });
await pool.ready();
const prices = Array.from({ length: kRooms }, () => 100);
const end = performance.now() + Number(seconds) * 1000;
let sent = 0;
let refused = 0;

while (performance.now() < end) {
  // Back-pressure: no faster than the relay takes it.
  await pool.drained();
  const at = sent++ % kRooms;
  prices[at] += Math.random() - 0.5;
  const price = Math.round(prices[at] * 100) / 100;
  pool.publish(`price ${at}`, { price }).catch(({ code }) => {
    refused += code === 'closed' ? 0 : 1;
  });
  // Below what a session may send by default (1000 a second).
  if (sent % 30 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

const stats = pool.clients.map((client) => client.stats());
const acks = stats.reduce((sum, { ack }) => sum + ack.count, 0);
const p99 = Math.max(...stats.map(({ ack }) => ack.p99Ms));
console.log(`${sent} published, ${acks} acknowledged, ${refused} refused, p99 ${p99.toFixed(1)} ms`);
pool.close();
