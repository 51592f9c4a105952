#!/usr/bin/env node
// The `salus` command. Exit codes: 0 done, 1 not done, 2 not understood, or a log not reached, 3 the log was deleted after its retention.

// citty looks at this when it is loaded, takes no value but "1", and would colour a pipe.
if (process.env.NO_COLOR || !process.stdout.isTTY) process.env.NO_COLOR = '1';
// Whoever reads us has read enough (`salus … | head`). A command that stops in order is asked to; any other has nothing left.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
  else process.exit();
});

const { salus } = await import('./program.ts');
process.exitCode = await salus(process.argv.slice(2));

export {};
