// Runs in workerd beside the real Worker: hands events to its Durable Object as the queue's consumer does, in batches, and
// watches what it publishes.
import { event } from './events.ts';

interface Stub {
  append(
    organization: string,
    year: number,
    entries: readonly ReturnType<typeof event>[],
  ): Promise<{ index: number }[]>;
}

interface Env {
  readonly AUDIT_LOG: { getByName(name: string): Stub };
  readonly LOG: { get(key: string): Promise<{ text(): Promise<string> } | null> };
}

const BATCH = 100; // as wrangler.toml has it
const YEAR = 2026;

export default {
  /** Appends for so many milliseconds, so many batches at once; or answers the size of the published tree. */
  async fetch(request: Request, { AUDIT_LOG, LOG }: Env): Promise<Response> {
    const query = new URL(request.url).searchParams;
    const organization = query.get('organization') ?? '';
    if (query.has('size')) {
      const note = await (await LOG.get(`log/${organization}/${YEAR}/checkpoint`))?.text();
      return Response.json({ size: Number(note?.split('\n')[1] ?? 0) });
    }
    const log = AUDIT_LOG.getByName(`${organization}/${YEAR}`);
    const started = Date.now();
    const until = started + Number(query.get('milliseconds'));
    let serial = Number(query.get('from'));
    let appended = 0;
    const consume = async () => {
      do {
        const entries = Array.from({ length: BATCH }, () => event(serial++));
        appended += (await log.append(organization, YEAR, entries)).length;
      } while (Date.now() < until);
    };
    await Promise.all(Array.from({ length: Number(query.get('batches')) }, consume));
    return Response.json({ appended, next: serial, milliseconds: Date.now() - started });
  },
};
