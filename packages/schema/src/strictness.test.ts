// Every schema that the package exports, to its depths: an object with a key that nobody declared is refused, so that no
// field slips past the classes. A new schema is tested by being exported.
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import * as exported from './index.ts';

const schemas = Object.entries(exported).flatMap(([name, value]): [string, z.core.$ZodType][] => {
  if (value instanceof z.ZodType) return [[name, value]];
  return isResource(value) ? [[`${name}.schema`, value.schema]] : [];
});
const objects = schemas.flatMap(([name, schema]) => objectsIn(schema, name));

describe('every object on the wire', () => {
  it('is looked at, nested ones too', () => {
    expect(objects.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        ...['newPatient', 'newPatient.name', 'newPatient.address', 'patientChange', 'patientChange.address'],
        ...['patientQuery|4', 'patientQuery|4.name', 'disclosedPatient', 'careTeamMember', 'pageRequest'],
        ...[
          'patient.schema',
          'user.schema',
          'session.schema',
          'organization.schema',
          'auditEvent.schema.origin',
        ],
      ]),
    );
  });

  it.each(objects)('%s refuses a key that it does not have', (_, schema) => {
    const issues = z.safeParse(schema, { surprise: 1, constructor: 1 }).error?.issues ?? [];
    expect(issues).toContainEqual(
      expect.objectContaining({ code: 'unrecognized_keys', keys: ['surprise', 'constructor'], path: [] }),
    );
  });

  it.each(objects)('VAL-03: %s takes nothing from a prototype that came with the input', (_, schema) => {
    const parsed = z.safeParse(schema, JSON.parse('{"__proto__":{"version":1,"limit":1}}'));
    expect(parsed.success && Object.getPrototypeOf(parsed.data)).toBe(parsed.success && Object.prototype);
    expect(Object.hasOwn(Object.prototype, 'version')).toBe(false);
  });

  it.each(objects)('%s is an object, and not null, a list or a string', (_, schema) => {
    for (const value of [null, [], '', 'a', 0, true, () => ({})]) {
      expect(z.safeParse(schema, value).success).toBe(false);
    }
  });
});

function objectsIn(schema: z.core.$ZodType, path: string): [string, z.core.$ZodType][] {
  if (schema instanceof z.ZodObject) {
    return [
      [path, schema],
      ...Object.entries(schema.shape).flatMap(([key, part]) =>
        objectsIn(part as z.core.$ZodType, `${path}.${key}`),
      ), // a shape holds schemas
    ];
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option, index) => objectsIn(option, `${path}|${index}`));
  }
  if (schema instanceof z.ZodArray) return objectsIn(schema.element, `${path}[]`);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return objectsIn(schema.unwrap(), path);
  return [];
}

function isResource(value: unknown): value is { schema: z.ZodType } {
  return typeof value === 'object' && value !== null && 'sealedUnder' in value && 'schema' in value;
}
