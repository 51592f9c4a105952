// Held against the framework's own definitions (github.com/ocsf/ocsf-schema: events/ and objects/), written down here as strict
// shapes: an attribute that the class does not have, or lacks, fails.
import { AUDIT_OUTCOMES } from '@salus/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { EVENT_KINDS } from '../events.ts';
import type { AuditRow } from '../row.ts';
import { TEST_ROW } from '../test-row.ts';
import { ocsfEvent } from './ocsf.ts';
import { missingRow, type SiemEvent } from './siem-event.ts';

const id = z.uuid();
const milliseconds = z.int().min(1_600_000_000_000).max(4_000_000_000_000);
const user = z
  .strictObject({
    uid: id.optional(),
    name: z.string().optional(),
    groups: z.array(z.strictObject({ name: z.string(), type: z.literal('role') })).optional(),
  })
  .refine(({ uid, name }) => uid !== undefined || name !== undefined, 'at_least_one: account, name, uid');
const session = z.strictObject({ uid: id });
const actor = z
  .strictObject({ user: user.optional(), session: session.optional(), app_name: z.string().optional() })
  .refine((value) => Object.keys(value).length > 0, 'at_least_one: process, user, session, app_name, …');
const resources = z.array(z.strictObject({ type: z.string(), uid: id })).min(1);
const endpoint = z
  .strictObject({ ip: z.string().optional(), svc_name: z.string().optional() })
  .refine((value) => Object.keys(value).length > 0, 'at_least_one: ip, uid, name, hostname, svc_name, …');
const service = z.strictObject({ name: z.literal('salus') });

const base = {
  category_uid: z.int(),
  class_uid: z.int(),
  activity_id: z.int(),
  activity_name: z.string().optional(),
  type_uid: z.int(),
  time: milliseconds,
  severity_id: z.int().min(1).max(5),
  status_id: z.union([z.literal(1), z.literal(2)]),
  status_code: z.enum(AUDIT_OUTCOMES).optional(),
  status_detail: z.string().optional(),
  message: z.string(),
  metadata: z.strictObject({
    version: z.literal('1.5.0'),
    uid: id,
    event_code: z.string(),
    correlation_uid: id,
    log_name: z.string(),
    sequence: z.int().min(0),
    original_time: z.string(),
    tenant_uid: id,
    product: z.strictObject({ name: z.literal('Salus'), vendor_name: z.literal('Salus') }),
  }),
  unmapped: z.record(z.string(), z.unknown()),
};
const of = (class_uid: number, activities: readonly number[], more: z.ZodRawShape) =>
  z.strictObject({
    ...base,
    class_uid: z.literal(class_uid),
    category_uid: z.literal(Math.floor(class_uid / 1000)),
    activity_id: z.literal([...activities, 99]),
    ...more,
  });

const CLASSES: Record<number, z.ZodType> = {
  2004: of(2004, [1, 2, 3], {
    status_code: z.never().optional(),
    finding_info: z.strictObject({
      uid: id,
      title: z.string(),
      types: z.array(z.string()),
      created_time: milliseconds,
    }),
    is_alert: z.boolean(),
    evidences: z.array(z.strictObject({ actor })).optional(),
    resources: resources.optional(),
  }),
  3001: of(3001, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], { user, actor }),
  3002: of(3002, [1, 2, 3, 4, 5], {
    user,
    service,
    is_remote: z.boolean(),
    is_mfa: z.boolean().optional(),
    session: session.optional(),
    src_endpoint: endpoint.optional(),
  }),
  3004: of(3004, [1, 2, 3, 4], { entity: z.strictObject({ type: z.string(), uid: id }), actor }),
  3005: of(3005, [1, 2, 3, 4], {
    user,
    privileges: z.array(z.string()).min(1),
    actor,
    resources: resources.optional(),
  }),
  6003: of(6003, [1, 2, 3, 4], {
    actor,
    api: z.strictObject({ operation: z.string(), service, request: z.strictObject({ uid: id }) }),
    src_endpoint: endpoint,
    http_request: z.strictObject({ user_agent: z.string() }).optional(),
    resources: resources.optional(),
  }),
};

function checked(event: SiemEvent): Record<string, unknown> {
  const sent: Record<string, unknown> = JSON.parse(JSON.stringify(ocsfEvent(event)));
  const shape = CLASSES[Number(sent.class_uid)];
  if (!shape) throw new Error(`no class ${String(sent.class_uid)}`);
  shape.parse(sent);
  expect(sent.type_uid).toBe(Number(sent.class_uid) * 100 + Number(sent.activity_id));
  expect(sent.activity_name !== undefined).toBe(sent.activity_id === 99);
  return sent;
}

const event = (more: Partial<AuditRow> = {}, origin: SiemEvent['origin'] = null): SiemEvent => ({
  row: { ...TEST_ROW, ...more },
  year: 2026,
  index: 41,
  origin,
});

const ORIGIN = { address: '203.0.113.7', agent: 'curl/8' };
const USER = '019abc00-0000-7000-8000-0000000000ff';

describe('every event that Salus records', () => {
  const types = Object.entries(EVENT_KINDS);
  it.each(types)('%s is well-formed in its class, whatever is known of it', (type, kind) => {
    for (const outcome of AUDIT_OUTCOMES) {
      for (const origin of [null, ORIGIN]) {
        checked(
          event({ type, kind, outcome, details: { userId: USER, reason: 'not_found', count: 3 } }, origin),
        );
        const nothing = { actorId: null, actorRole: null, sessionId: null, patientId: null, resource: null };
        checked(
          event({ type, kind, outcome, ...nothing, resourceId: null, purpose: null, fields: null }, origin),
        );
      }
    }
  });

  it.each([
    ['sign_in.second_factor', 'success', 300201],
    ['sign_in.password', 'denied', 300201],
    ['sign_out', 'success', 300202],
    ['user.create', 'success', 300101],
    ['organization.create', 'success', 300401],
    ['care_team.create', 'success', 300501],
    ['care_team.delete', 'success', 300502],
    ['patient.create', 'success', 600301],
    ['patient.read', 'success', 600302],
    ['patient.search', 'denied', 600302],
    ['patient.update', 'success', 600303],
    ['refresh.reused', 'denied', 200401],
    ['integrity.failed', 'failed', 200401],
  ] as const)('%s %s is type %i', (type, outcome, type_uid) => {
    const details = type.startsWith('care_team') ? { userId: USER } : null;
    expect(checked(event({ type, kind: EVENT_KINDS[type], outcome, details })).type_uid).toBe(type_uid);
  });

  it('says who, what, when, why, and where in the log', () => {
    expect(checked(event())).toMatchObject({
      time: Date.parse('2026-11-24T10:11:12.345Z'),
      status_id: 1,
      severity_id: 1,
      actor: {
        user: { uid: TEST_ROW.actorId, groups: [{ name: 'provider' }] },
        session: { uid: TEST_ROW.sessionId },
      },
      api: { operation: 'patient.read' },
      resources: [{ type: 'patient', uid: TEST_ROW.patientId }],
      metadata: { uid: TEST_ROW.id, sequence: 41, log_name: `log/${TEST_ROW.organizationId}/2026` },
      unmapped: { purpose_of_use: 'TREAT', fields: ['name', 'birthDate'] },
    });
    const denied = checked(
      event({ outcome: 'denied', kind: 'authorization', details: { reason: 'not_found' } }),
    );
    expect(denied).toMatchObject({ status_id: 2, status_detail: 'not_found', severity_id: 3 });
  });

  it('a leaf whose row is gone is a critical finding', () => {
    const row = missingRow({ id: TEST_ROW.id, organizationId: TEST_ROW.organizationId, now: Date.now() });
    expect(checked({ row, year: 2026, index: 7, origin: null })).toMatchObject({
      class_uid: 2004,
      severity_id: 5,
      finding_info: { title: 'audit_event.missing', uid: TEST_ROW.id },
    });
  });
});

describe('what must not leave', () => {
  const canary = 'canary 123-45-6789';
  const values: [string, AuditRow['details']][] = [
    ['an unknown detail', { note: canary }],
    [
      'a known one of another form',
      { reason: canary, count: canary, userId: canary, changed: canary, rule: canary },
    ],
    ['a number that looks like one', { ssn: 123456789 }],
    ['a nested one', { reason: { text: canary } }],
    ['text', canary],
    ['a list', [canary]],
    ['what objects inherit', { toString: canary, constructor: canary }],
  ];
  it.each(values)('stays: %s in the details', (_, details) => {
    const text = JSON.stringify(ocsfEvent(event({ details })));
    expect(text).not.toContain('canary');
    expect(text).not.toContain('123');
  });

  it('stays: changes and origin, as ciphertext too', () => {
    const text = JSON.stringify(ocsfEvent(event({ changes: { name: { old: canary } }, origin: 'Q0FOQVJZ' })));
    expect(text).not.toMatch(/canary|Q0FOQVJZ|changes|"origin"/);
  });

  it('is no more than this, for any details at all', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (details) => {
        const { unmapped } = checked(event({ details: details as AuditRow['details'] })) as {
          unmapped: { details: object };
        };
        const known = ['reason', 'rule', 'count', 'repeated', 'changed', 'userId'];
        expect(Object.keys(unmapped.details).every((name) => known.includes(name))).toBe(true);
      }),
    );
  });
});
