// The rules of the arena, the same for the authority and for who predicts. Pure.

export const kWidth = 1200;
export const kHeight = 720;
export const kRadius = 16;
export const kStepMs = 1000 / 60;
export const kShotSpeed = 620; // Units a second.
const kSpeed = 240;

// [x, y, width, height]
export const kWalls = [
  [300, 140, 40, 200],
  [860, 380, 40, 200],
  [520, 330, 160, 40],
  [140, 520, 180, 40],
  [880, 160, 180, 40],
];

export const kSchema = {
  kind: { type: 'enum', values: ['player', 'shot'] },
  x: { type: 'float', min: 0, max: kWidth, resolution: 0.01 },
  y: { type: 'float', min: 0, max: kHeight, resolution: 0.01 },
  aim: { type: 'float', min: -3.2, max: 3.2, resolution: 0.01 },
  hp: { type: 'int', min: 0, max: 100 },
  score: { type: 'int', min: 0, max: 100000 },
  seq: { type: 'int', min: 0, max: 1000000000 },
  hue: { type: 'int', min: 0, max: 359 },
  name: { type: 'string', max_bytes: 24 },
};

// An input is [x, y, aim, fire], each move from -1 to 1. What is sent is what is predicted with.
export function inputOf(x, y, aim, fire) {
  const length = Math.max(1, Math.hypot(x, y));
  const rounded = (value) => Math.round(value * 100) / 100;
  return [rounded(x / length), rounded(y / length), rounded(aim), fire ? 1 : 0];
}

// The player behind an input. Corrections from other players come from the authority alone.
export function step(player, [moveX, moveY, aim]) {
  const distance = (kSpeed * kStepMs) / 1000;
  const moved = { x: player.x + moveX * distance, y: player.y + moveY * distance };
  return { ...player, ...kept(moved), aim };
}

export function isFree(x, y, radius) {
  const inside = x >= 0 && y >= 0 && x <= kWidth && y <= kHeight;
  return inside && kWalls.every((wall) => nearest(wall, x, y).distance >= radius);
}

// Inside the field and outside of the walls.
export function kept({ x, y }) {
  let at = { x, y };
  for (const wall of kWalls) {
    const { x: wallX, y: wallY, distance } = nearest(wall, at.x, at.y);
    if (distance >= kRadius) continue;
    const length = distance || 1;
    const push = (kRadius - distance) / length;
    const [dx, dy] = distance > 0 ? [at.x - wallX, at.y - wallY] : [0, -kRadius];
    at = { x: at.x + dx * push, y: at.y + dy * push };
  }
  const clamp = (value, most) => Math.min(most - kRadius, Math.max(kRadius, value));
  return { x: clamp(at.x, kWidth), y: clamp(at.y, kHeight) };
}

function nearest([left, top, width, height], x, y) {
  const at = {
    x: Math.min(left + width, Math.max(left, x)),
    y: Math.min(top + height, Math.max(top, y)),
  };
  return { ...at, distance: Math.hypot(x - at.x, y - at.y) };
}
