// A room's schema (docs/state-coding.md, "Schemas and parts"): what a value is in parts, and back.
// The numbers are JavaScript's own doubles; every step here is exact, or rounded as IEEE 754 says.

const kMoving = ['int', 'float', 'quat'];
const kSqrt2 = 1.4142135623730951;

export class Schema {
  // `json` is the canonical schema of `joined`, parsed.
  constructor(json) {
    this.fields = [];
    this.parts = []; // { max, moves }
    this.texts = 0;
    for (const [name, of] of Object.entries(json)) this.#add(makeField(name, of));
  }

  #add(field) {
    field.firstPart = this.parts.length;
    if (field.parts === 0) field.text = this.texts++;
    for (let i = 0; i < field.parts; ++i) {
      const isIndex = field.type === 'quat' && i === 0;
      const moves = kMoving.includes(field.type) && !isIndex;
      this.parts.push({ max: isIndex ? 3 : field.partMax, moves });
    }
    this.fields.push(field);
  }
}

function makeField(name, of) {
  const type = typeof of === 'string' ? of : of.type;
  const field = { ...of, name, type, parts: 1, partMax: 0, decimals: 0 };
  if (type === 'int' || type === 'float') setRange(field);
  if (type === 'bool') field.partMax = 1;
  if (type === 'enum') field.partMax = of.values.length - 1;
  if (type === 'string' || type === 'json') field.parts = 0;
  if (type === 'quat') {
    field.parts = 4;
    field.partMax = 2 ** of.bits - 1;
    field.decimals = Math.ceil(-Math.log10(Math.SQRT2 / field.partMax / 20));
  }
  return field;
}

// Whole numbers below 2^53: a value is (origin + part * step) / 10^decimals.
function setRange(field) {
  field.resolution ??= 1;
  field.decimals = decimalsOf(field.resolution);
  const scale = 10 ** field.decimals;
  field.origin = Math.round(field.min * scale);
  field.step = Math.round(field.resolution * scale);
  field.partMax = Math.floor((Math.round(field.max * scale) - field.origin) / field.step);
}

// How many decimals the shortest text has that reads back as this number.
function decimalsOf(number) {
  const [digits, exponent] = number.toExponential().split('e');
  return Math.max(0, (digits.split('.')[1] ?? '').length - Number(exponent));
}

// A field's value, as JSON.parse would give it of what members of the JSON flavour get.
export function valueOf(field, parts, text) {
  switch (field.type) {
    case 'bool':
      return parts[0] !== 0;
    case 'enum':
      return field.values[parts[0]];
    case 'string':
      return text;
    case 'json':
      return text === '' ? null : JSON.parse(text);
    case 'quat':
      return unpackQuaternion(field, parts).map((value) => rounded(value, 10 ** field.decimals));
    default:
      return (field.origin + parts[0] * field.step) / 10 ** field.decimals;
  }
}

function rounded(value, scale) {
  const magnitude = Math.floor(Math.abs(value) * scale + 0.5) / scale;
  return value < 0 && magnitude > 0 ? -magnitude : magnitude;
}

const component = (max, part) => (2 * part - max) / (max * kSqrt2);

function unpackQuaternion({ partMax }, parts) {
  const small = parts.slice(1, 4).map((part) => component(partMax, part));
  const squares = small.reduce((sum, value) => sum + value * value, 0);
  const largest = squares < 1 ? Math.sqrt(1 - squares) : 0;
  return [...small.slice(0, parts[0]), largest, ...small.slice(parts[0])];
}

// The parts of a value, or its text; undefined if the field cannot hold it.
export function quantise(field, value) {
  switch (field.type) {
    case 'bool':
      return typeof value === 'boolean' ? [Number(value)] : undefined;
    case 'enum':
      return field.values.includes(value) ? [field.values.indexOf(value)] : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'json':
      return JSON.stringify(value);
    case 'quat':
      return quantiseQuaternion(field, value);
    default:
      return quantiseNumber(field, value);
  }
}

function quantiseNumber({ min, max, resolution, partMax, out_of_range: range }, value) {
  if (typeof value !== 'number') return undefined;
  const beyond = value < min - resolution / 2 || value > max + resolution / 2;
  if (range === 'refuse' && beyond) return undefined;
  const steps = (value - min) / resolution + 0.5;
  return [steps <= 0 ? 0 : steps >= partMax ? partMax : Math.floor(steps)];
}

function quantiseQuaternion({ partMax, decimals }, value) {
  const most = Math.max(...value.map(Math.abs));
  if (!(most > 0)) return undefined;
  const scaled = value.map((each) => each / most);
  const length = Math.sqrt(scaled.reduce((sum, each) => sum + each * each, 0));
  const unit = scaled.map((each) => each / length);
  let largest = 0;
  for (let i = 1; i < 4; ++i) if (Math.abs(unit[i]) > Math.abs(unit[largest])) largest = i;
  const sign = unit[largest] < 0 ? -1 : 1;
  const small = unit
    .filter((_, i) => i !== largest)
    .map((each) => ((each * sign * kSqrt2 + 1) / 2) * partMax + 0.5)
    .map((steps) => (steps <= 0 ? 0 : steps >= partMax ? partMax : Math.floor(steps)));
  settle(partMax, 2 * 10 ** -decimals, small);
  return [largest, ...small];
}

// Its nearest rival goes towards 0 until the largest leads by more than printing rounds off.
function settle(max, margin, small) {
  for (;;) {
    const values = small.map((part) => component(max, part));
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    let worst = 0;
    for (let i = 1; i < 3; ++i) if (Math.abs(values[i]) > Math.abs(values[worst])) worst = i;
    if (Math.abs(values[worst]) + margin <= (squares < 1 ? Math.sqrt(1 - squares) : 0)) return;
    small[worst] += small[worst] * 2 > max ? -1 : 1;
  }
}
