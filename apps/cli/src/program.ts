// Finds the command that is meant, refuses what it does not know, runs it, and says what went wrong. A command's file is
// loaded when it is asked for, and loads what is heavy when it runs.
import { defineCommand, parseArgs, renderUsage, runCommand } from 'citty';
import { CommandError, UsageError } from './errors.ts';
import { failed } from './terminal/style.ts';

const root = defineCommand({
  meta: { name: 'salus', description: 'A healthcare API platform, from the command line' },
  subCommands: {
    dev: () => import('./commands/dev.ts').then((module) => module.dev),
    code: () => import('./commands/code.ts').then((module) => module.code),
    migrate: () => import('./commands/migrate.ts').then((module) => module.migrate),
    organization: () => import('./commands/organization.ts').then((module) => module.organization),
    user: () => import('./commands/user.ts').then((module) => module.user),
    secrets: () => import('./commands/secrets.ts').then((module) => module.secrets),
    import: () => import('./commands/import.ts').then((module) => module.importBundles),
    retention: () => import('./commands/retention.ts').then((module) => module.retention),
    keys: () => import('./commands/keys.ts').then((module) => module.keys),
    alerts: () => import('./commands/alerts.ts').then((module) => module.alerts),
    siem: () => import('./commands/siem.ts').then((module) => module.siem),
    audit: () => import('./commands/audit.ts').then((module) => module.audit),
  },
});

type Command = Awaited<ReturnType<typeof find>>['command'];

/** @returns the exit code */
export async function salus(argv: readonly string[]): Promise<number> {
  try {
    const { command, rest } = await find(argv);
    if (command.subCommands || asksForHelp(rest)) {
      console.log(`${await renderUsage(command)}\n`);
      return asksForHelp(rest) ? 0 : 2;
    }
    await refuseUnknown(command, rest);
    await runCommand(command, { rawArgs: rest });
    return 0;
  } catch (error) {
    return explain(error);
  }
}

async function find(argv: readonly string[]) {
  const groups = root.subCommands;
  let command = await resolved(root);
  let rest = [...argv];
  for (;;) {
    const subCommands = await resolved(command === root ? groups : command.subCommands);
    const [name] = rest;
    if (!subCommands || name === undefined || name.startsWith('-')) return { command, rest };
    const next = Object.hasOwn(subCommands, name) ? subCommands[name] : undefined;
    if (!next) throw new UsageError(`there is no command ${JSON.stringify(name)}; see salus --help`);
    command = await resolved(next);
    rest = rest.slice(1);
  }
}

function resolved<T>(value: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return Promise.resolve(value instanceof Function ? value() : value);
}

function asksForHelp(rest: readonly string[]): boolean {
  const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  return options.includes('--help') || options.includes('-h');
}

/** citty takes any option, without its value too, and any number of arguments; a misspelt one must not be ignored. */
async function refuseUnknown(command: Command, rest: string[]): Promise<void> {
  const definitions = (await resolved(command.args)) ?? {};
  const { _: given, ...options } = parseArgs(rest, definitions);
  const known = new Set(Object.keys(definitions).flatMap((name) => [name, camelCase(name)]));
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown !== undefined) throw new UsageError(`there is no option --${unknown}`);
  const last = rest.at(-1) ?? '';
  // A shell drops a variable that is not set: to go on without what the option asks for would be to answer another question.
  const isBare = Object.entries(definitions).some(
    ([name, { type }]) => type === 'string' && last === `--${name}`,
  );
  if (isBare) throw new UsageError(`${last} has no value`);
  const positional = Object.entries(definitions).filter(([, { type }]) => type === 'positional');
  // An argument whose name is in the plural stands for any number of them.
  const takesMore = positional.some(([name]) => name.endsWith('s'));
  if (!takesMore && given.length > positional.length) throw new UsageError('too many arguments');
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Says what went wrong, on stderr. Errors of Salus carry no value of anybody; of any other the name is enough. */
function explain(error: unknown): number {
  if (error instanceof CommandError) {
    console.error(failed(error.message));
    return error.exitCode;
  }
  if (error instanceof Error && error.name === 'CLIError') {
    console.error(failed(error.message));
    return new UsageError('').exitCode;
  }
  console.error(failed(error instanceof Error ? `${error.name}: ${error.message}` : 'failed'));
  if (process.env.SALUS_DEBUG && error instanceof Error) console.error(error.stack);
  return 1;
}
