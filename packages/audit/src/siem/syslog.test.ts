// Held against the grammar of RFC 5424 §6, written down here as a parser that takes nothing else, and the frames of RFC 6587.
import { AUDIT_OUTCOMES } from '@salus/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_KINDS } from '../events.ts';
import { TEST_ROW } from '../test-row.ts';
import type { SiemEvent } from './siem-event.ts';
import { syslogFrame } from './syslog.ts';

interface Syslog {
  readonly priority: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly messageId: string;
  readonly data: Record<string, Record<string, string>>;
  readonly message: string;
}

const HEADER =
  /^<(0|[1-9]\d{0,2})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) ([\x21-\x7E]{1,255}) ([\x21-\x7E]{1,48}) ([\x21-\x7E]{1,128}) ([\x21-\x7E]{1,32}) /;
const ELEMENT = /^\[([^\s="\]]{1,32})((?: [^\s="\]]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\]/;
const PARAMETER = / ([^\s="\]]{1,32})="((?:[^"\\\]]|\\["\\\]])*)"/g;

/** Frames of octet-counted transport. */
function framesOf(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [head = '', digits = ''] =
      /^([1-9]\d*) /.exec(new TextDecoder('latin1').decode(bytes.subarray(at, at + 12))) ?? [];
    if (head === '') throw new Error('not a frame');
    at += head.length;
    if (at + Number(digits) > bytes.length) throw new Error('cut off');
    frames.push(bytes.subarray(at, at + Number(digits)));
    at += Number(digits);
  }
  return frames;
}

function parsed(bytes: Uint8Array): Syslog {
  let rest = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const [header = '', priority, timestamp = '', hostname = '', , , messageId = ''] = HEADER.exec(rest) ?? [];
  if (header === '') throw new Error('no header');
  rest = rest.slice(header.length);
  const data: Syslog['data'] = {};
  for (let match = ELEMENT.exec(rest); match; match = ELEMENT.exec(rest)) {
    const [element, id = '', parameters = ''] = match;
    data[id] = Object.fromEntries(
      [...parameters.matchAll(PARAMETER)].map(([, name = '', value = '']) => [
        name,
        value.replaceAll(/\\(["\\\]])/g, '$1'),
      ]),
    );
    rest = rest.slice(element.length);
  }
  if (!rest.startsWith(' ')) throw new Error('no message after the structured data');
  return { priority: Number(priority), timestamp, hostname, messageId, data, message: rest.slice(1) };
}

const HOST = 'salus.clinic.example';
const event = (more: Partial<SiemEvent['row']> = {}, rest: Partial<SiemEvent> = {}): SiemEvent => ({
  row: { ...TEST_ROW, ...more },
  year: 2026,
  index: 41,
  origin: null,
  ...rest,
});
const one = (of: SiemEvent): Syslog => {
  const [frame, ...more] = framesOf(syslogFrame(of, HOST));
  if (!frame || more.length > 0) throw new Error('one frame');
  return parsed(frame);
};

describe('an event as syslog', () => {
  it.each(Object.entries(EVENT_KINDS))('%s is well-formed', (type, kind) => {
    for (const outcome of AUDIT_OUTCOMES) {
      const { data, messageId, message } = one(event({ type, kind, outcome }));
      expect(messageId).toBe(type.slice(0, 32));
      expect(data['salus@32473']).toMatchObject({ id: TEST_ROW.id, kind, type, outcome });
      expect(message).toBe(`${type} ${outcome}`);
    }
  });

  it('says who, what, when, why, how bad, and where in the log', () => {
    expect(one(event({ details: { reason: 'not_found', count: 2 } }))).toEqual({
      priority: 13 * 8 + 6,
      timestamp: TEST_ROW.recordedAt,
      hostname: HOST,
      messageId: 'patient.read',
      message: 'patient.read success',
      data: {
        meta: { sequenceId: '42' },
        'salus@32473': {
          id: TEST_ROW.id,
          organization: TEST_ROW.organizationId,
          log: '2026/41',
          kind: 'phi_access',
          type: 'patient.read',
          outcome: 'success',
          actor: TEST_ROW.actorId,
          role: 'provider',
          session: TEST_ROW.sessionId,
          patient: TEST_ROW.patientId,
          resource: 'patient',
          resourceId: TEST_ROW.resourceId,
          purpose: 'TREAT',
          fields: 'name,birthDate',
          request: TEST_ROW.requestId,
          reason: 'not_found',
          count: '2',
        },
      },
    });
    expect(one(event({ outcome: 'denied' })).priority).toBe(13 * 8 + 4);
    expect(one(event({ kind: 'security', type: 'integrity.failed', outcome: 'failed' })).priority).toBe(
      13 * 8 + 2,
    );
    expect(one(event({}, { index: 2 ** 31 })).data.meta).toEqual({ sequenceId: '2' });
  });

  it('escapes, so that no value ends its own place or another frame’s (ASVS 16.4.1)', {
    timeout: 30_000,
  }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (agent, address) => {
        const frame = syslogFrame(event({}, { origin: { address, agent } }), HOST);
        const [first, second, ...more] = framesOf(new Uint8Array([...frame, ...syslogFrame(event(), HOST)]));
        expect(more).toEqual([]);
        const { data } = parsed(first ?? new Uint8Array());
        expect(data['salus@32473']?.agent ?? '').toBe(agent.toWellFormed());
        expect(data['salus@32473']?.address ?? '').toBe(address);
        expect(parsed(second ?? new Uint8Array()).data['salus@32473']?.agent).toBeUndefined();
      }),
      { numRuns: 50 },
    );
    const agent = 'x" reason="forged"] [y z="\\"\n<0>1 forged';
    expect(one(event({}, { origin: { address: '203.0.113.7', agent } })).data['salus@32473']).toMatchObject({
      agent,
    });
  });

  it('tells nothing of details, changes or origin that is not known to be a code or a count', () => {
    const canary = 'canary 123-45-6789';
    const frame = syslogFrame(
      event({ details: { note: canary, reason: canary, count: canary }, changes: { ssn: { old: canary } } }),
      HOST,
    );
    expect(new TextDecoder().decode(frame)).not.toMatch(/canary|123|AQID/);
  });
});
