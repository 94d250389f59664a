// Certificates that sign themselves, made by the openssl program in a folder of the test's own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function certificateFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'perseid-e2e-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

// NAME.pem and NAME.key for localhost, 127.0.0.1 and `host`, as docs/operations.md makes them.
export function makeCertificate(folder, { name = 'relay', host = 'localhost' } = {}) {
  const cert = join(folder, `${name}.pem`);
  const key = join(folder, `${name}.key`);
  const made = spawnSync(
    'openssl',
    [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30'.split(' '),
      ...['-subj', `/CN=${host}`],
      ...['-addext', `subjectAltName=DNS:${host},DNS:localhost,IP:127.0.0.1`],
      ...['-keyout', key, '-out', cert],
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`openssl req: ${made.stderr}`);
  return { cert, key, flags: ['--tls-cert', cert, '--tls-key', key], ca: readFileSync(cert) };
}
