// What is measured: a server, and the works that it can be put to.
import type { Work } from '../load/closed-loop.ts';

export const WORKS = {
  read: 'read one patient',
  list: 'list 25 patients',
  search: 'search by name and birth date',
  create: 'create a patient',
  update: 'update a patient',
  audit: 'read 25 audit events',
  'sign in': 'sign in with a second factor',
} as const;

export type WorkName = keyof typeof WORKS;

export const SUBJECTS = {
  salus: 'Salus',
  path: 'Salus, request alone',
  article: 'article, as written',
  durable: 'article, durable audit',
  worker: 'floor: Worker, no security',
  libraries: 'floor on the libraries of Salus',
  node: 'floor: Node, no security',
  'better auth': 'Better Auth',
} as const;

export type SubjectName = keyof typeof SUBJECTS;

export interface Subject {
  readonly name: SubjectName;
  readonly url: string;
  /** The API's process alone: workerd, or Node. */
  readonly pid: number;
  readonly works: Partial<Record<WorkName, Work>>;
  stop(): Promise<void>;
}
