// Events as syslog (RFC 5424), one frame after the other with its length before it (RFC 6587 §3.4.1). What is told stands in
// structured data; the text after it repeats the least of it, for people.
import { type Bytes, utf8 } from '../log/bytes.ts';
import { type Severity, type SiemEvent, severityOf, tellableDetails } from './siem-event.ts';

/** Log audit (RFC 5424 §6.2.1). */
const FACILITY = 13;
const SEVERITIES: Readonly<Record<Severity, number>> = {
  informational: 6,
  low: 5,
  medium: 4,
  high: 3,
  critical: 2,
};
/** Salus has no enterprise number of its own: 32473 is the one of examples (RFC 5612), which nobody else's data can have. */
const SD_ID = 'salus@32473';
const MESSAGE_ID_AT_MOST = 32;
const SEQUENCE_IDS = 2_147_483_647;

/** @param hostname of the deployment: a DNS name */
export function syslogFrame(event: SiemEvent, hostname: string): Bytes {
  const { row, index } = event;
  const priority = FACILITY * 8 + SEVERITIES[severityOf(row)];
  const head = [
    `<${priority}>1`,
    row.recordedAt,
    printable(hostname, 255),
    'salus',
    '-',
    printable(row.type, MESSAGE_ID_AT_MOST),
  ].join(' ');
  const meta = element('meta', { sequenceId: String((index % SEQUENCE_IDS) + 1) });
  const message = utf8(`${head} ${meta}${element(SD_ID, parametersOf(event))} ${row.type} ${row.outcome}`);
  const length = utf8(`${message.length} `);
  const frame = new Uint8Array(length.length + message.length);
  frame.set(length);
  frame.set(message, length.length);
  return frame;
}

function parametersOf({ row, year, index, origin }: SiemEvent): Readonly<Record<string, string | null>> {
  return {
    id: row.id,
    organization: row.organizationId,
    log: `${year}/${index}`,
    kind: row.kind,
    type: row.type,
    outcome: row.outcome,
    actor: row.actorId,
    role: row.actorRole,
    session: row.sessionId,
    patient: row.patientId,
    resource: row.resource,
    resourceId: row.resourceId,
    purpose: row.purpose,
    fields: row.fields?.join(',') ?? null,
    request: row.requestId,
    address: origin?.address ?? null,
    agent: origin?.agent ?? null,
    ...Object.fromEntries(Object.entries(tellableDetails(row)).map(([name, value]) => [name, String(value)])),
  };
}

/** §6.3: in a value `"`, `\` and `]` stand behind a backslash. */
function element(id: string, parameters: Readonly<Record<string, string | null>>): string {
  const list = Object.entries(parameters).flatMap(([name, value]) =>
    value === null || value === ''
      ? []
      : [` ${name}="${value.toWellFormed().replaceAll(/["\\\]]/g, '\\$&')}"`],
  );
  return `[${id}${list.join('')}]`;
}

/** PRINTUSASCII, or `-` for nothing. */
function printable(text: string, atMost: number): string {
  return text.replaceAll(/[^\x21-\x7E]/g, '').slice(0, atMost) || '-';
}
