// What is the same for whatever goes outside, trail or alerts: to list where it goes, to change its secret, to send it there no
// more.
import type { DestinationKind } from '@salus/schema';
import { defineCommand } from 'citty';
import { json, organization } from '../arguments.ts';

export const NEEDS = 'Needs DATABASE_URL (an owner) and the root key';
export const loopback = {
  type: 'boolean',
  description: 'Take a server on this machine: for development',
} as const;

export interface Group {
  /** Of the command above them. */
  readonly name: string;
  readonly kinds: readonly DestinationKind[];
  readonly describe: { readonly list: string; readonly secret: string; readonly remove: string };
}

export function destinationCommands({ name, kinds, describe }: Group) {
  const id = { type: 'string', required: true, description: `Id, as ${name} list shows it` } as const;

  const list = defineCommand({
    meta: { name: `${name} list`, description: `${describe.list}. ${NEEDS}` },
    args: { organization, json },
    async run({ args }) {
      const { states } = await import('./configure.ts');
      const { shownList } = await import('./show.ts');
      console.log(shownList(await states(args.organization, kinds), args.json === true));
    },
  });

  const secret = defineCommand({
    meta: {
      name: `${name} secret`,
      description: `${describe.secret}, beside the present one: both sign, until --finish ends the one before. ${NEEDS}`,
    },
    args: {
      organization,
      id,
      finish: { type: 'boolean', description: 'End the secret before the present one' },
    },
    async run({ args }) {
      const { changeSecret } = await import('./configure.ts');
      const made = await changeSecret(args.organization, args.id, args.finish === true);
      if (made !== null) console.log(made);
    },
  });

  const remove = defineCommand({
    meta: { name: `${name} remove`, description: `${describe.remove}. Needs DATABASE_URL (an owner)` },
    args: { organization, id },
    async run({ args }) {
      const { remove: removeDestination } = await import('./configure.ts');
      await removeDestination(args.organization, args.id);
    },
  });

  return { list, secret, remove };
}
