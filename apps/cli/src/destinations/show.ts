// Destinations on the terminal. Of a URL only where it leads: its path may hold a token.
import type { DestinationState } from '@salus/db/destinations';
import { table } from '../terminal/style.ts';
import type { Added } from './configure.ts';

export function shownList(states: readonly DestinationState[], json: boolean): string {
  const list = states.map((state) => ({
    id: state.id,
    kind: state.kind,
    target: placeOf(state),
    withOrigin: state.withOrigin,
  }));
  if (json) return JSON.stringify(list);
  return table([
    ['id', 'kind', 'where', 'addresses'],
    ...list.map(({ id, kind, target, withOrigin }) => [id, kind, target, withOrigin ? 'yes' : 'no']),
  ]);
}

export function shownStates(states: readonly DestinationState[], json: boolean): string {
  const list = states.map((state) => ({
    id: state.id,
    target: placeOf(state),
    failures: state.failures,
    failingSince: state.failingSince?.toISOString() ?? null,
    deliveredAt: state.deliveredAt?.toISOString() ?? null,
    waiting: state.waiting,
  }));
  if (json) return JSON.stringify(list);
  return table([
    ['id', 'where', 'waiting', 'last taken', 'failing since'],
    ...list.map(({ id, target, waiting, deliveredAt, failingSince }) => [
      id,
      target,
      String(waiting),
      deliveredAt ?? 'never',
      failingSince ?? '',
    ]),
  ]);
}

export function shownAdded({ id, secret }: Added, json: boolean): string {
  if (json) return JSON.stringify({ id, ...(secret !== undefined && { secret }) });
  return secret === undefined
    ? id
    : `id: ${id}\nsecret: ${secret}\nGive the secret to whoever receives. It is not shown again.`;
}

function placeOf({ kind, target }: DestinationState): string {
  return kind === 'mail' ? target : new URL(target).origin;
}
