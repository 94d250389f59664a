// The arena's page: inputs to the authority, its state drawn between ticks, the own player predicted.
import { connect } from '/perseid/perseid.js';
import { binary } from '/perseid/state.js';
import { Predictor } from '/perseid/time.js';
import { Controls } from './controls.js';
import { Painter } from './draw.js';
import { LagSocket } from './lag_socket.js';
import { Panel } from './panel.js';
import { kStepMs, step } from './rules.js';

const kSendEvery = 2; // Steps in a message.

const parameters = new URLSearchParams(location.search);
const name = parameters.get('name') ?? `guest ${Math.floor(Math.random() * 900 + 100)}`;
const { relay } = await (await fetch('/config.json')).json();
const client = connect(relay, {
  name,
  flavour: binary(),
  WebSocket: LagSocket,
  pingIntervalMs: 1000,
  reconnect: { attempts: 100, delayMaxMs: 2000 },
});
const painter = new Painter(document.querySelector('canvas'));
const controls = new Controls(document.querySelector('canvas'), painter.toField);
const panel = new Panel(client);
const room = await client.join('arena', { timeline: { fields: { aim: 'angle' }, extrapolateMs: 120 } });

let me; // The Predictor, as soon as the authority has let us in.
let unsent = [];
let steps = 0;
let last = performance.now();
let allowance = 0;

const enter = () => void room.send({ enter: name });
enter();
// A new session is a new player to the authority.
room.on('joined', ({ first, resumed }) => {
  if (first || resumed) return;
  me = undefined;
  enter();
});

room.on('state', ({ changed }) => {
  if (!changed.includes(client.id)) return;
  const own = room.state.get(client.id);
  if (!me) {
    me = new Predictor({ state: own, step, smooth: ['x', 'y'], snapAt: 120 });
    unsent = [];
  } else {
    me.acknowledge(own.seq, own, performance.now());
  }
});

// A page that is left or loaded again takes its player along, instead of keeping it for a return.
addEventListener('pagehide', ({ persisted }) => persisted || client.close());

function act(now) {
  allowance = Math.min(allowance + (now - last) / kStepMs, 8);
  last = now;
  for (; allowance >= 1; --allowance) {
    const { seq, input } = me.apply(controls.input(me.state));
    unsent.push([seq, ...input]);
    if (++steps % kSendEvery === 0) {
      if (client.state !== 'resuming') void room.send({ inputs: unsent }, { ack: false });
      unsent = [];
    }
  }
}

function frame(now) {
  if (me) act(now);
  const newest = room.state.entities;
  const entities = panel.interpolates ? room.state.at() : new Map(newest);
  if (me && panel.predicts && newest.has(client.id)) {
    entities.set(client.id, { ...newest.get(client.id), ...me.view(now) });
  }
  painter.draw(entities, client.id, panel.showsGhosts ? newest : undefined);
  panel.drawn(now, room);
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

// For the tests, and for who is curious.
globalThis.arena = { client, room, predictor: () => me };
