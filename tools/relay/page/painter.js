// Painter: draws the players on the canvas, as meteors over a night sky. It only reads what players.js says.
import { dotColour } from './dom.js';
import { kWorld } from './players.js';

const kTrailPoints = 14;
const kStars = 140;
const kNameLettersMax = 20;
const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Painter {
  #canvas;
  #context;
  #trails = new Map();
  #stars = stars();

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  // A point of the page in the world's coordinates.
  worldPoint({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    return {
      x: ((clientX - box.left) / box.width) * kWorld.width,
      y: ((clientY - box.top) / box.height) * kWorld.height,
    };
  }

  draw(now, players) {
    const context = this.#context;
    const scale = this.#canvas.width / kWorld.width;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#sky(now);
    for (const pulse of players.pulses) this.#pulse(pulse, players.progress(pulse, now));
    const seen = players.seen(now);
    for (const player of seen) this.#player(player);
    this.#forget(seen);
  }

  #resize() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.#canvas.width = Math.max(1, Math.round(this.#canvas.clientWidth * ratio));
    this.#canvas.height = Math.max(1, Math.round(this.#canvas.clientHeight * ratio));
  }

  #sky(now) {
    const context = this.#context;
    const sky = context.createLinearGradient(0, 0, 0, kWorld.height);
    sky.addColorStop(0, '#0a0e1f');
    sky.addColorStop(1, '#1b2145');
    context.fillStyle = sky;
    context.fillRect(0, 0, kWorld.width, kWorld.height);
    context.fillStyle = '#ffffff';
    for (const { x, y, size, phase } of this.#stars) {
      context.globalAlpha = still.matches ? 0.5 : 0.35 + 0.25 * Math.sin(now / 900 + phase);
      context.fillRect(x, y, size, size);
    }
    context.globalAlpha = 1;
  }

  #pulse({ x, y, hue }, progress) {
    const context = this.#context;
    context.strokeStyle = `hsl(${hue} 85% 70% / ${1 - progress})`;
    context.lineWidth = 6 * (1 - progress) + 1;
    context.beginPath();
    context.arc(x, y, 24 + 150 * progress, 0, 2 * Math.PI);
    context.stroke();
  }

  #player({ client, x, y, hue, name, own, away }) {
    const context = this.#context;
    context.globalAlpha = away ? 0.35 : 1;
    if (!still.matches) this.#trail(client, x, y, hue);
    context.shadowColor = `hsl(${hue} 90% 65%)`;
    context.shadowBlur = 26;
    context.fillStyle = dotColour(hue);
    context.beginPath();
    context.arc(x, y, this.#atLeast(17, 8), 0, 2 * Math.PI);
    context.fill();
    context.shadowBlur = 0;
    if (own) {
      context.strokeStyle = '#ffffff';
      context.lineWidth = this.#atLeast(3, 2);
      context.stroke();
    }
    this.#label(x, y, `${cut(name)}${own ? ' (you)' : ''}`);
    context.globalAlpha = 1;
  }

  #trail(client, x, y, hue) {
    const context = this.#context;
    const trail = this.#trails.get(client) ?? [];
    trail.push({ x, y });
    if (trail.length > kTrailPoints) trail.shift();
    this.#trails.set(client, trail);
    context.lineCap = 'round';
    for (let i = 1; i < trail.length; i += 1) {
      const part = i / trail.length;
      context.strokeStyle = `hsl(${hue} 85% 70% / ${0.5 * part})`;
      context.lineWidth = 1.8 * this.#atLeast(17, 8) * part;
      context.beginPath();
      context.moveTo(trail[i - 1].x, trail[i - 1].y);
      context.lineTo(trail[i].x, trail[i].y);
      context.stroke();
    }
  }

  // A length in the world that is never less than so many pixels of the page, however small the canvas is shown.
  #atLeast(length, pixels) {
    return Math.max(length, (pixels * kWorld.width) / Math.max(1, this.#canvas.clientWidth));
  }

  // Above the dot, or below where there is no room above; never over the edge.
  #label(x, y, text) {
    const context = this.#context;
    const size = this.#atLeast(24, 13);
    const away = this.#atLeast(17, 8) + size * 0.6;
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textAlign = 'center';
    const half = context.measureText(text).width / 2 + size / 2;
    const middle = Math.max(half, Math.min(kWorld.width - half, x));
    const base = y - away > size ? y - away : y + away + size * 0.7;
    context.lineWidth = size / 4;
    context.strokeStyle = 'rgb(8 11 24 / 80%)';
    context.strokeText(text, middle, base);
    context.fillStyle = '#f4f6ff';
    context.fillText(text, middle, base);
  }

  #forget(seen) {
    const here = new Set(seen.map(({ client }) => client));
    for (const client of this.#trails.keys()) if (!here.has(client)) this.#trails.delete(client);
  }
}

function cut(name) {
  const letters = [...name];
  return letters.length > kNameLettersMax
    ? `${letters.slice(0, kNameLettersMax - 1).join('')}…`
    : name;
}

function stars() {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  return Array.from({ length: kStars }, () => ({
    x: random() * kWorld.width,
    y: random() * kWorld.height,
    size: 1 + random() * 2.5,
    phase: random() * 6.3,
  }));
}
