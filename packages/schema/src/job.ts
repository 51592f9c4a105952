// Work that nobody signed in for. In the audit trail a job stands where a person's role would.
export const JOBS = ['report', 'alert', 'siem_export', 'retention'] as const;

export type Job = (typeof JOBS)[number];

/** How the trail names a job as the actor of an event. */
export type JobRole = `job.${Job}`;

export const JOB_ROLES: readonly JobRole[] = JOBS.map((job): JobRole => `job.${job}`);
