// Installs the packages of package-lock.json if they are not there yet: packages.mjs PATH_OF_NPM
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const kInstalled = 'node_modules/.package-lock.json';

function versions(file) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(packages)
    // Optional ones are for one system each: npm takes those that fit.
    .filter(([name, { optional }]) => name !== '' && !optional)
    .map(([name, { version }]) => `${name}@${version}`)
    .sort()
    .join();
}

if (!existsSync(kInstalled) || versions(kInstalled) !== versions('package-lock.json')) {
  const { status } = spawnSync(process.argv[2], ['ci', '--no-audit', '--no-fund'], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
