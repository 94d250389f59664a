// Draws the field. Colours are the page's own, so light and dark are the style sheet's.
import { kHeight, kRadius, kWalls, kWidth } from './rules.js';

export class Painter {
  #canvas;
  #context;
  #probe = document.createElement('span');
  scale = 1;

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    canvas.append(this.#probe);
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
  }

  toField = (x, y) => ({ x: x / this.scale, y: y / this.scale });

  // A canvas does not know light-dark(): an element inside of it does.
  #colour(name) {
    this.#probe.style.color = `var(${name})`;
    return getComputedStyle(this.#probe).color;
  }

  #fit() {
    const { width } = this.#canvas.getBoundingClientRect();
    const dense = devicePixelRatio || 1;
    this.scale = width / kWidth;
    this.#canvas.width = Math.round(width * dense);
    this.#canvas.height = Math.round(width * (kHeight / kWidth) * dense);
  }

  // `entities`: as they are to be seen; `ghosts`: the newest that the relay has told.
  draw(entities, own, ghosts) {
    const context = this.#context;
    const colour = (name) => this.#colour(name);
    const lightness = '52%';
    const zoom = this.#canvas.width / kWidth;
    context.setTransform(zoom, 0, 0, zoom, 0, 0);
    context.fillStyle = colour('--field');
    context.fillRect(0, 0, kWidth, kHeight);
    this.#grid(colour('--grid'));
    context.fillStyle = colour('--wall');
    for (const wall of kWalls) {
      context.beginPath();
      context.roundRect(...wall, 8);
      context.fill();
    }
    for (const [, ghost] of ghosts ?? []) if (ghost.kind === 'player') this.#ghost(ghost, colour);
    for (const [, each] of entities) if (each.kind === 'shot') this.#shot(each, lightness);
    for (const [id, each] of entities) {
      if (each.kind === 'player') this.#player(each, id === own, lightness, colour('--text'));
    }
  }

  #grid(colour) {
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    for (let x = 60; x < kWidth; x += 60) {
      context.moveTo(x, 0);
      context.lineTo(x, kHeight);
    }
    for (let y = 60; y < kHeight; y += 60) {
      context.moveTo(0, y);
      context.lineTo(kWidth, y);
    }
    context.stroke();
  }

  #ghost({ x, y }, colour) {
    const context = this.#context;
    context.strokeStyle = colour('--muted');
    context.setLineDash([4, 4]);
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, kRadius + 3, 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
  }

  #shot({ x, y, aim, hue }, lightness) {
    const context = this.#context;
    context.strokeStyle = `hsl(${hue} 90% ${lightness})`;
    context.lineWidth = 4;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(x - Math.cos(aim) * 14, y - Math.sin(aim) * 14);
    context.lineTo(x, y);
    context.stroke();
  }

  #player({ x, y, aim, hp, hue, name, score }, isOwn, lightness, text) {
    const context = this.#context;
    context.fillStyle = `hsl(${hue} 70% ${lightness})`;
    context.beginPath();
    context.moveTo(x + Math.cos(aim) * (kRadius + 9), y + Math.sin(aim) * (kRadius + 9));
    context.arc(x, y, kRadius, aim + 0.5, aim - 0.5);
    context.closePath();
    context.fill();
    if (isOwn) {
      context.strokeStyle = text;
      context.lineWidth = 2.5;
      context.stroke();
    }
    context.fillStyle = text;
    const size = 15 * Math.max(1, Math.min(1.8, 0.7 / this.scale)); // Legible on a phone.
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textAlign = 'center';
    const label = score > 0 ? `${name} · ${score}` : name;
    const half = context.measureText(label).width / 2 + 4;
    const labelX = Math.max(half, Math.min(kWidth - half, x));
    // Above the player; below it where the field ends.
    const barY = y - kRadius - 16 < size ? y + kRadius + 11 : y - kRadius - 11;
    context.fillText(label, labelX, barY < y ? barY - 5 : barY + 5 + size);
    context.globalAlpha = 0.25;
    context.fillRect(x - 20, barY, 40, 4);
    context.globalAlpha = 1;
    context.fillStyle = hp > 40 ? `hsl(140 60% 45%)` : `hsl(10 80% 55%)`;
    context.fillRect(x - 20, barY, (40 * hp) / 100, 4);
  }
}
