// Builds sdk/js if its sources are newer than what was built: sdk.mjs PATH_OF_NPM
// The state decoder of these tests is the client's.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const kPackages = fileURLToPath(new URL('packages.mjs', import.meta.url));
const kSdk = fileURLToPath(new URL('../../../sdk/js/', import.meta.url));
const kBuilt = path.join(kSdk, 'dist/min/state.js'); // Written last.

function isBuilt() {
  if (!existsSync(kBuilt)) return false;
  const sources = readdirSync(path.join(kSdk, 'src'), { recursive: true });
  const files = [...sources.map((name) => `src/${name}`), 'build.mjs', 'package-lock.json'];
  const newest = Math.max(...files.map((name) => statSync(path.join(kSdk, name)).mtimeMs));
  return newest <= statSync(kBuilt).mtimeMs;
}

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: kSdk, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!isBuilt()) {
  run(kPackages, process.argv[2]);
  run('build.mjs');
}
