// Builds dist if the sources are newer than it, and installs what building needs. Used by the
// examples and the tests: who changed a source sees the change.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const kSdk = fileURLToPath(new URL('.', import.meta.url));
const kPackages = path.join(kSdk, '../../tests/e2e/support/packages.mjs');
const kBuilt = 'dist/min/state.js'; // Written last.
const kBesides = ['src', 'build.mjs', 'package.json', 'package-lock.json', 'tsconfig.build.json'];

// Folders count, too: a source may be gone.
export function isBuilt(folder = kSdk) {
  const changed = (name) => statSync(path.join(folder, name)).mtimeMs;
  if (!existsSync(path.join(folder, kBuilt))) return false;
  const sources = readdirSync(path.join(folder, 'src'), { recursive: true });
  const files = [...kBesides, ...sources.map((name) => `src/${name}`)];
  return Math.max(...files.map(changed)) <= changed(kBuilt);
}

/** Ends the process if it cannot be built; what is wrong has been said then. */
export function ensureBuilt(npm = 'npm') {
  if (isBuilt()) return;
  console.log('Building sdk/js ...');
  for (const args of [[kPackages, npm], ['build.mjs']]) {
    const { status } = spawnSync(process.execPath, args, { cwd: kSdk, stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  }
}
