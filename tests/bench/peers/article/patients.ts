// The article's records: an assignment check and then the query, each a round trip; fields encrypted one by one; names and
// dates of birth in the clear, because it has no other way to search by them.
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { body, param, query, validationResult } from 'express-validator';
import type { Pool } from 'pg';
import type { Audit } from './audit.ts';
import { authorize, type Caller } from './authentication.ts';
import { decrypt, encrypt } from './encryption.ts';

interface Row {
  readonly id: string;
  readonly mrn: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly date_of_birth: string;
  readonly sex: string;
  readonly ssn: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly address: string | null;
}

const SEALED = ['ssn', 'email', 'phone', 'address'] as const;
const FIELDS_OF_ROLE: Readonly<Record<string, readonly string[]>> = {
  provider: ['id', 'mrn', 'first_name', 'last_name', 'date_of_birth', 'sex', ...SEALED],
};
const SUMMARY = ['id', 'mrn', 'first_name', 'last_name', 'date_of_birth', 'sex'];
const NAME = /^[\p{L}\s'-]+$/u; // the article's own takes ASCII alone, and half of our people with it

const callerOf = (response: Response) => response.locals.user as Caller; // authenticate stands before every route

const validate: RequestHandler = (request, response, next) => {
  if (validationResult(request).isEmpty()) next();
  else response.status(400).json({ error: 'Validation failed' });
};

/** Everything is decrypted, and then what the role may see is kept: as the article does it. */
function shown(row: Row, fields: readonly string[]): Record<string, unknown> {
  const opened: Record<string, unknown> = { ...row };
  for (const name of SEALED) opened[name] = row[name] === null ? null : decrypt(row[name]);
  return Object.fromEntries(Object.entries(opened).filter(([name]) => fields.includes(name)));
}

export function patientRoutes(pool: Pool, audit: Audit): Router {
  const router = Router();

  const isAssigned = async (response: Response, id: string) => {
    const { rowCount } = await pool.query(
      'select 1 from article.provider_assignments where provider_id = $1 and patient_id = $2',
      [callerOf(response).userId, id],
    );
    return rowCount === 1;
  };

  const page = async (request: Request, response: Response, action: string, rows: readonly Row[]) => {
    const patients = rows.map((row) => shown(row, SUMMARY));
    await audit.answer(
      request,
      response,
      action,
      { patients },
      rows.map(({ id }) => id),
    );
  };

  router.get(
    '/',
    authorize('read:patients'),
    query('limit').isInt({ max: 100 }),
    validate,
    async (request, response) => {
      const { rows } = await pool.query<Row>(
        `select p.*, p.date_of_birth::text from article.patients p
         join article.provider_assignments a on a.patient_id = p.id and a.provider_id = $1
        order by p.id limit $2`,
        [callerOf(response).userId, Number(request.query.limit)],
      );
      await page(request, response, 'LIST_PATIENTS', rows);
    },
  );

  const search = [query('last_name').matches(NAME), query('date_of_birth').isISO8601(), validate];
  router.get(
    '/search',
    authorize('read:patients'),
    ...search,
    async (request: Request, response: Response) => {
      const { rows } = await pool.query<Row>(
        `select p.*, p.date_of_birth::text from article.patients p
         join article.provider_assignments a on a.patient_id = p.id and a.provider_id = $1
        where p.last_name = $2 and p.date_of_birth = $3`,
        [callerOf(response).userId, request.query.last_name, request.query.date_of_birth],
      );
      await page(request, response, 'SEARCH_PATIENTS', rows);
    },
  );

  router.get(
    '/:id',
    authorize('read:patients'),
    param('id').isUUID(),
    validate,
    async (request, response) => {
      const id = String(request.params.id);
      if (!(await isAssigned(response, id))) {
        response.status(403).json({ error: 'Not assigned' });
        return;
      }
      const { rows } = await pool.query<Row>(
        'select p.*, p.date_of_birth::text from article.patients p where p.id = $1',
        [id],
      );
      const [row] = rows;
      const fields = FIELDS_OF_ROLE[callerOf(response).role] ?? [];
      await audit.answer(request, response, 'READ_PATIENT', row ? shown(row, fields) : null, [id]);
    },
  );

  const creation = [
    body('first_name').matches(NAME),
    body('last_name').matches(NAME),
    body('date_of_birth').isISO8601(),
    body('email').isEmail().normalizeEmail(),
    validate,
  ];
  router.post('/', authorize('write:patients'), ...creation, async (request: Request, response: Response) => {
    const { mrn, first_name, last_name, date_of_birth, sex, ...rest } = request.body;
    const { userId } = callerOf(response);
    const { rows } = await pool.query<{ id: string }>(
      `insert into article.patients
         (mrn, first_name, last_name, date_of_birth, sex, ssn, email, phone, address, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id`,
      [
        mrn,
        first_name,
        last_name,
        date_of_birth,
        sex,
        ...SEALED.map((name) => encrypt(String(rest[name]))),
        userId,
      ],
    );
    const id = rows[0]?.id ?? '';
    await pool.query('insert into article.provider_assignments (provider_id, patient_id) values ($1, $2)', [
      userId,
      id,
    ]);
    await audit.answer(request, response, 'CREATE_PATIENT', { id }, [id]);
  });

  const change = [param('id').isUUID(), body('phone').isString(), validate];
  router.put('/:id', authorize('write:patients'), ...change, async (request: Request, response: Response) => {
    const id = String(request.params.id);
    if (!(await isAssigned(response, id))) {
      response.status(403).json({ error: 'Not assigned' });
      return;
    }
    await pool.query('update article.patients set phone = $2, updated_at = now() where id = $1', [
      id,
      encrypt(String(request.body.phone)),
    ]);
    await audit.answer(request, response, 'UPDATE_PATIENT', { id }, [id]);
  });

  return router;
}
