// FHIR lets a person have any number of names, numbers and addresses; Salus keeps one of each. This picks it, the same
// way for every datatype, and says what became of the others.
import { hasEnded, type Period } from './datatypes/period.ts';

const ELEMENT = /^_?[a-z][A-Za-z]{0,40}$/;

/** Something of the source that Salus does not keep. It says where and why, and never what. */
export interface ConversionNote {
  readonly code: NoteCode;
  /** A FHIRPath from the resource, such as `Patient.name[1]`. */
  readonly location: string;
}

export type NoteCode =
  /** Salus has no field for it. */
  | 'no_field'
  /** It is valid, and another of its kind was preferred. */
  | 'another_chosen'
  /** It is marked as old, or its period has ended. */
  | 'not_current'
  /** It is not what it is said to be, or exceeds what Salus accepts. */
  | 'not_valid';

/** One of a repeating element, with the place it came from. */
export interface Located<E> {
  readonly element: E;
  readonly location: string;
}

interface Dated {
  readonly use?: string | undefined;
  readonly period?: Period | undefined;
}

/** How to choose among the elements of one kind. */
export interface Preference<E, V> {
  /** Lower is better; of equals the first stands. */
  readonly rank: (element: E) => number;
  /** Its value in Salus, or undefined when it has none that Salus accepts. */
  readonly read: (element: E) => V | undefined;
}

export interface Choice<E, V> {
  readonly chosen: (Located<E> & { readonly value: V }) | undefined;
  readonly notes: readonly ConversionNote[];
}

/** The elements of a repeating element, each with its place. */
export function located<E>(elements: readonly E[] | undefined, location: string): Located<E>[] {
  return (elements ?? []).map((element, index) => ({ element, location: `${location}[${index}]` }));
}

/**
 * The best current element that Salus can keep. One that is not valid never hides another that is, so a number with a
 * typing error gives way to the next one.
 */
export function choose<E extends Dated, V>(
  candidates: readonly Located<E>[] = [],
  { rank, read }: Preference<E, V>,
  now: number,
): Choice<E, V> {
  const notes: ConversionNote[] = [];
  let chosen: Choice<E, V>['chosen'];
  for (const candidate of candidates.toSorted((a, b) => rank(a.element) - rank(b.element))) {
    const { element, location } = candidate;
    if (!isCurrent(element, now)) {
      notes.push({ code: 'not_current', location });
      continue;
    }
    const value = read(element);
    if (value === undefined) notes.push({ code: 'not_valid', location });
    else if (chosen) notes.push({ code: 'another_chosen', location });
    else chosen = { ...candidate, value };
  }
  return { chosen, notes };
}

/**
 * Notes for the parts of an element that are neither read nor of use once it is read. `kept` names the others. A key
 * such as `_family` holds what extends the primitive `family`.
 */
export function unreadParts(
  { element, location }: Located<object>,
  kept: readonly string[],
): ConversionNote[] {
  return Object.keys(element)
    .filter((key) => !kept.includes(key))
    .map((key) => ({ code: 'no_field', location: `${location}${step(key)}` }));
}

/** A key that is no name of an element, as FHIR spells them, could hold anything and is not repeated. */
function step(key: string): string {
  if (!ELEMENT.test(key)) return '';
  return key.startsWith('_') ? `.${key.slice(1)}.extension` : `.${key}`;
}

function isCurrent({ use, period }: Dated, now: number): boolean {
  return use !== 'old' && !hasEnded(period, now);
}
