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
const CONSUMERS = 4;
const YEAR = 2026;

export default {
  /** Offers so many events a second, for so many milliseconds; or answers the size of the published tree. */
  async fetch(request: Request, { AUDIT_LOG, LOG }: Env): Promise<Response> {
    const query = new URL(request.url).searchParams;
    const organization = query.get('organization') ?? '';
    if (query.has('size')) {
      const note = await (await LOG.get(`log/${organization}/${YEAR}/checkpoint`))?.text();
      return Response.json({ size: Number(note?.split('\n')[1] ?? 0) });
    }
    const log = AUDIT_LOG.getByName(`${organization}/${YEAR}`);
    const batches = Math.round(
      (Number(query.get('perSecond')) * Number(query.get('milliseconds'))) / 1000 / BATCH,
    );
    const pause = Number(query.get('milliseconds')) / batches;
    const from = Number(query.get('from'));
    const started = Date.now();
    let taken = 0;
    const consume = async () => {
      for (let batch = taken++; batch < batches; batch = taken++) {
        const early = started + batch * pause - Date.now();
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
        const entries = Array.from({ length: BATCH }, (_, at) => event(from + batch * BATCH + at));
        await log.append(organization, YEAR, entries);
      }
    };
    await Promise.all(Array.from({ length: CONSUMERS }, consume));
    return Response.json({ appended: batches * BATCH, milliseconds: Date.now() - started });
  },
};
