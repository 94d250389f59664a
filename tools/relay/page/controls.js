// Controls: keyboard and pointer, turned into steering. The keys work without a click, unless what has the focus needs them
// itself: a field all of them, a list that scrolls the arrows, a button or link the space bar.

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

const kKeepTheirKeys = 'input, .log, .people-list';

export function addControls(canvas, painter, players) {
  addKeys(canvas, players);
  addPointer(canvas, painter, players);
}

function addKeys(canvas, players) {
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
  addEventListener('keydown', (event) => {
    const focus = document.activeElement ?? document.body;
    const pulse = event.code === 'Space' && (focus === document.body || focus === canvas);
    if (event.ctrlKey || event.metaKey || event.altKey || focus.closest(kKeepTheirKeys)) return;
    if (!pulse && !kKeys.has(event.code)) return;
    event.preventDefault(); // It would scroll the page.
    if (pulse && !event.repeat) players.pulse();
    if (!pulse) held.add(event.code);
    steer();
  });
  addEventListener('keyup', (event) => held.delete(event.code) && steer());
  addEventListener('blur', release); // A key let go in another window is never heard of.
}

function addPointer(canvas, painter, players) {
  const go = (event) => players.goTo(painter.worldPoint(event));
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    go(event);
  });
  canvas.addEventListener(
    'pointermove',
    (event) => canvas.hasPointerCapture(event.pointerId) && go(event),
  );
  canvas.addEventListener('dblclick', () => players.pulse());
}
