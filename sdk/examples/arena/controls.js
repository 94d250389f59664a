// What the player wants: keys and mouse, or one finger.
import { inputOf } from './rules.js';

const kWays = {
  KeyW: [0, -1], ArrowUp: [0, -1], KeyS: [0, 1], ArrowDown: [0, 1],
  KeyA: [-1, 0], ArrowLeft: [-1, 0], KeyD: [1, 0], ArrowRight: [1, 0],
};

export class Controls {
  #keys = new Set();
  #pointer = { x: 0, y: 0, isDown: false, isTouch: false };
  #canvas;
  #toField;

  // `toField`: from the canvas's pixels to the field's units.
  constructor(canvas, toField) {
    this.#canvas = canvas;
    this.#toField = toField;
    // Arrows and space work the switch or slider that has the focus; letters always move the player.
    const isForPanel = ({ target, code }) =>
      /INPUT|BUTTON/.test(target.tagName) && (code === 'Space' || code.startsWith('Arrow'));
    addEventListener('keydown', (event) => {
      if (isForPanel(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      this.#keys.add(event.code);
      if (event.code in kWays || event.code === 'Space') event.preventDefault();
    });
    addEventListener('keyup', ({ code }) => this.#keys.delete(code));
    addEventListener('blur', () => this.#keys.clear());
    for (const name of ['pointerdown', 'pointermove']) {
      canvas.addEventListener(name, (event) => this.#point(event));
    }
    for (const name of ['pointerup', 'pointercancel']) {
      addEventListener(name, () => {
        this.#pointer.isDown = false;
      });
    }
  }

  // The input of one step, for a player at { x, y, aim }.
  input({ x, y, aim }) {
    let [moveX, moveY] = [0, 0];
    for (const [code, [dx, dy]] of Object.entries(kWays)) {
      if (this.#keys.has(code)) [moveX, moveY] = [moveX + dx, moveY + dy];
    }
    const { isDown, isTouch, x: pixelX, y: pixelY } = this.#pointer;
    const at = this.#toField(pixelX, pixelY);
    const [dx, dy] = [at.x - x, at.y - y];
    const knowsWhere = pixelX !== 0 || pixelY !== 0;
    if (isTouch && isDown && Math.hypot(dx, dy) > 20) [moveX, moveY] = [dx, dy];
    const towards = knowsWhere ? Math.atan2(dy, dx) : moveX || moveY ? Math.atan2(moveY, moveX) : aim;
    return inputOf(moveX, moveY, towards, this.#keys.has('Space') || isDown);
  }

  #point(event) {
    const box = this.#canvas.getBoundingClientRect();
    this.#pointer.x = event.clientX - box.left;
    this.#pointer.y = event.clientY - box.top;
    this.#pointer.isTouch = event.pointerType === 'touch';
    if (event.type === 'pointerdown') this.#pointer.isDown = true;
  }
}
