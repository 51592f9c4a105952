// The command as a process: exit codes, and what it refuses.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function salus(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, DATABASE_URL: '', SALUS_ROOT_KEY: '', SALUS_STATE: '/nonexistent' };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...argv], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin?.end();
  });
}

describe('salus', () => {
  it('shows what there is, without colours in a pipe', async () => {
    const { code, stdout } = await salus('--help');
    expect(code).toBe(0);
    for (const name of [
      'dev',
      'migrate',
      'organization',
      'user',
      'secrets',
      'import',
      'audit',
      'siem',
      'alerts',
    ]) {
      expect(stdout).toContain(name);
    }
    expect(stdout).not.toContain('\u001B');
  });

  it('shows the options of a command within a command', async () => {
    const { code, stdout } = await salus('audit', 'verify', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('salus audit verify');
    expect(stdout).toContain('--earlier');
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['deploy']],
    ['half a command', ['audit']],
    ['an unknown option', ['secrets', 'new', '--jsn']],
    ['an option that is missing', ['organization', 'create']],
    ['too many arguments', ['secrets', 'new', 'more']],
    ['no files', ['import', '--demo']],
    ['an environment without a database', ['organization', 'create', '--name', 'Clinic']],
    ['a name of something inherited', ['toString']],
  ])('exits with 2 for %s', async (_, argv) => {
    expect((await salus(...argv)).code).toBe(2);
  });

  it('exits with 2 for a log that is not there: nothing is known of it', async () => {
    const key = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    const { code, stderr } = await salus('audit', 'verify', '/nonexistent', '--key', key);
    expect(code).toBe(2);
    expect(stderr).toContain('is not a directory');
  });

  it('prints new secrets as an env file', async () => {
    const { code, stdout } = await salus('secrets', 'new');
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split('=')[0])).toEqual([
      'SALUS_ROOT_KEY',
      'SALUS_TOKEN_KEYS',
      'LOG_SIGNING_KEY',
      '',
    ]);
  });
});
