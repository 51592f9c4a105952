// How text of the source is taken over: without the space around it, and what is then empty counts as absent. Nothing
// else is changed; whether it can be kept is for the schema to say.

/** The text without surrounding space, or undefined when there is none. */
export function trimmed(value: string | null | undefined): string | undefined {
  return value?.trim() || undefined;
}

/** The same for a list. FHIR puts null where a member has only an extension. */
export function trimmedAll(values: readonly (string | null)[] | undefined): string[] {
  return (values ?? []).map(trimmed).filter((value) => value !== undefined);
}
