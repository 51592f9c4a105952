// The faults a client of Neon must survive, switched on by a test. Each takes effect for requests that begin
// afterwards; what a fault keeps and loses in the database is exact, so that a test can tell the two failures apart.

export interface Faults {
  /** Every request waits this many milliseconds before anything is done for it. 0 ends it. */
  latency(milliseconds: number): void;
  /**
   * Cuts the connection before statement `statement` (from 1) of the next `requests` (default 1) requests: those
   * before it run and are rolled back. A batch of n statements has n + 1, the last being its COMMIT; a request
   * with fewer statements passes and is not counted.
   */
  cutBeforeStatement(statement: number, requests?: number): void;
  /** Cuts the connection of the next `requests` (default 1) that commit, after the COMMIT and before the answer. */
  cutAfterCommit(requests?: number): void;
  /** Resets every new connection, and every kept one at its next request, until `clear()`. */
  refuseConnections(): void;
  /** Answers the next `requests` (default 1) with Neon's 500 "Control plane request failed"; nothing runs. */
  failControlPlane(requests?: number): void;
  /** No faults any more. */
  clear(): void;
}

/** How the server asks what to break. A `take…` uses one up. */
export interface ArmedFaults {
  readonly latency: number;
  readonly refusing: boolean;
  takeControlPlaneFailure(): boolean;
  /** The statement, from 1, before which a request of so many statements is cut. */
  takeCutBefore(statements: number): number | undefined;
  takeCutAfterCommit(): boolean;
}

/** The two ends of one set of faults: `faults` for the test, `armed` for the server. */
export function createFaults(): { faults: Faults; armed: ArmedFaults } {
  const none = {
    latency: 0,
    refusing: false,
    controlPlane: 0,
    cutBefore: { statement: 0, requests: 0 },
    cutAfter: 0,
  };
  let state = structuredClone(none);
  const faults: Faults = {
    latency: (milliseconds) => {
      state.latency = milliseconds;
    },
    cutBeforeStatement: (statement, requests = 1) => {
      state.cutBefore = { statement, requests };
    },
    cutAfterCommit: (requests = 1) => {
      state.cutAfter = requests;
    },
    refuseConnections: () => {
      state.refusing = true;
    },
    failControlPlane: (requests = 1) => {
      state.controlPlane = requests;
    },
    clear: () => {
      state = structuredClone(none);
    },
  };
  const armed: ArmedFaults = {
    get latency() {
      return state.latency;
    },
    get refusing() {
      return state.refusing;
    },
    takeControlPlaneFailure: () => state.controlPlane > 0 && state.controlPlane-- > 0,
    takeCutBefore: (statements) => {
      const { statement, requests } = state.cutBefore;
      if (requests === 0 || statement > statements) return undefined;
      state.cutBefore.requests -= 1;
      return statement;
    },
    takeCutAfterCommit: () => state.cutAfter > 0 && state.cutAfter-- > 0,
  };
  return { faults, armed };
}
