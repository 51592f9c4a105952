// Runs inside workerd: each thing that packages/crypto does for a record, beside the bare calls of Web Crypto that it
// cannot do without, on inputs of the same size.
import {
  blindIndex,
  createOrganizationKey,
  createPatientKey,
  localKeyProvider,
  open,
  type SealingKey,
  seal,
  toBase64,
  unwrapOrganizationKey,
  unwrapPatientKey,
} from '@salus/crypto';
import { additionalDataBytes, FIELDS, ORGANIZATION, PATIENT, placeOf } from './record.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const PATIENTS = 25;
const HEADER_BYTES = 5;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NAME = { patient: PATIENT, version: 1 } as const;
/** Additional data of a wrapped patient key: domain, two versions, two ids after their lengths. */
const WRAP_BYTES = 'salus/patient-wrap/v1'.length + 2 * 4 + 2 * (4 + PATIENT.length);

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

interface Pair {
  /** A bare call of Web Crypto, or as many as the work needs. */
  readonly bare: (calls: number) => Promise<unknown>;
  readonly salus: (calls: number) => Promise<unknown>;
}

/** `work`, so many times, each after the one before. */
const inSeries = (work: () => Promise<unknown>) => async (calls: number) => {
  for (let call = 0; call < calls; call++) await work();
};

/** `work` on one thing after another, each after the one before. */
const inTurns =
  <T>(things: readonly T[], work: (thing: T) => Promise<unknown>) =>
  async (calls: number) => {
    for (let call = 0; call < calls; ) {
      for (const thing of things) {
        if (call++ < calls) await work(thing);
      }
    }
  };

/** A value of the same size that Web Crypto alone has sealed. */
interface BareValue {
  readonly key: CryptoKey;
  readonly nonce: Bytes;
  readonly additionalData: Bytes;
  readonly ciphertext: Bytes;
}

async function bareValue(
  key: CryptoKey,
  plaintextBytes: number,
  additionalBytes: number,
): Promise<BareValue> {
  const nonce = random(NONCE_BYTES);
  const additionalData = random(additionalBytes);
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData, tagLength: 128 };
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, random(plaintextBytes)));
  return { key, nonce, additionalData, ciphertext };
}

const openBare = ({ key, nonce, additionalData, ciphertext }: BareValue) =>
  crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce, additionalData, tagLength: 128 }, key, ciphertext);

const importAes = (raw: Bytes) =>
  crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);

const plaintextOf = (sealed: Bytes) => sealed.length - HEADER_BYTES - NONCE_BYTES - TAG_BYTES;

async function organization() {
  const provider = await localKeyProvider(toBase64(random(32)));
  return { provider, ...(await createOrganizationKey(provider, ORGANIZATION, 1)) };
}

/** One column of one patient, by Salus and bare. */
async function field(patientKey: SealingKey, column: string, row: string) {
  const place = placeOf(column, row);
  const sealed = await seal(patientKey, place, FIELDS[column] ?? null);
  const bare = await bareValue(patientKey.key, plaintextOf(sealed), additionalDataBytes(place));
  return { column, place, sealed, bare };
}

const PAIRS: Readonly<Record<string, () => Promise<Pair>>> = {
  async seal() {
    const { key } = await createPatientKey((await organization()).key, NAME);
    const { place, sealed, bare } = await field(key, 'name', PATIENT);
    const plaintext = random(plaintextOf(sealed));
    const value = FIELDS.name ?? null;
    return {
      bare: inSeries(() => {
        const iv = random(NONCE_BYTES);
        const { additionalData } = bare;
        return crypto.subtle.encrypt(
          { name: 'AES-GCM', iv, additionalData, tagLength: 128 },
          key.key,
          plaintext,
        );
      }),
      salus: inSeries(() => seal(key, place, value)),
    };
  },

  /** One field after another, of all kinds: a key at hand, as in a chart that is read field by field. */
  async open() {
    const { key } = await createPatientKey((await organization()).key, NAME);
    const fields = await Promise.all(Object.keys(FIELDS).map((column) => field(key, column, PATIENT)));
    return {
      bare: inTurns(fields, ({ bare }) => openBare(bare)),
      salus: inTurns(fields, ({ place, sealed }) => open(key, place, sealed)),
    };
  },

  async 'unwrap patient key'() {
    const { key } = await organization();
    const { wrapped } = await createPatientKey(key, NAME);
    const bare = await bareValue(key.patientWrap, 32, WRAP_BYTES);
    return {
      bare: inSeries(async () => importAes(new Uint8Array(await openBare(bare)))),
      salus: inSeries(() => unwrapPatientKey(key, NAME, wrapped)),
    };
  },

  async 'unwrap organization key'() {
    const { provider, wrapped } = await organization();
    const root = await importAes(random(32));
    const bare = await bareValue(root, 32, 'salus/root-wrap/v1'.length + 8 + 37);
    return {
      // One decryption and its import are what any use of a wrapped key takes; the four keys below it are derived as well.
      bare: inSeries(async () => importAes(new Uint8Array(await openBare(bare)))),
      salus: inSeries(() => unwrapOrganizationKey(provider, ORGANIZATION, 1, wrapped)),
    };
  },

  async 'blind index'() {
    const { key } = await organization();
    const input = random('salus/blind-index/v1'.length + 16 + 36 + 8 + 3 + 10);
    return {
      bare: inSeries(() => crypto.subtle.sign('HMAC', key.blindIndex, input)),
      salus: inSeries(() => blindIndex(key, 'patients', 'mrn', 'MRN-004217')),
    };
  },

  async page() {
    const { key } = await organization();
    const bareWrapped = await bareValue(key.patientWrap, 32, WRAP_BYTES);
    const patients = await Promise.all(
      Array.from({ length: PATIENTS }, async () => {
        const id = crypto.randomUUID();
        const { key: patientKey, wrapped } = await createPatientKey(key, { patient: id, version: 1 });
        const fields = await Promise.all(Object.keys(FIELDS).map((column) => field(patientKey, column, id)));
        return { id, wrapped, fields };
      }),
    );
    return {
      bare: inSeries(() =>
        Promise.all(
          patients.map(async ({ fields }) => {
            const raw = await openBare(bareWrapped);
            await importAes(new Uint8Array(raw));
            return Promise.all(fields.map(({ bare }) => openBare(bare)));
          }),
        ),
      ),
      salus: inSeries(() =>
        Promise.all(
          patients.map(async ({ id, wrapped, fields }) => {
            const patientKey = await unwrapPatientKey(key, { patient: id, version: 1 }, wrapped);
            return Promise.all(fields.map(({ place, sealed }) => open(patientKey, place, sealed)));
          }),
        ),
      ),
    };
  },
};

const made = new Map<string, Pair>();

export default {
  /** Makes the calls of one turn, and says how many milliseconds they took: whole ones, as workerd's clock has them. */
  async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams;
    const name = query.get('pair') ?? '';
    const pair = made.get(name) ?? (await PAIRS[name]?.());
    if (!pair) return new Response('no such pair', { status: 404 });
    made.set(name, pair);
    const started = performance.now();
    await pair[query.get('side') === 'bare' ? 'bare' : 'salus'](Number(query.get('calls')));
    return Response.json({ milliseconds: performance.now() - started });
  },
};
