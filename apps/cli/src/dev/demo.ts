// `.salus/demo.json`: where Salus is and who can sign in to it. Programs and tests read it (DESIGN.md, fixed names), so its
// form does not change.
import { join } from 'node:path';
import { roleSchema } from '@salus/schema';
import * as z from 'zod';
import { CommandError } from '../errors.ts';
import { readIfThere, writePrivately } from '../state-directory.ts';

const demoUser = z.object({
  role: roleSchema,
  email: z.string(),
  password: z.string(),
  totpSecret: z.string(),
});

const demo = z.object({ url: z.url(), users: z.array(demoUser).min(1) });

export type DemoUser = z.output<typeof demoUser>;
export type Demo = z.output<typeof demo>;

const fileIn = (stateDirectory: string) => join(stateDirectory, 'demo.json');

export function writeDemo(stateDirectory: string, { url, users }: Demo): Promise<void> {
  return writePrivately(fileIn(stateDirectory), `${JSON.stringify({ url, users }, null, 2)}\n`);
}

/** @returns undefined when there is none. @throws CommandError when it cannot be understood */
export async function readDemo(stateDirectory: string): Promise<Demo | undefined> {
  const text = await readIfThere(fileIn(stateDirectory));
  if (text === undefined) return undefined;
  try {
    return demo.parse(JSON.parse(text));
  } catch {
    throw new CommandError(
      `${fileIn(stateDirectory)} is damaged: remove it, and salus dev makes new demo users`,
    );
  }
}

/** The first of the demo users in a role. @throws CommandError */
export async function demoUserOf(stateDirectory: string, role: string): Promise<Demo & { user: DemoUser }> {
  const kept = await readDemo(stateDirectory);
  if (!kept) throw new CommandError('there are no demo users yet: start `npx -y pnpm dev` first');
  const user = kept.users.find((candidate) => candidate.role === role);
  if (!user) throw new CommandError(`there is no demo user in the role ${JSON.stringify(role)}`);
  return { ...kept, user };
}
