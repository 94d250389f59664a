// Controls: keyboard and pointer on the canvas, turned into steering.

const kKeys = new Map([
  ['ArrowUp', [0, -1]],
  ['KeyW', [0, -1]],
  ['ArrowDown', [0, 1]],
  ['KeyS', [0, 1]],
  ['ArrowLeft', [-1, 0]],
  ['KeyA', [-1, 0]],
  ['ArrowRight', [1, 0]],
  ['KeyD', [1, 0]],
]);

export function addControls(canvas, painter, players) {
  const held = new Set();
  const steer = () => {
    const sum = [0, 0];
    for (const code of held)
      kKeys.get(code).forEach((part, axis) => {
        sum[axis] += part;
      });
    players.steer(Math.sign(sum[0]), Math.sign(sum[1]));
  };
  const release = () => {
    held.clear();
    steer();
  };
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.code === 'Space' && !event.repeat) players.pulse();
    if (event.code === 'Space' || kKeys.has(event.code)) event.preventDefault();
    if (kKeys.has(event.code)) held.add(event.code);
    steer();
  });
  canvas.addEventListener('keyup', (event) => {
    held.delete(event.code);
    steer();
  });
  canvas.addEventListener('blur', release);

  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    players.goTo(painter.worldPoint(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) players.goTo(painter.worldPoint(event));
  });
  for (const end of ['pointerup', 'pointercancel'])
    canvas.addEventListener(end, () => players.goTo(null));
  canvas.addEventListener('dblclick', () => players.pulse());
}
