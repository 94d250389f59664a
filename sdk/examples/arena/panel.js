// The panel: what the link does, and switches to see what the library does about it.
import { cut, lag } from './lag_socket.js';

const kEveryMs = 250;
const find = (id) => document.getElementById(id);

export class Panel {
  #client;
  #at = 0;
  #bytes = { in: 0, out: 0 };
  #frames = 0;

  constructor(client) {
    this.#client = client;
    client.on('link', ({ state, reason }) => this.#link(state, reason));
    this.#link(client.state);
    for (const id of ['delay', 'jitter']) {
      find(id).addEventListener('input', ({ target }) => {
        lag[`${id}Ms`] = Number(target.value);
        find(`${id}-out`).textContent = `${target.value} ms`;
      });
    }
    find('cut').addEventListener('click', () => cut(5000));
  }

  get interpolates() {
    return find('interpolate').checked;
  }
  get predicts() {
    return find('predict').checked;
  }
  get showsGhosts() {
    return find('ghosts').checked;
  }

  // After each frame; the numbers change a few times a second.
  drawn(now, room) {
    this.#frames += 1;
    const passed = now - this.#at;
    if (passed < kEveryMs) return;
    const { lanes } = this.#client.stats();
    const sum = (key) => Object.values(lanes).reduce((all, each) => all + each[key], 0);
    const bytes = { in: sum('bytesIn'), out: sum('bytesOut') };
    const { rttMs, jitterMs } = this.#client.latency;
    const rate = (of) => `${(((bytes[of] - this.#bytes[of]) * 1000) / passed / 1024).toFixed(1)} KiB/s`;
    this.#show('rtt', `${rttMs.toFixed(0)} ms`);
    this.#show('jitter-now', `${jitterMs.toFixed(1)} ms`);
    this.#show('in', rate('in'));
    this.#show('out', rate('out'));
    this.#show('behind', `${behindMs(room, rttMs / 2, this.interpolates).toFixed(0)} ms`);
    this.#show('fps', ((this.#frames * 1000) / passed).toFixed(0));
    this.#show('players', String([...room.state.entities.values()].filter(isPlayer).length));
    [this.#bytes, this.#at, this.#frames] = [bytes, now, 0];
  }

  #show(id, text) {
    find(id).textContent = text;
  }

  #link(state, reason) {
    const pill = find('link');
    pill.dataset.state = state;
    pill.textContent = reason ? `${state}: ${reason}` : state;
  }
}

const isPlayer = ({ kind }) => kind === 'player';

// From the relay's present, as far as a client can know it, back to what is drawn.
function behindMs({ state, joined }, oneWayMs, interpolates) {
  const drawn = interpolates ? state.time() : (state.tick * 1000) / joined.state.hz;
  return Math.max(0, state.present(oneWayMs) - drawn);
}
