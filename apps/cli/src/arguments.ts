// Arguments that mean the same to every command.
export const organization = {
  type: 'string',
  required: true,
  description: 'Id of the organization',
} as const;
export const json = { type: 'boolean', description: 'Print the result as JSON' } as const;
