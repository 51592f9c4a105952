// The article's audit: a line in a file by winston and a row in a table, when the answer has been sent. With `durable` the
// answer waits for the row, as ours does.
import type { Request, Response } from 'express';
import type { Pool } from 'pg';
import { createLogger, format, transports } from 'winston';
import type { Caller } from './authentication.ts';

export interface Audit {
  /** To be called by a route when it knows its answer. */
  answer(
    request: Request,
    response: Response,
    action: string,
    body: unknown,
    patients: readonly string[],
  ): Promise<void>;
}

export function createAudit(pool: Pool, { file, durable }: { file: string; durable: boolean }): Audit {
  const logger = createLogger({
    level: 'info',
    format: format.combine(format.timestamp(), format.json()),
    transports: [new transports.File({ filename: file })],
  });

  const record = async (
    request: Request,
    response: Response,
    action: string,
    patients: readonly string[],
  ) => {
    const { user } = response.locals as { user?: Caller };
    const entry = {
      userId: user?.userId ?? null,
      action,
      resource: request.baseUrl + request.path,
      patientIds: patients,
      ipAddress: request.ip ?? null,
      userAgent: request.get('user-agent') ?? null,
      status: response.statusCode,
    };
    logger.info('PHI access', entry);
    await pool.query(
      `insert into article.audit_logs (user_id, action, resource, patient_id, ip_address, user_agent, status, details)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        entry.userId,
        action,
        entry.resource,
        patients.length === 1 ? patients[0] : null,
        entry.ipAddress,
        entry.userAgent,
        entry.status,
        JSON.stringify({ patientIds: patients, query: Object.keys(request.query) }),
      ],
    );
  };

  return {
    async answer(request, response, action, body, patients) {
      if (durable) await record(request, response, action, patients);
      else
        response.on('finish', () => void record(request, response, action, patients).catch(() => undefined));
      response.json(body);
    },
  };
}
