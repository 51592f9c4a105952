// A secret from whoever runs the command: typed unseen in a terminal, or the first line of standard input. Never an argument,
// which every process of the machine can read.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandError } from '../errors.ts';

export async function readSecret(question: string): Promise<string> {
  const secret = process.stdin.isTTY ? await ask(question) : await firstLine();
  if (secret === '') throw new CommandError('nothing was given on standard input');
  return secret;
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}

async function ask(question: string): Promise<string> {
  const silence = new Writable({ write: (_chunk, _encoding, written) => written() });
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true });
  const interrupted = new Promise<never>((_, reject) => {
    terminal.once('SIGINT', () => reject(new CommandError('interrupted')));
    terminal.once('close', () => reject(new CommandError('nothing was given')));
  });
  interrupted.catch(() => undefined);
  process.stderr.write(`${question}: `);
  try {
    return await Promise.race([terminal.question(''), interrupted]);
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
