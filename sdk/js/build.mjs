// Builds dist: one file per source as ES modules and as CommonJS, with declarations for both, and
// one minified file of the core for pages without a bundler.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const kSources = readdirSync('src', { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => path.join('src', name));
const kTarget = 'es2022';

rmSync('dist', { recursive: true, force: true });
for (const format of ['esm', 'cjs']) {
  const outdir = `dist/${format}`;
  await build({ entryPoints: kSources, outdir, outbase: 'src', format, target: kTarget });
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', outdir],
    { stdio: 'inherit' },
  );
  if (status !== 0) process.exit(1);
}
mkdirSync('dist/cjs', { recursive: true });
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');

// The pages' build: entries share what they have in common.
await build({
  entryPoints: {
    perseid: 'src/index.ts',
    state: 'src/state/index.ts',
    time: 'src/time/index.ts',
    secure: 'src/secure/index.ts',
  },
  outdir: 'dist/min',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: kTarget,
});
