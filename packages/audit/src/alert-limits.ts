// From when on the trail makes an alert. A window is short enough to be read anew each minute, and long enough that what
// goes on is seen to go on.

/** The types of event that are about something that is not what it was. */
export const INTEGRITY_EVENTS = [
  'integrity.failed',
  'audit_event.contradicted',
  'audit_event.unloggable',
] as const;

export const ALERT_LIMITS = {
  /** Minutes in which what is counted must lie. */
  windowMinutes: 15,
  /** Minutes after which what happened raises no alert any more, if none was raised because the clock stood still. */
  lookBackMinutes: 24 * 60,
  /** Refusals of one caller in a window. */
  denials: 20,
  /** Patients whose records one user has seen in a window. */
  patientsRead: 200,
  /** Minutes for which an event may wait for its leaf. */
  logBehindMinutes: 15,
  /** Minutes for which an event may wait for a SIEM. */
  siemBehindMinutes: 30,
  /** Minutes after which an alert that goes on and that nobody has acknowledged is raised again. */
  againAfterMinutes: 60,
} as const;
